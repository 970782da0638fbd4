"""How long a query may take on the client's side, and what this process knows of the database's
health.

Limits, in seconds:
- 16 outside of requests (worker, sweep, commands): one more than the server's own
  `statement_timeout` (15), so that a
  server that works ends a long statement itself, and says why. None for `migrate`.
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
    """Give each query of this thread so long, or less where less was given already."""
    before, _limit.seconds = _limit.seconds, min(seconds, _limit.seconds)
    try:
        yield
    finally:
        _limit.seconds = before


@contextmanager
def unlimited() -> Iterator[None]:
    """Let the queries of this thread take what they take: for
    migrations, which a person watches.
    """
    before, _limit.seconds = _limit.seconds, math.inf
    try:
        yield
    finally:
        _limit.seconds = before


class Health:
    """Whether the database hangs, as the threads of this process see it: no answer to the last
    query that ended.
    """

    def __init__(self) -> None:
        self.hung = False

    def answered(self) -> None:
        if self.hung:
            self.hung = False

    def failed(self) -> None:
        """A query or a new connection got no answer within its limit."""
        self.hung = True


database = Health()
