"""The registry of metrics: `check_ops`, Prometheus, the desk and the alarms read the same ones.

Each app registers a source. A metric is a count, an age or a share, never personal data. A source
that fails is reported, and the others are still read.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum

from django.db import Error as DatabaseFailure
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

logger = logging.getLogger(__name__)


class Level(IntEnum):
    """The severity of a metric; the highest one is the exit status of `check_ops`."""

    FINE = 0
    WARNING = 1
    CRITICAL = 2


LEVEL_NAMES: dict[Level, str | Promise] = {
    Level.FINE: gettext_lazy("bien"),
    Level.WARNING: gettext_lazy("atención"),
    Level.CRITICAL: gettext_lazy("crítico"),
}


@dataclass(frozen=True)
class Metric:
    """One measured value. Its name ends with its unit, if it has one: `_seconds`, `_ratio`."""

    name: str
    label: str
    value: float | None  # None: there is nothing to measure yet
    display: str  # the value as people read it
    level: Level = Level.FINE
    advice: str = ""  # what to do when the level is not FINE
    alarms: tuple[str, ...] = ()  # the kinds of alarm that this value raises


Source = Callable[[], Iterable[Metric]]


@dataclass(frozen=True)
class Snapshot:
    """All metrics of one moment, grouped by title, and the names of the sources that failed."""

    groups: dict[str, list[Metric]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def metrics(self) -> list[Metric]:
        return [metric for group in self.groups.values() for metric in group]

    @property
    def level(self) -> Level:
        worst = max((metric.level for metric in self.metrics), default=Level.FINE)
        return Level.CRITICAL if self.failed else worst


@dataclass(frozen=True)
class _Registration:
    title: str | Promise
    source: Source
    on_demand: bool
    order: int


_sources: dict[str, _Registration] = {}


def register(
    name: str, title: str | Promise, source: Source, *, on_demand: bool = False, order: int = 50
) -> None:
    """Add a source. One `on_demand` is slow or asks another server: only `check_ops` reads it."""
    _sources[name] = _Registration(title, source, on_demand, order)


def names() -> list[str]:
    """Return the names of the sources that are read every minute."""
    return [name for name, registered in _sources.items() if not registered.on_demand]


def collect(*, on_demand: bool = False) -> Snapshot:
    """Read the sources in order.

    Once the database has failed, the sources that need it count as failed without being read: each
    would wait for it again.
    """
    snapshot, database_down = Snapshot(), False
    for name, registered in sorted(_sources.items(), key=lambda item: item[1].order):
        if registered.on_demand and not on_demand:
            continue
        if database_down and not registered.on_demand:
            snapshot.failed.append(name)
            continue
        try:
            snapshot.groups.setdefault(str(registered.title), []).extend(registered.source())
        except Exception as error:  # noqa: BLE001  reported in `failed`; the other sources are read
            database_down = database_down or isinstance(error, DatabaseFailure)
            logger.warning("metrics of %s cannot be read: %s", name, type(error).__name__)
            snapshot.failed.append(name)
    return snapshot


def age(seconds: float | None) -> str:
    """Format an age: `45 s`, `12 min`, `3 h`, `2 días`."""
    if seconds is None:
        return _("nunca")
    whole = timedelta(seconds=int(max(seconds, 0)))
    if whole < timedelta(minutes=2):
        return _("{count} s").format(count=whole.seconds)
    if whole < timedelta(hours=2):
        return _("{count} min").format(count=whole.seconds // 60)
    if whole < timedelta(days=2):
        return _("{count} h").format(count=int(whole.total_seconds()) // 3600)
    return _("{count} días").format(count=whole.days)


def count(number: int) -> str:
    """Format a number with its thousands separated."""
    return str(number_format(number, force_grouping=True))


def share(value: float | None) -> str:
    """Format a share: `87 %`."""
    return _("sin datos") if value is None else _("{percent} %").format(percent=int(value * 100))
