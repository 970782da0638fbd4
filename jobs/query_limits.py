"""How long the client waits for a query, and what this process knows of the database's health.

Limits, in seconds:
- 16 outside of requests (worker, sweep, commands): one more than the server's own
  `statement_timeout` (15), so that a server that works ends a long statement itself, and says why.
  None for `migrate`.
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
    """The limit of a query in this thread, in seconds."""
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
    """Lift the limit for this thread's queries: migrations may be
    long, and a person watches them.
    """
    before, _limit.seconds = _limit.seconds, math.inf
    try:
        yield
    finally:
        _limit.seconds = before


class Health:
    """Whether the database hangs: the last query that ended in this process got no answer."""

    def __init__(self) -> None:
        self.hung = False

    def answered(self) -> None:
        if self.hung:
            self.hung = False

    def failed(self) -> None:
        """A query or a new connection got no answer within its limit."""
        self.hung = True


database = Health()
