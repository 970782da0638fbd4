"""A PostgreSQL backend whose queries time out on the client's side, even if the server hangs.

`statement_timeout` is applied by the server, so it does not help when the server is stopped or the
network drops packets, and `tcp_user_timeout` covers only data that was not acknowledged. psycopg
waits for each answer in one method, which takes a timeout. After a timeout the connection is
closed, because a late answer could be taken for that of the next query.
"""

import math
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg import IsolationLevel, errors

from jobs import query_limits

if TYPE_CHECKING:
    from psycopg.abc import PQGen

T = TypeVar("T")
INTERVAL = 0.1  # seconds between two checks for signals and the timeout; psycopg's default


class QueryTimedOut(psycopg.OperationalError):
    """The server did not answer within the limit of query_limits.py."""


class Connection(psycopg.Connection[Any]):
    """psycopg's connection with a timeout; every statement, commit and fetch calls `wait`."""

    def wait(self, gen: "PQGen[T]", interval: float = INTERVAL, timeout: float | None = None) -> T:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limit = query_limits.current()
        try:
            answer = super().wait(gen, interval, None if math.isinf(limit) else limit)
        except errors._WaitTimeout:  # noqa: SLF001  psycopg has no public exception for it
            query_limits.database.failed()
            self.pgconn.finish()
            raise QueryTimedOut("the database did not answer within the limit") from None
        query_limits.database.answered()
        return answer


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper; it opens connections of the class above."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Connect as Django does, but ignore its pool and isolation options, which we never set."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        try:
            return Connection.connect(**conn_params)
        except errors.ConnectionTimeout:
            query_limits.database.failed()
            raise

    def is_usable(self) -> bool:
        """Check a connection that an earlier request left open, before the first query on it."""
        with query_limits.within(query_limits.CHECK_SECONDS):
            return bool(super().is_usable())
