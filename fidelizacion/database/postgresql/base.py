"""Ends each wait for PostgreSQL within its limit, whatever the server does.

`statement_timeout` is the server's own limit: a server that is stopped, or cut off behind a network
that swallows packets, applies none, and `tcp_user_timeout` counts only data that was not
acknowledged. psycopg waits for every answer on the client's side, with a timeout if it is given
one. After it, the connection is closed: what it would still answer is unknown.
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
INTERVAL = 0.1  # seconds between two looks at signals and at the timeout: psycopg's own


class QueryTimedOut(psycopg.OperationalError):
    """No answer within the limit."""


class Connection(psycopg.Connection[Any]):
    """psycopg's, of which every statement, commit and fetch waits here."""

    def wait(self, gen: "PQGen[T]", interval: float = INTERVAL, timeout: float | None = None) -> T:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limit = query_limits.current()
        try:
            answer = super().wait(gen, interval, None if math.isinf(limit) else limit)
        except errors._WaitTimeout:  # noqa: SLF001  psycopg raises no public one
            query_limits.database.failed()
            self.pgconn.finish()
            raise QueryTimedOut("the database did not answer within the limit") from None
        query_limits.database.answered()
        return answer


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with connections of ours."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """As Django's does without its options for a pool and an isolation level, which
        DATABASE_URL cannot set.
        """
        self.isolation_level = IsolationLevel.READ_COMMITTED
        try:
            return Connection.connect(**conn_params)
        except errors.ConnectionTimeout:
            query_limits.database.failed()
            raise

    def is_usable(self) -> bool:
        """Asked at the first query of a request, of a connection that an earlier one left open."""
        with query_limits.within(query_limits.CHECK_SECONDS):
            return bool(super().is_usable())
