"""Measures how far this machine's clock is from the database server's.

One process writes the expiry of a code, the end of a lease or a heartbeat, and another compares it
with its own clock. The database server's clock is the one that all of them can read.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import alarms
from operations.metrics import Level, Metric

# NTP keeps a clock within a few hundredths of a second. The shortest lease, a code's, lasts 25 s
# and is not renewed: if two clocks are 12 s off in opposite directions, one machine may take over
# what the other is still sending. The warning at 5 s leaves time to correct the clock.
WARNING, CRITICAL = 5.0, 12.0  # seconds

ALARM = alarms.kind(
    "clock-skew",
    gettext_lazy("El reloj de una máquina no va con el de la base de datos"),
    gettext_lazy(
        "Active NTP (chrony o systemd-timesyncd) en esa máquina y en la de la base: con relojes distintos los códigos "
        "vencen antes o después de tiempo, y dos procesos pueden tomar el mismo envío."
    ),
)


@dataclass(frozen=True)
class Skew:
    """Seconds that this clock is ahead of the server's (negative: behind), within ± `error`."""

    seconds: float
    error: float

    @property
    def at_least(self) -> float:
        """Return the skew beyond the measuring error, in seconds with its sign."""
        certain = max(abs(self.seconds) - self.error, 0.0)
        return certain if self.seconds > 0 else -certain


def skew() -> Skew | None:
    """Measure the skew with one SELECT. Returns None on SQLite, which has no server."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:  # connects first, so that connecting is not measured
        started, before = time.monotonic(), time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        half = (time.monotonic() - started) / 2
        server = float(cursor.fetchone()[0])
    return Skew(before + half - server, half)


def metrics() -> Iterator[Metric]:
    """Report the skew of the machine that reads the metrics.

    The other processes write theirs with their heartbeats (heartbeats.py).
    """
    measured = skew()
    label = _("Reloj de esta máquina")
    if measured is None:
        yield Metric("clock_skew_seconds", label, None, _("sin servidor: SQLite usa este mismo reloj"))
    else:
        yield metric("clock_skew_seconds", label, measured.seconds, measured.at_least)


def metric(name: str, label: str | Promise, seconds: float, certain: float, *, alarm: bool = False) -> Metric:
    """Build the metric of one clock. It shows `seconds`; its level follows from `certain`."""
    off = abs(certain)
    level = Level.CRITICAL if off > CRITICAL else Level.WARNING if off > WARNING else Level.FINE
    amount = number_format(abs(seconds), decimal_pos=2)
    return Metric(
        name,
        str(label),
        seconds,
        (_("adelantado {amount} s") if seconds > 0 else _("atrasado {amount} s")).format(amount=amount),
        level,
        str(ALARM.advice) if level else "",
        (ALARM.name,) if level and alarm else (),
    )
