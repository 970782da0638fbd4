"""Messages given up go out again when operations staff say so (R4.18)."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from notifications.delivery import Outcome, deliver
from notifications.models import Message
from tests.notifications.helpers import owe_email

pytestmark = pytest.mark.django_db


def retry(*arguments: str) -> str:
    out = StringIO()
    call_command("retry_notifications", *arguments, stdout=out)
    return out.getvalue()


def given_up(state: Message.State) -> Message:
    message = owe_email()
    Message.objects.filter(pk=message.pk).update(state=state, attempts=800)
    return message


def test_the_dead_are_queued_again_with_their_message_id_r4_18() -> None:
    dead, failed = given_up(Message.State.DEAD), given_up(Message.State.FAILED)
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        assert retry("--dead", "--yes") == "Listo: 1 mensajes en cola otra vez.\n"
        assert deliver(dead.pk) == Outcome.SENT
    assert deliver(failed.pk) == Outcome.NOT_OURS
    assert Message.objects.get(pk=dead.pk).message_id == dead.message_id


def test_without_yes_nothing_is_done() -> None:
    message = given_up(Message.State.DEAD)
    with pytest.raises(CommandError, match="1 mensajes"):
        retry("--dead")
    message.refresh_from_db()
    assert message.state == Message.State.DEAD


def test_what_was_sent_is_not_sent_again_r4_18() -> None:
    message = owe_email()
    deliver(message.pk)
    with pytest.raises(CommandError, match="1 no existen"):
        retry("--id", str(message.pk), "--yes")
    message.refresh_from_db()
    assert message.state == Message.State.SENT


def test_a_rejected_one_goes_again_by_its_id() -> None:
    message = given_up(Message.State.FAILED)
    retry("--id", str(message.pk), "--yes")
    assert deliver(message.pk) == Outcome.SENT
