"""Ticket numbers start at `TICKET_NUMBER_START`, have seven digits, and are used once (A14)."""

from typing import Any

from django.apps.registry import Apps
from django.apps.registry import apps as installed_apps
from django.conf import settings
from django.db import DatabaseError, connections

# One statement reads and writes the sequence's row, so that no number is drawn in between
POSTGRESQL_RAISE = """
    SELECT setval(%s::regclass, %s, false) FROM {sequence}
    WHERE CASE WHEN is_called THEN last_value + 1 ELSE last_value END < %s
"""
# SQLite stores the last number used, and has no row before the first
SQLITE_RAISE = "UPDATE sqlite_sequence SET seq = %s WHERE name = %s AND seq < %s"
SQLITE_START = """
    INSERT INTO sqlite_sequence (name, seq)
    SELECT %s, %s WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)
"""


def start_numbers(using: str, apps: Apps = installed_apps, **_signal: Any) -> None:
    """Raise the next ticket number to `TICKET_NUMBER_START`, never lower it.

    Called after `migrate` and after a flush, which restarts the sequence.
    """
    try:
        table = apps.get_model("tickets", "Ticket")._meta.db_table  # noqa: SLF001  Django's public `_meta`
    except LookupError:  # migrated back to a state without tickets
        return
    start = settings.TICKET_NUMBER_START
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'number')", [connection.ops.quote_name(table)])
            row = cursor.fetchone()
            if row is None or row[0] is None:
                raise DatabaseError(f"{table}.number has no sequence")
            sequence = str(row[0])  # quoted by the server
            cursor.execute(POSTGRESQL_RAISE.format(sequence=sequence), [sequence, start, start])
        else:
            cursor.execute(SQLITE_RAISE, [start - 1, table, start - 1])
            cursor.execute(SQLITE_START, [table, start - 1, table])
