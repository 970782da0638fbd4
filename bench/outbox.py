"""Reads and fills the outbox of the product or of a floor, in PostgreSQL or SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from tests.stack import wait_for

TIMEOUT = 120.0  # seconds until an outbox is empty


def pending(url: str, table: str = "notifications_message") -> int:
    """Return how many mails are not sent yet."""
    condition = "channel = 'email'" if table == "notifications_message" else "1 = 1"
    with _cursor(url) as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE state IN ('queued', 'sending') AND {condition}")  # noqa: S608  our own names
        return int(cursor.fetchone()[0])


def drop_pending(url: str) -> None:
    """Mark the pending mails as dropped, so that the product does not send them."""
    with _cursor(url) as cursor:
        cursor.execute(
            "UPDATE notifications_message SET state = 'dropped'"
            " WHERE state IN ('queued', 'sending') AND channel = 'email'"
        )


def wait_until_empty(url: str, table: str = "notifications_message") -> None:
    """Wait until all mails are sent. Raises RuntimeError after TIMEOUT."""
    if not wait_for(lambda: pending(url, table) == 0, TIMEOUT):
        raise RuntimeError(f"quedan {pending(url, table)} correos en {table}")


def clone(url: str, count: int, table: str = "notifications_message") -> None:
    """Queue `count` copies of the two newest queued mails, with all their columns."""
    with _cursor(url) as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")  # noqa: S608
        names = [column[0] for column in cursor.description]
        columns = {name: f'm."{name}"' for name in names if name != "id"}
        columns["dedup_key"] = "m.dedup_key || ':' || g.n"
        if "message_id" in columns:
            columns["message_id"] = "replace(m.message_id, '<', '<' || g.n || '.')"
        quoted = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"""INSERT INTO {table} ({quoted})
            WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count // 2}),
            m AS (SELECT * FROM {table} WHERE state = 'queued' ORDER BY id DESC LIMIT 2)
            SELECT {", ".join(columns.values())} FROM g CROSS JOIN m"""  # noqa: S608
        )


@contextmanager
def _cursor(url: str) -> Iterator[Any]:
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as file, file:
            yield file.cursor()
    else:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            yield cursor
