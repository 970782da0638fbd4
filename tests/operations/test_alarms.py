"""Alarms: raised once while they last, mailed once per period, raised again after they closed
(R4.17).
"""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db import OperationalError, connection
from pytest_django import Settings

from notifications.models import Message
from notifications.sending import delivery
from operations import alarms, clock, heartbeats, metrics
from operations.heartbeats import SWEEP
from operations.metrics import Level, Metric
from operations.models import Alarm, Heartbeat

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 12, 5, tzinfo=ZoneInfo("America/Guayaquil"))
HOUR = timedelta(hours=1)


@pytest.fixture
def active(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the alarms that the only metric raises; tests fill and empty this list."""
    monkeypatch.setattr(alarms, "_kinds", dict(alarms._kinds))
    monkeypatch.setattr(metrics, "_sources", {})
    alarms.kind("hourly", "Algo pasa", "Haga algo.")
    alarms.kind("daily", "Algo pasa hoy", "Haga algo hoy.", daily=True)
    names: list[str] = []
    metrics.register(
        "one", "Grupo", lambda: [Metric("n", "Cifra", 7, "7 de 8", Level.CRITICAL, alarms=tuple(names))]
    )
    return names


def watch_at(moment: datetime, *, judge_silence: bool = True) -> None:
    with time_machine.travel(moment, tick=False):
        alarms.watch(judge_silence=judge_silence)


def keys() -> list[str]:
    return sorted(Message.objects.values_list("dedup_key", flat=True))


def test_a_condition_that_lasts_is_raised_once_and_mailed_to_operations(
    active: list[str], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OPERATIONS_EMAIL = ["guardia@operadora.example", "noc@operadora.example"]
    active.append("daily")
    for minute in range(3):
        watch_at(NOON + timedelta(minutes=minute))
    assert Alarm.objects.get().detail == "Cifra: 7 de 8"
    assert keys() == ["alarm:daily:2026-11-21", "alarm:daily:2026-11-21:2"]
    assert set(Message.objects.values_list("to", flat=True)) == set(settings.OPERATIONS_EMAIL)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "alarm daily: Cifra: 7 de 8"
    ]


def test_without_operations_email_the_mail_goes_to_postventa(active: list[str], settings: Settings) -> None:
    active.append("daily")
    watch_at(NOON)
    message = Message.objects.get()
    delivery.deliver(message.pk)
    assert mail.outbox[0].to == [settings.POSTVENTA_EMAIL]
    assert mail.outbox[0].subject == "Alarma: Algo pasa hoy"
    assert "Haga algo hoy." in str(mail.outbox[0].body)
    assert "7 de 8" in str(mail.outbox[0].body)
    assert "Alarma:\n" not in str(mail.outbox[0].body)  # the title says which alarm it is
    assert "daily" not in message.text + message.html


def test_an_alarm_closes_with_its_cause_and_can_be_raised_again(active: list[str]) -> None:
    active.append("hourly")
    watch_at(NOON)
    active.clear()
    watch_at(NOON + timedelta(minutes=1))
    assert Alarm.objects.get().cleared_at == NOON + timedelta(minutes=1)
    active.append("hourly")
    watch_at(NOON + timedelta(minutes=2))  # flapping: another row, and no second mail within the hour
    assert (Alarm.objects.count(), keys()) == (2, ["alarm:hourly:2026-11-21T12"])
    active.clear()
    watch_at(NOON + timedelta(minutes=3))
    active.append("hourly")
    watch_at(NOON + HOUR)
    assert keys() == ["alarm:hourly:2026-11-21T12", "alarm:hourly:2026-11-21T13"]


def test_a_source_that_fails_closes_no_alarm(active: list[str]) -> None:
    active.append("hourly")
    watch_at(NOON)

    def unavailable() -> list[Metric]:
        raise OperationalError("away")

    metrics.register("one", "Grupo", unavailable)
    watch_at(NOON + HOUR)
    assert Alarm.objects.get().cleared_at is None


def test_a_watcher_that_has_just_started_reports_no_silent_process() -> None:
    alarms.watch(judge_silence=False)
    assert not Alarm.objects.filter(kind="worker-silent").exists()
    alarms.watch(judge_silence=True)
    assert Alarm.objects.filter(kind="worker-silent", cleared_at=None).exists()


def test_the_sweep_reports_a_dead_worker_and_the_worker_a_dead_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dead process cannot report itself (R4.15, R4.16)."""
    monkeypatch.setattr(clock, "skew", lambda: None)  # the server's clock is not moved with ours
    with time_machine.travel(NOON, tick=False):
        for name in heartbeats.LIMITS:
            heartbeats.beat(name)
    for minute in range(1, 7):
        with time_machine.travel(NOON + timedelta(minutes=minute), tick=False):
            heartbeats.beat(SWEEP)
            alarms.watch(judge_silence=heartbeats.may_judge(SWEEP))
    assert set(Alarm.objects.values_list("kind", flat=True)) == {"worker-silent", "beat-silent"}
    Heartbeat.objects.exclude(name=SWEEP).update(at=NOON + timedelta(minutes=12), since=NOON)
    watch_at(NOON + timedelta(minutes=12))
    assert Alarm.objects.get(kind="sweep-silent").cleared_at is None
    assert Alarm.objects.get(kind="worker-silent").cleared_at == NOON + timedelta(minutes=12)


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_watchers_raise_an_alarm_once() -> None:
    together, raised = Barrier(2), list[bool]()

    def look() -> None:
        together.wait(60)
        raised.append(alarms.raise_alarm("sms-day-80", "1600 de 2000"))
        connection.close()

    threads = [Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(raised) == [False, True]
    assert (Alarm.objects.count(), Message.objects.count()) == (1, 1)
