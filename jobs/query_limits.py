"""Limits how long the client waits for a query, and records whether the database hangs.

Limits, in seconds:
- 16 outside of requests (worker, sweep, commands): one more than the server's own
  `statement_timeout` (15), so that a server that works cancels a long statement itself and reports
  the reason. `migrate` has no limit.
- 5 in a web request: no page takes a second (docs/performance.md), and a person waits for it.
- 1 to find out whether a connection kept from an earlier request still answers; 2 to connect
  (settings.py).
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

DEFAULT_SECONDS = 16.0
WEB_SECONDS = 5.0
CHECK_SECONDS = 1.0


class _Limit(threading.local):
    seconds = DEFAULT_SECONDS


_limit = _Limit()


def current() -> float:
    """Return the limit of a query in this thread, in seconds."""
    return _limit.seconds


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit each query of this thread to `seconds`, or to the present limit if that is shorter."""
    before, _limit.seconds = _limit.seconds, min(seconds, _limit.seconds)
    try:
        yield
    finally:
        _limit.seconds = before


@contextmanager
def unlimited() -> Iterator[None]:
    """Remove the limit of this thread's queries: migrations may take long, and a person watches
    them.
    """
    before, _limit.seconds = _limit.seconds, math.inf
    try:
        yield
    finally:
        _limit.seconds = before


class Health:
    """Records whether this process's last query got an answer; without one the database hangs."""

    def __init__(self) -> None:
        self.hung = False

    def answered(self) -> None:
        if self.hung:
            self.hung = False

    def failed(self) -> None:
        """Record that a query or a new connection got no answer within its limit."""
        self.hung = True


database = Health()
