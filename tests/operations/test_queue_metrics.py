"""Metrics of the outbox: ages, states, retries, stuck messages (R4.17)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications import outbox
from notifications.models import Message
from notifications.sending import delivery
from operations import alarms
from operations.metrics import Level, Metric
from operations.models import Alarm
from operations.operations_mail import REFERENCE
from operations.sources import queue_metrics
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def metric(name: str) -> Metric:
    return next(each for each in queue_metrics.metrics() if each.name == name)


def change(message: Message, **values: object) -> None:
    Message.objects.filter(pk=message.pk).update(**values)


@pytest.mark.parametrize(
    ("minutes", "level", "held"),
    [
        (4, Level.FINE, ()),
        (6, Level.WARNING, ("delivery-slow",)),
        (31, Level.CRITICAL, ("delivery-slow", "delivery-stuck")),
    ],
)
def test_r4_17_the_oldest_undelivered_warns_after_5_minutes_and_pages_after_30(
    minutes: int, level: Level, held: tuple[str, ...]
) -> None:
    queue_email()
    with time_machine.travel(timezone.now() + minutes * MINUTE):
        found = metric("oldest_undelivered_age_seconds")
        assert (found.level, found.alarms) == (level, held)
        assert found.value == pytest.approx(minutes * 60, abs=20)


def test_delivered_and_given_up_messages_are_not_pending() -> None:
    delivery.deliver(queue_email().pk)
    change(queue_email(), state=Message.State.FAILED)
    with time_machine.travel(timezone.now() + 60 * MINUTE):
        found = metric("oldest_undelivered_age_seconds")
        assert (found.value, found.display, found.level) == (0, "ninguno", Level.FINE)


def test_a_message_queued_again_is_pending_since_then() -> None:
    message = queue_email()
    change(message, state=Message.State.DEAD)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        outbox.requeue(Message.objects.all())
        assert metric("oldest_undelivered_age_seconds").level == Level.FINE


def test_the_dead_are_critical_for_a_day_and_an_alarm_for_an_hour() -> None:
    change(queue_email(), state=Message.State.DEAD, tried_at=timezone.now())
    assert (metric("messages_dead").level, metric("messages_dead").alarms) == (
        Level.CRITICAL,
        ("message-dead",),
    )
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert (metric("messages_dead").level, metric("messages_dead").alarms) == (Level.CRITICAL, ())
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert (metric("messages_dead").level, metric("messages_dead").value) == (Level.FINE, 1)


def test_an_alarm_mail_that_is_given_up_raises_no_alarm() -> None:
    alarms.raise_alarm("sms-day-80", "1600 de 2000")
    Message.objects.filter(subject_ref=REFERENCE).update(state=Message.State.DEAD, tried_at=timezone.now())
    assert metric("messages_dead").alarms == ()


def test_r4_08_a_message_that_dies_raises_one_alarm() -> None:
    message = queue_email()
    with time_machine.travel(timezone.now() + timedelta(hours=73)) as clock:
        change(message, attempts=9, state=Message.State.DEAD, tried_at=timezone.now())
        for _ in range(3):
            alarms.watch(judge_silence=False)
            clock.shift(60)
        assert Alarm.objects.filter(kind="message-dead").count() == 1
        assert Message.objects.filter(dedup_key__startswith="alarm:message-dead").count() == 1


def test_a_message_tried_again_counts_for_a_minute() -> None:
    message, fresh = queue_email(), queue_email()
    change(message, attempts=2, tried_at=timezone.now())
    change(fresh, attempts=1, tried_at=timezone.now())
    assert metric("messages_retried_per_minute").value == 1
    with time_machine.travel(timezone.now() + 2 * MINUTE):
        assert metric("messages_retried_per_minute").value == 0


def test_each_attempt_stores_its_time() -> None:
    message = queue_email()
    delivery.deliver(message.pk)
    message.refresh_from_db()
    assert message.tried_at is not None
    assert metric("messages_sent_24h").value == 1
