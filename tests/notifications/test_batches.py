"""Mails are claimed a batch at a time, and nothing of a batch is
worse off for it (R4.04, R4.12).
"""

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


def taking() -> Generator[Message]:
    return claims.claim_due(timezone.now())


def test_a_batch_costs_the_statements_of_one_claim(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(BATCH):
        queue_email()
    # Expired, savepoint, two reads, one write
    with closing(taking()) as messages, django_assert_num_queries(6):
        for _ in range(BATCH):
            next(messages)


def test_whoever_stops_gives_back_what_it_did_not_hand_out() -> None:
    owed = [queue_email().pk for _ in range(5)]
    with closing(taking()) as messages:
        assert [next(messages).pk, next(messages).pk] == owed[:2]
    assert set(Message.objects.filter(state=SENDING).values_list("pk", flat=True)) == set(owed[:2])
    back = Message.objects.filter(state=QUEUED, attempts=0, tried_at=None, leased_until=None, lease_token="")
    assert set(back.values_list("pk", flat=True)) == set(owed[2:])


def test_whoever_cannot_give_back_leaves_it_to_the_lease(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        queue_email()

    def away(*_: object, **__: object) -> int:
        raise OperationalError("the server closed the connection")

    with closing(taking()) as messages:
        next(messages)
        monkeypatch.setattr(QuerySet, "update", away)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_slow_server_does_not_keep_a_batch_until_its_lease_runs_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        queue_email()
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(claims, "time", SimpleNamespace(monotonic=lambda: clock.now))
    with closing(taking()) as messages:
        first = next(messages)
        clock.now += BATCH_SECONDS + 1
        second = next(messages)  # claimed anew: its lease begins now
    assert first.lease_token != second.lease_token
    assert Message.objects.filter(state=QUEUED).count() == 1


def test_a_mail_is_not_buried_for_having_been_in_a_batch_with_what_processes_die_at_r4_12(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owed = [queue_email().pk for _ in range(4)]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        with monkeypatch.context() as death, closing(taking()) as messages:
            death.setattr(leases, "release", lambda _rows, **_values: None)
            assert next(messages).pk == owed[0]
        for _ in range(2):
            clock.shift(LEASE + timedelta(seconds=1))
            assert claims.claim(owed[0])  # and two more processes die at the same one
        clock.shift(LEASE + timedelta(seconds=1))
        assert delivery.deliver_due() == {SendOutcome.DEAD: 1, SendOutcome.SENT: 3}
    assert list(Message.objects.filter(pk__in=owed[1:]).values_list("lost_leases", flat=True)) == [0] * 3


def test_what_waits_for_its_next_try_is_not_taken_before_r4_08() -> None:
    late = queue_email()
    Message.objects.filter(pk=late.pk).update(next_at=timezone.now() + timedelta(minutes=1))
    now = queue_email()
    with closing(taking()) as messages:
        assert [message.pk for message in messages] == [now.pk]


def test_of_several_sms_only_the_one_at_hand_may_have_left_r1_24() -> None:
    owed = [queue_sms().pk, queue_sms().pk]
    queue_email()
    with closing(taking()) as messages:
        assert next(messages).pk == owed[0]
        assert Message.objects.aggregate(left=Sum("maybe_sent"))["left"] == 1
        assert next(messages).pk == owed[1]
        assert next(messages).channel == Message.Channel.EMAIL


def test_attempts_and_time_of_a_mail_are_of_its_sending() -> None:
    for _ in range(2):
        queue_email()
    with time_machine.travel(timezone.now(), tick=False) as clock, closing(taking()) as messages:
        next(messages)
        clock.shift(timedelta(seconds=5))
        assert next(messages).tried_at == timezone.now()
    Message.objects.update(state=QUEUED, lease_token="")
    delivery.deliver_due()
    assert list(Message.objects.values_list("state", "attempts")) == [(Message.State.SENT, 1)] * 2
