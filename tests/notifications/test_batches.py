"""Mails are claimed in batches, and no mail suffers from being in one (R4.04, R4.12)."""

from collections.abc import Generator
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import OperationalError
from django.db.models import QuerySet, Sum
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs import leases
from notifications.models import Message
from notifications.sending import claims, delivery
from notifications.sending.claims import BATCH, BATCH_SECONDS, LEASE
from notifications.sending.delivery import SendOutcome
from tests.notifications.helpers import queue_email, queue_sms

pytestmark = pytest.mark.django_db
QUEUED, SENDING = Message.State.QUEUED, Message.State.SENDING


def claim_due() -> Generator[Message]:
    return claims.claim_due(timezone.now())


def test_a_batch_costs_the_statements_of_one_claim(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(BATCH):
        queue_email()
    # The expired leases, a savepoint with its release, two reads and one write
    with closing(claim_due()) as messages, django_assert_num_queries(6):
        for _ in range(BATCH):
            next(messages)


def test_a_sender_that_stops_releases_the_messages_it_did_not_send() -> None:
    queued = [queue_email().pk for _ in range(5)]
    with closing(claim_due()) as messages:
        assert [next(messages).pk, next(messages).pk] == queued[:2]
    assert set(Message.objects.filter(state=SENDING).values_list("pk", flat=True)) == set(queued[:2])
    released = Message.objects.filter(
        state=QUEUED, attempts=0, tried_at=None, leased_until=None, lease_token=""
    )
    assert set(released.values_list("pk", flat=True)) == set(queued[2:])


def test_if_messages_cannot_be_released_their_lease_runs_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        queue_email()

    def unavailable(*_: object, **__: object) -> int:
        raise OperationalError("the server closed the connection")

    with closing(claim_due()) as messages:
        next(messages)
        monkeypatch.setattr(QuerySet, "update", unavailable)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_slow_server_does_not_keep_a_batch_until_its_lease_runs_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        queue_email()
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(claims, "time", SimpleNamespace(monotonic=lambda: clock.now))
    with closing(claim_due()) as messages:
        first = next(messages)
        clock.now += BATCH_SECONDS + 1
        second = next(messages)  # claimed again: its lease begins now
    assert first.lease_token != second.lease_token
    assert Message.objects.filter(state=QUEUED).count() == 1


def test_a_mail_in_a_batch_with_one_that_kills_processes_is_sent_r4_12(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queued = [queue_email().pk for _ in range(4)]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        with monkeypatch.context() as death, closing(claim_due()) as messages:
            death.setattr(leases, "release", lambda _rows, **_values: None)
            assert next(messages).pk == queued[0]
        for _ in range(2):
            clock.shift(LEASE + timedelta(seconds=1))
            assert claims.claim(queued[0])  # two more processes die while sending the same message
        clock.shift(LEASE + timedelta(seconds=1))
        assert delivery.deliver_due() == {SendOutcome.DEAD: 1, SendOutcome.SENT: 3}
    assert list(Message.objects.filter(pk__in=queued[1:]).values_list("lost_leases", flat=True)) == [0] * 3


def test_a_message_is_not_claimed_before_its_next_attempt_is_due_r4_08() -> None:
    late = queue_email()
    Message.objects.filter(pk=late.pk).update(next_at=timezone.now() + timedelta(minutes=1))
    now = queue_email()
    with closing(claim_due()) as messages:
        assert [message.pk for message in messages] == [now.pk]


def test_of_several_sms_only_the_one_being_sent_may_have_left_r1_24() -> None:
    queued = [queue_sms().pk, queue_sms().pk]
    queue_email()
    with closing(claim_due()) as messages:
        assert next(messages).pk == queued[0]
        assert Message.objects.aggregate(left=Sum("maybe_sent"))["left"] == 1
        assert next(messages).pk == queued[1]
        assert next(messages).channel == Message.Channel.EMAIL


def test_a_mail_of_a_batch_has_the_time_of_its_own_sending_and_one_attempt() -> None:
    for _ in range(2):
        queue_email()
    with time_machine.travel(timezone.now(), tick=False) as clock, closing(claim_due()) as messages:
        next(messages)
        clock.shift(timedelta(seconds=5))
        assert next(messages).tried_at == timezone.now()
    Message.objects.update(state=QUEUED, lease_token="")
    delivery.deliver_due()
    assert list(Message.objects.values_list("state", "attempts")) == [(Message.State.SENT, 1)] * 2
