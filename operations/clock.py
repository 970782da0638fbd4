"""How far the clock of this machine is from the database server's.

Codes, leases and signs of life are moments that one process writes and another reads, each by its
own clock. The server's is the one that all of them can ask.
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

# NTP keeps a clock within a few hundredths of a second. The shortest lease is 25 s (of a code,
# renewed by nobody) and a PIN is good for 5 minutes: two machines that are each 12 s off, in
# opposite directions, take each other's work over while it is being done. From 5 s on somebody
# should look, long before.
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
    """`seconds` is ahead of the server, or behind it where negative; the truth is no further off
    than `error`.
    """

    seconds: float
    error: float

    @property
    def at_least(self) -> float:
        """What is certain of it, whatever part of the round trip was the way there."""
        certain = max(abs(self.seconds) - self.error, 0.0)
        return certain if self.seconds > 0 else -certain


def skew() -> Skew | None:
    """By one SELECT. None with SQLite, which has no server. Raises what the database raises."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:  # connects, where that is needed, before the time is taken
        started, before = time.monotonic(), time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        half = (time.monotonic() - started) / 2
        server = float(cursor.fetchone()[0])
    return Skew(before + half - server, half)


def metrics() -> Iterator[Metric]:
    """Of the machine that reads the metrics. The other processes write theirs beside their signs of
    life.
    """
    found = skew()
    label = _("Reloj de esta máquina")
    if found is None:
        yield Metric("clock_skew_seconds", label, None, _("sin servidor: SQLite usa este mismo reloj"))
    else:
        yield metric("clock_skew_seconds", label, found.seconds, found.at_least)


def metric(name: str, label: str | Promise, seconds: float, certain: float, *, alarm: bool = False) -> Metric:
    """Judge a clock."""
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
