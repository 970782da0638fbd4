"""The product's own database, asked from outside in plain SQL, on either engine."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg

LONG_AGO = "2000-01-01 00:00:00"


class Ledger:
    """Each statement on a connection of its own: the server may
    have been restarted since the last.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What it answers, if anything; it is committed."""
        if self.url.startswith("sqlite:///"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=20)) as file, file:
                return file.execute(statement.replace("%s", "?"), values).fetchall()
        with psycopg.connect(self.url, autocommit=True) as server:
            cursor = server.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: object) -> int:
        """The one figure that it answers."""
        ((found,),) = self.rows(statement, *values)
        assert isinstance(found, int)
        return found

    def end_leases(self) -> None:
        """As if two minutes had passed for whoever took a message or a challenge and died."""
        self.rows("UPDATE notifications_message SET leased_until = %s WHERE state = 'sending'", LONG_AGO)
        self.rows("UPDATE otp_challenge SET leased_until = %s WHERE leased_until IS NOT NULL", LONG_AGO)

    def end_waits(self) -> None:
        """As if ten minutes had passed for what waits for its next try."""
        self.rows("UPDATE notifications_message SET next_at = %s WHERE state = 'queued'", LONG_AGO)


def seconds(moment: object) -> float:
    """Since the epoch; SQLite gives times as text in UTC."""
    parsed = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
