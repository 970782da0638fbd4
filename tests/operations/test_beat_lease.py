"""One beat schedules at a time: the lease, its takeover, and the alarm of a second beat (R4.16)."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from fidelizacion.celery import app
from operations import alarms, beat_lease, heartbeats
from operations.beat import Scheduler
from operations.beat_lease import LEASE, RENEW, BeatLease
from operations.heartbeats import BEAT
from operations.metrics import Level, Metric
from operations.models import Alarm, Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)

START = timezone.now()


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beat_lease, "close_old_connections", lambda: None)


def may_schedule(lease: BeatLease, seconds: float) -> bool:
    """Renew the lease `seconds` after the start, and return whether this beat may schedule."""
    lease._renew_at = 0.0
    with time_machine.travel(START + timedelta(seconds=seconds), tick=False):
        return lease.may_schedule()


def metric() -> Metric:
    return next(iter(beat_lease.metrics()))


def messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def test_r4_16_the_first_beat_renews_its_lease_and_a_second_schedules_nothing_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = BeatLease(), BeatLease()
    for moment in range(0, 120, int(RENEW)):
        assert may_schedule(first, moment)
        assert not may_schedule(second, moment + 1)
    (said,) = messages(caplog, logging.ERROR)  # not every ten seconds
    assert "second beat" in said
    assert "Stop one of them" in said
    assert first.token.rpartition(" ")[2] not in caplog.text
    with time_machine.travel(START + timedelta(seconds=120)):
        assert (metric().level, metric().alarms) == (Level.WARNING, ("second-beat",))
        alarms.watch(judge_silence=False)
        assert Alarm.objects.get(kind="second-beat").cleared_at is None
    with time_machine.travel(START + timedelta(minutes=6)):  # it was stopped
        assert (metric().level, metric().alarms) == (Level.FINE, ())
        alarms.watch(judge_silence=False)
        assert Alarm.objects.get(kind="second-beat").cleared_at is not None


def test_r4_16_a_killed_beat_is_followed_within_a_minute_and_without_an_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    killed, restarted = BeatLease(), BeatLease()
    assert may_schedule(killed, 0)
    answers = [may_schedule(restarted, moment) for moment in (1, 11, 21, 31, 41, 51)]
    assert answers == [False] * 5 + [True]
    assert LEASE.total_seconds() + RENEW < 60
    assert metric().alarms == ()
    assert messages(caplog, logging.ERROR) == []


def test_a_beat_that_ends_releases_its_lease() -> None:
    first, second = BeatLease(), BeatLease()
    assert may_schedule(first, 0)
    second.release()  # not its own: nothing happens
    assert not may_schedule(second, 1)
    beat_lease._release(first.token)
    assert may_schedule(second, 2)


def test_of_two_beats_that_start_at_once_one_gets_the_lease() -> None:
    """The row does not exist yet, so the unique insertion decides."""
    assert beat_lease.take("a, 1") is None
    held = beat_lease.take("b, 2")
    assert held is not None
    assert held.holder == "a, 1"


def test_a_heartbeat_does_not_change_the_lease() -> None:
    first, second = BeatLease(), BeatLease()
    assert may_schedule(first, 0)
    with time_machine.travel(START + timedelta(seconds=1)):
        heartbeats.beat(BEAT)
    assert not may_schedule(second, 2)
    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize("is_second", [False, True])
def test_without_its_database_beat_keeps_its_last_state(
    is_second: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unavailable(_token: str) -> None:
        raise OperationalError("postgres://user:secret@host is unavailable")

    lease = BeatLease()
    if is_second:
        may_schedule(BeatLease(), 0)
        may_schedule(lease, 1)
    caplog.clear()
    monkeypatch.setattr(beat_lease, "take", unavailable)
    assert may_schedule(lease, 2) is not is_second
    assert caplog.messages == ["beat cannot renew its lease: OperationalError"]


def test_the_scheduler_of_celery_sends_only_with_the_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.conf.beat_scheduler == "operations.beat:Scheduler"
    sent: list[str] = []
    monkeypatch.setattr(Scheduler, "producer", None)  # the real one connects to the broker
    monkeypatch.setattr(Scheduler, "apply_entry", lambda _self, entry, **_: sent.append(entry.task))

    def scheduler(name: str) -> Scheduler:
        made = Scheduler(app=app, schedule_filename=str(tmp_path / name))
        # As if beat had ended two days ago: every entry is due
        for entry in made.schedule.values():
            entry.last_run_at = START - timedelta(days=2)
        return made

    first, second = scheduler("first"), scheduler("second")
    assert first.tick() == 0
    assert second.tick() == RENEW
    assert len(sent) == 1
    intervals: list[Any] = [first.tick() for _ in range(10)]
    assert max(intervals) <= RENEW  # otherwise the lease would expire
    assert "operations.tasks.heartbeat" in sent
    first.close()
    second.close()
