"""Heartbeats: which process writes them, when they are too old, when a watcher may raise alarms
about the others (R4.15, R4.16).
"""

from datetime import timedelta

import pytest
import time_machine
from celery.signals import before_task_publish
from django.db import OperationalError
from django.utils import timezone

from fidelizacion.celery import HEARTBEAT, start_beat_heartbeat
from operations import heartbeats, tasks
from operations.heartbeats import BEAT, SWEEP, WORKER
from operations.metrics import Level, Metric
from operations.models import Heartbeat

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def metric(name: str) -> Metric:
    return next(each for each in heartbeats.metrics() if each.name == f"heartbeat_{name}_age_seconds")


def test_a_process_without_any_heartbeat_is_critical() -> None:
    assert (metric(WORKER).level, metric(WORKER).value, metric(WORKER).display) == (
        Level.CRITICAL,
        None,
        "nunca",
    )


@pytest.mark.parametrize(("name", "minutes"), [(WORKER, 3), (BEAT, 5), (SWEEP, 5)])
def test_r4_15_r4_16_a_heartbeat_is_fine_for_its_number_of_minutes(name: str, minutes: int) -> None:
    start = timezone.now()
    heartbeats.beat(name)
    with time_machine.travel(start + minutes * MINUTE - timedelta(seconds=5)):
        assert metric(name).level == Level.FINE
    with time_machine.travel(start + minutes * MINUTE + timedelta(seconds=5)):
        assert metric(name).level == Level.CRITICAL
        assert metric(name).alarms == (f"{name}-silent",)


def test_a_heartbeat_renews_the_row_and_a_clock_set_back_does_not() -> None:
    with time_machine.travel(timezone.now(), tick=False):
        heartbeats.beat(SWEEP)
    first = Heartbeat.objects.get()
    with time_machine.travel(first.at + MINUTE, tick=False):
        heartbeats.beat(SWEEP)
    with time_machine.travel(first.at - MINUTE, tick=False):
        heartbeats.beat(SWEEP)
    row = Heartbeat.objects.get()
    assert (row.at - first.at, row.since) == (MINUTE, first.since)


def test_a_watcher_judges_others_only_after_five_minutes_without_a_gap() -> None:
    start = timezone.now()
    for minute in range(5):
        with time_machine.travel(start + minute * MINUTE):
            heartbeats.beat(SWEEP)
            assert not heartbeats.may_judge(SWEEP)
    with time_machine.travel(start + 6 * MINUTE):
        assert heartbeats.may_judge(SWEEP)
    with time_machine.travel(start + 20 * MINUTE):  # it was dead itself
        heartbeats.beat(SWEEP)
        assert not heartbeats.may_judge(SWEEP)


def test_the_task_of_each_minute_writes_the_workers_heartbeat() -> None:
    tasks.heartbeat()
    assert metric(WORKER).level == Level.FINE


def test_beat_shows_that_it_lives_when_it_sends_that_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "close_old_connections", lambda: None)
    start_beat_heartbeat()
    Heartbeat.objects.all().delete()
    before_task_publish.send(sender="jobs.tasks.sweep")
    assert not Heartbeat.objects.exists()
    before_task_publish.send(sender=HEARTBEAT)
    assert metric(BEAT).level == Level.FINE


def test_a_process_goes_on_without_its_database(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unavailable(_name: str) -> None:
        raise OperationalError("postgres://user:secret@host is unavailable")

    monkeypatch.setattr(heartbeats, "close_old_connections", lambda: None)
    monkeypatch.setattr(heartbeats, "beat", unavailable)
    heartbeats.beat_if_possible(BEAT)
    assert caplog.messages == ["no sign of life of beat: OperationalError"]
