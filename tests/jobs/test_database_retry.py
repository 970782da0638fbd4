"""The database goes down after a provider accepted a message: the result is recorded later, and
nothing is sent twice (R4.06).
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection

from jobs import database_retry
from notifications.models import Message
from notifications.sending import delivery
from notifications.sending.delivery import SendOutcome, deliver
from notifications.sms import memory
from otp.models import Challenge
from otp.pin import challenges
from otp.pin import delivery as codes
from tests import cast
from tests.notifications.helpers import queue_email

OUTCOME = re.compile(r'UPDATE .*"(sent_at|handled_at)" = ')
pytestmark = pytest.mark.django_db(transaction=True)


class Outage:
    """Makes the next `writes` updates of an outcome fail, as if the database were down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
        self.left = writes

        def executing(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            if self.left and OUTCOME.match(sql):
                self.left -= 1
                raise OperationalError("terminating connection due to administrator command")
            return execute(sql, *rest)

        monkeypatch.setattr(connection, "execute_wrappers", [executing])
        monkeypatch.setattr(database_retry, "PAUSE", 0.01)


def test_a_mail_that_was_accepted_is_recorded_when_the_database_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message, outage = queue_email(), Outage(monkeypatch, writes=3)
    assert deliver(message.pk) == SendOutcome.SENT
    assert outage.left == 0
    message.refresh_from_db()
    assert (message.state, len(mail.outbox)) == (Message.State.SENT, 1)


def test_a_code_that_was_accepted_is_recorded_when_the_database_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast.ana()
    memory.outbox.clear()
    challenge, outage = (
        challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7"),
        Outage(monkeypatch, writes=3),
    )
    codes.send(challenge.pk)
    assert outage.left == 0
    challenge.refresh_from_db()
    assert (challenge.outcome, len(memory.outbox)) == (Challenge.Outcome.HANDLED, 1)


def test_the_wait_for_a_database_that_stays_down_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the lease has run out, the message is sent again with the same Message-ID."""
    message, _outage = queue_email(), Outage(monkeypatch, writes=1000)
    monkeypatch.setattr(database_retry, "RETRY_FOR", 0.1)
    with pytest.raises(OperationalError):
        delivery.deliver(message.pk)
    message.refresh_from_db()
    assert message.state == Message.State.SENDING
