"""The metrics that operations watch: each app registers a source, and command, metrics, desk and
alarms read the same.

A metric is never personal: a count, an age, a share. What cannot be read is told as such and hides
nothing else.
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
    """How bad it is; also the exit status of `check_ops`."""

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
    """One thing measured. `name` holds its unit (`_seconds`, `_ratio`), as Prometheus asks; `shown`
    is for people.
    """

    name: str
    label: str
    value: float | None  # none: there is nothing to measure yet
    display: str
    level: Level = Level.FINE
    advice: str = ""  # what to do, where the level is not fine
    alarms: tuple[str, ...] = ()  # the kinds of alarm that hold because of it


Source = Callable[[], Iterable[Metric]]


@dataclass(frozen=True)
class Snapshot:
    """All metrics of one moment, by their sources' titles, and
    the sources that could not be read.
    """

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
class _Registered:
    title: str | Promise
    source: Source
    on_demand: bool
    order: int


_sources: dict[str, _Registered] = {}


def register(
    name: str, title: str | Promise, source: Source, *, on_demand: bool = False, order: int = 50
) -> None:
    """Add a source. A on_demand one (it asks another server) is read by the command only, never
    each minute.
    """
    _sources[name] = _Registered(title, source, on_demand, order)


def names() -> list[str]:
    """The sources that are read each minute."""
    return [name for name, registered in _sources.items() if not registered.on_demand]


def collect(*, on_demand: bool = False) -> Snapshot:
    """Read every source. Once the database does not answer, the others are not made to wait for it
    as well.
    """
    reading, away = Snapshot(), False
    for name, registered in sorted(_sources.items(), key=lambda item: item[1].order):
        if registered.on_demand and not on_demand:
            continue
        if away and not registered.on_demand:
            reading.failed.append(name)
            continue
        try:
            reading.groups.setdefault(str(registered.title), []).extend(registered.source())
        except Exception as error:  # noqa: BLE001  it is told, and the other sources are read
            away = away or isinstance(error, DatabaseFailure)
            logger.warning("metrics of %s cannot be read: %s", name, type(error).__name__)
            reading.failed.append(name)
    return reading


def age(seconds: float | None) -> str:
    """An age for people: `45 s`, `12 min`, `3 h`, `2 días`."""
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
    """A number for people, its thousands apart."""
    return str(number_format(number, force_grouping=True))


def share(value: float | None) -> str:
    """A share for people: `87 %`."""
    return _("sin datos") if value is None else _("{percent} %").format(percent=int(value * 100))
