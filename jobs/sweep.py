"""What is owed and was not done in time: apps register sweeps, and this runs them with no broker at
all (R4.05).
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from jobs import log_context

logger = logging.getLogger(__name__)

_sweeps: dict[str, Callable[[], int]] = {}
_awaited: set[str] = set()  # by a person, at this moment
LOOKS = 4  # of an awaited sweep to one of the others: it adds a quarter of a second at most, not a second
_stopping = threading.Event()
_passed: dict[str, float] = {}  # when each last came to its end in this process


class SweepFailed(Exception):
    """At least one sweep raised; the others ran."""

    def __init__(self, counts: dict[str, int], failed: list[str]) -> None:
        super().__init__(", ".join(failed))
        self.counts = counts
        self.failed = failed


def register(name: str, sweep: Callable[[], int], *, first: bool = False) -> None:
    """Add a sweep: it does what is overdue, in small bites, and returns how much it did.

    `first` runs before the others where one process runs all of them in turn, and oftener than they
    where each has a thread, because somebody is waiting for it.
    """
    if first:
        _awaited.add(name)
    others = {other: known for other, known in _sweeps.items() if first and other != name}
    _sweeps[name] = sweep
    for other, known in others.items():
        del _sweeps[other]
        _sweeps[other] = known


def names() -> list[str]:
    return list(_sweeps)


def pause(name: str, interval: float) -> float:
    """How long between two passes of this one, where the others take so long."""
    return interval / LOOKS if name in _awaited else interval


def run(name: str) -> int:
    """Run one sweep. Raises what it raises."""
    with log_context.about(**{**log_context.fields(), "sweep": name}):
        count = _sweeps[name]()
    _passed[name] = time.monotonic()
    return count


def all_passed_within(seconds: float) -> bool:
    """Whether each sweep came to its end in this process lately: none fails again and again, none
    hangs.
    """
    earliest = time.monotonic() - seconds
    return all(_passed.get(name, -1.0) >= earliest for name in _sweeps)


def sweep_once() -> dict[str, int]:
    """Run every sweep. Raises SweepFailed at the end when one of them raised."""
    counts: dict[str, int] = {}
    failed: list[str] = []
    for name in names():
        try:
            counts[name] = run(name)
        except Exception as error:  # noqa: BLE001  it is reported, and the others run
            report(name, error)
            failed.append(name)
    if failed:
        raise SweepFailed(counts, failed)
    return counts


def report(name: str, error: Exception) -> None:
    """Log a sweep that failed: in one line when it is the database, of which a traceback tells no
    more.
    """
    with log_context.about(**{**log_context.fields(), "sweep": name}):
        if isinstance(error, OperationalError | InterfaceError):
            logger.error("sweep %s: no use of the database: %s", name, str(error).partition("\n")[0])
        else:
            logger.error("sweep %s failed", name, exc_info=error)


def stop() -> None:
    """Ask whatever sweep is running to end after the item it is at."""
    _stopping.set()


def stopping() -> bool:
    """Whether a sweep should take no further item."""
    return _stopping.is_set()


def wait(seconds: float) -> bool:
    """Sleep, or less when asked to stop: then True."""
    return _stopping.wait(seconds)
