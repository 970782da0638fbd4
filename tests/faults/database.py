"""Run plain SQL on a product's database, on PostgreSQL and SQLite."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg

LONG_AGO = "2000-01-01 00:00:00"


class Database:
    """The database at a URL. Each statement opens a new connection, because the server may have
    been restarted since the last one.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Execute and commit a statement, and return its rows, if it has any."""
        if self.url.startswith("sqlite:///"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=20)) as file, file:
                return file.execute(statement.replace("%s", "?"), values).fetchall()
        with psycopg.connect(self.url, autocommit=True) as server:
            cursor = server.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: object) -> int:
        """Return the only value of a statement's only row."""
        ((found,),) = self.rows(statement, *values)
        assert isinstance(found, int)
        return found

    def end_leases(self) -> None:
        """Let the leases of messages and challenges expire, as they do 2 minutes after a process
        dies.
        """
        self.rows("UPDATE notifications_message SET leased_until = %s WHERE state = 'sending'", LONG_AGO)
        self.rows("UPDATE otp_challenge SET leased_until = %s WHERE leased_until IS NOT NULL", LONG_AGO)

    def end_waits(self) -> None:
        """Make the messages that wait for a retry due at once."""
        self.rows("UPDATE notifications_message SET next_at = %s WHERE state = 'queued'", LONG_AGO)


def seconds(moment: object) -> float:
    """Return a time in seconds since the epoch; SQLite returns times as text in UTC."""
    parsed = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
