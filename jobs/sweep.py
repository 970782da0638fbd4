"""Runs sweeps: functions that apps register to do overdue work without the broker (R4.05)."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from jobs import log_context

logger = logging.getLogger(__name__)

_sweeps: dict[str, Callable[[], int]] = {}
_urgent: set[str] = set()  # names of sweeps whose work a person waits for
# Urgent sweeps run four times as often as the others: with an interval of one second, a person
# waits a quarter of a second more at most
URGENT_PASSES = 4
_stopping = threading.Event()
_passed: dict[str, float] = {}  # when each sweep last ended without an error, by name


class SweepFailed(Exception):
    """At least one sweep raised; the others ran."""

    def __init__(self, counts: dict[str, int], failed: list[str]) -> None:
        super().__init__(", ".join(failed))
        self.counts = counts
        self.failed = failed


def register(name: str, sweep: Callable[[], int], *, first: bool = False) -> None:
    """Add a sweep, which does overdue work in small batches and returns how many items it did.

    `first` is for work that a person waits for. Such a sweep runs before the others where one
    process runs all of them in turn, and more often than the others where each has a thread.
    """
    if first:
        _urgent.add(name)
    others = {other: known for other, known in _sweeps.items() if first and other != name}
    _sweeps[name] = sweep
    for other, known in others.items():
        del _sweeps[other]
        _sweeps[other] = known


def names() -> list[str]:
    return list(_sweeps)


def pause(name: str, interval: float) -> float:
    """Return the seconds between two passes: `interval`, or a quarter of it if it is urgent."""
    return interval / URGENT_PASSES if name in _urgent else interval


def run(name: str) -> int:
    """Run one sweep and return how many items it did. Raises its error."""
    with log_context.about(**{**log_context.fields(), "sweep": name}):
        count = _sweeps[name]()
    _passed[name] = time.monotonic()
    return count


def all_passed_within(seconds: float) -> bool:
    """Whether every sweep ended without an error within the last `seconds` in this process."""
    earliest = time.monotonic() - seconds
    return all(_passed.get(name, -1.0) >= earliest for name in _sweeps)


def sweep_once() -> dict[str, int]:
    """Run every sweep. Raises SweepFailed at the end if any of them raised."""
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
    """Log a failed sweep; in one line if the database is down, since a traceback adds nothing."""
    with log_context.about(**{**log_context.fields(), "sweep": name}):
        if isinstance(error, OperationalError | InterfaceError):
            logger.error("sweep %s: no use of the database: %s", name, str(error).partition("\n")[0])
        else:
            logger.error("sweep %s failed", name, exc_info=error)


def stop() -> None:
    """Ask the running sweeps to end after their current item."""
    _stopping.set()


def stopping() -> bool:
    """Whether a sweep should take no further item."""
    return _stopping.is_set()


def wait(seconds: float) -> bool:
    """Sleep for `seconds`, or until asked to stop. Returns whether that was asked."""
    return _stopping.wait(seconds)
