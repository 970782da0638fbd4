"""The skew between a machine's clock and the database server's is measured, shown and alarmed."""

import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from operations import alarms, clock, heartbeats
from operations.heartbeats import BEAT, SWEEP, WORKER
from operations.metrics import Level
from operations.models import Alarm, Heartbeat
from operations.prometheus import Exposition
from tests.desk.desk import signed_in, supervisor

pytestmark = pytest.mark.django_db

HAS_SERVER = connection.vendor == "postgresql"
SHIFTS = [
    (0.0, Level.FINE),
    (-3.0, Level.FINE),
    (7.0, Level.WARNING),
    (-7.0, Level.WARNING),
    (40.0, Level.CRITICAL),
]


@pytest.mark.parametrize(("shift", "level"), SHIFTS)
def test_the_clock_is_measured_against_the_servers(shift: float, level: Level) -> None:
    """On SQLite, which has no server, the metric says so and is never critical."""
    with time_machine.travel(timezone.now() + timedelta(seconds=shift)):
        found, (metric,) = clock.skew(), clock.metrics()
    if not HAS_SERVER:
        assert (found, metric.value, metric.level) == (None, None, Level.FINE)
        assert "SQLite" in metric.display
        return
    assert found is not None
    assert abs(found.seconds - shift) < 1
    assert 0 <= found.error < 1
    assert metric.level == level
    assert not shift or metric.display.startswith("adelantado" if shift > 0 else "atrasado")
    assert ("NTP" in metric.advice) is (level > Level.FINE)


def test_the_true_skew_is_within_the_error_however_slow_the_answer() -> None:
    """The delay is all before the query, so half the round trip is wrong by the whole `error`."""

    def slowly(execute: Callable[..., Any], *arguments: Any) -> Any:
        time.sleep(0.3)
        return execute(*arguments)

    with connection.execute_wrapper(slowly):
        found = clock.skew()
    assert (found is not None) is HAS_SERVER
    if found:
        assert abs(found.seconds) <= found.error
        assert found.error >= 0.15
        assert found.at_least == 0


def test_the_round_trip_is_subtracted_from_the_skew() -> None:
    assert clock.Skew(seconds=8.0, error=6.0).at_least == 2.0
    assert clock.Skew(seconds=-8.0, error=6.0).at_least == -2.0
    assert clock.Skew(seconds=-1.0, error=6.0).at_least == 0.0


@pytest.mark.parametrize("name", [WORKER, BEAT, SWEEP])
@pytest.mark.parametrize("shift", [20.0, -20.0])
def test_the_clock_of_each_process_raises_an_alarm_in_any_watcher(name: str, shift: float) -> None:
    """The alarm uses the stored skew: a watcher that measured its own clock would close it."""
    heartbeats.beat(name)
    with time_machine.travel(timezone.now() + timedelta(seconds=shift)):
        heartbeats.beat(name)
    alarms.watch(judge_silence=True)  # by a clock that is right
    assert Alarm.objects.filter(kind="clock-skew", cleared_at=None).exists() is HAS_SERVER
    Heartbeat.objects.update(at=timezone.now())
    heartbeats.beat(name)  # NTP has set it
    alarms.watch(judge_silence=True)
    assert not Alarm.objects.filter(kind="clock-skew", cleared_at=None).exists()


def test_the_clock_is_in_check_ops_in_the_metrics_and_on_the_page() -> None:
    client = signed_in(supervisor())
    with time_machine.travel(timezone.now() + timedelta(seconds=40)):
        heartbeats.beat(WORKER)
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("check_ops", stdout=out)
        metrics = Exposition().text().decode()
        page = client.get("/admin/operations/heartbeat/").content.decode()
    for text in (out.getvalue(), page):
        assert "Reloj de esta máquina" in text
        assert ("adelantado" in text) is HAS_SERVER
        assert ("sin servidor" in text) is not HAS_SERVER
    for name in ("clock_skew_seconds", "clock_skew_worker_seconds"):
        assert (f"\nfidelizacion_{name} " in metrics) is HAS_SERVER
    assert 'fidelizacion_level{figure="clock_skew_seconds"}' in metrics
