"""`retry_notifications` queues failed and dead messages again (R4.18)."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from notifications.models import Message, MessageAction, MessageQuerySet
from notifications.sending.delivery import SendOutcome, deliver
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db


def retry(*arguments: str) -> str:
    out = StringIO()
    call_command("retry_notifications", *arguments, stdout=out)
    return out.getvalue()


def given_up(state: Message.State) -> Message:
    message = queue_email()
    Message.objects.filter(pk=message.pk).update(state=state, attempts=800)
    return message


def test_dead_messages_are_queued_again_with_their_message_id_r4_18() -> None:
    dead, failed = given_up(Message.State.DEAD), given_up(Message.State.FAILED)
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        assert retry("--dead", "--yes") == "Listo: 1 mensaje en cola otra vez.\n"
        assert deliver(dead.pk) == SendOutcome.SENT
    assert deliver(failed.pk) == SendOutcome.SKIPPED
    assert Message.objects.get(pk=dead.pk).message_id == dead.message_id


def test_without_yes_nothing_is_done() -> None:
    message = given_up(Message.State.DEAD)
    with pytest.raises(CommandError, match=r"1 mensaje volvería a la cola.*--yes"):
        retry("--dead")
    message.refresh_from_db()
    assert message.state == Message.State.DEAD


def test_with_nothing_to_do_it_does_not_ask_for_yes() -> None:
    assert retry("--dead") == "Nada que hacer: no hay mensajes así.\n"


def test_with_several_messages_the_text_is_plural() -> None:
    for _ in range(2):
        given_up(Message.State.DEAD)
    with pytest.raises(CommandError, match="2 mensajes volverían"):
        retry("--dead")
    assert retry("--dead", "--yes") == "Listo: 2 mensajes en cola otra vez.\n"


def test_a_sent_message_is_not_sent_again_r4_18() -> None:
    message = queue_email()
    deliver(message.pk)
    with pytest.raises(CommandError, match=r"como estaban: 1\. .*--force"):
        retry("--id", str(message.pk), "--yes")
    with pytest.raises(CommandError, match="como estaban: 1"):
        retry("--id", str(message.pk))
    message.refresh_from_db()
    assert message.state == Message.State.SENT


def test_a_failed_message_is_queued_again_by_its_id() -> None:
    message = given_up(Message.State.FAILED)
    retry("--id", str(message.pk), "--yes")
    assert deliver(message.pk) == SendOutcome.SENT


def test_with_force_a_sent_message_is_copied_r4_18() -> None:
    message = queue_email()
    deliver(message.pk)
    assert "1 mensaje en cola" in retry("--id", str(message.pk), "--force", "--yes")
    assert deliver(message.copies.get().pk) == SendOutcome.SENT


def test_since_queues_the_messages_created_from_that_day_on() -> None:
    with time_machine.travel("2026-11-10T15:00Z"):
        old = given_up(Message.State.DEAD)
    with time_machine.travel("2026-11-12T15:00Z"):
        recent, sent = given_up(Message.State.FAILED), queue_email()
        deliver(sent.pk)
    assert retry("--since", "2026-11-12", "--yes") == "Listo: 1 mensaje en cola otra vez.\n"
    states = dict(Message.objects.values_list("pk", "state"))
    assert [states[message.pk] for message in (old, recent, sent)] == ["dead", "queued", "sent"]


def test_the_author_is_recorded_r4_18() -> None:
    message = given_up(Message.State.DEAD)
    retry("--dead", "--yes")
    action = MessageAction.objects.get(message=message)
    assert (action.kind, action.actor, action.state_before) == ("retried", None, "dead")
    assert action.actor_name.startswith("retry_notifications (")


def test_run_twice_it_queues_once() -> None:
    given_up(Message.State.DEAD)
    assert retry("--dead", "--yes") == "Listo: 1 mensaje en cola otra vez.\n"
    assert retry("--dead", "--yes") == "Nada que hacer: no hay mensajes así.\n"


def test_without_options_it_prints_counts_and_changes_nothing() -> None:
    given_up(Message.State.DEAD)
    lines = retry().splitlines()
    assert [line.split()[-1] for line in lines[:2]] == ["0", "1"]
    assert lines[-1].startswith("No se hizo nada.")
    assert Message.objects.get().state == Message.State.DEAD


@pytest.mark.parametrize("wrong", [["--id", "1", "--dead"], ["--force", "--dead", "--yes"]])
def test_options_that_do_not_go_together_are_refused(wrong: list[str]) -> None:
    with pytest.raises(CommandError, match="--id"):
        retry(*wrong)


def test_an_unavailable_database_is_reported_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(_queryset: MessageQuerySet) -> MessageQuerySet:
        raise OperationalError("connection refused")

    monkeypatch.setattr(MessageQuerySet, "given_up", unavailable)
    with pytest.raises(CommandError, match="La base de datos no responde"):
        retry("--dead", "--yes")
