"""Where each database keeps the next number of a column: the one place of this application that
knows its engines.
"""

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

# The sequence's own row is read and written in one statement, so that a number drawn meanwhile is
# not given twice
POSTGRESQL_FIND = "SELECT pg_get_serial_sequence(%s, %s)"
POSTGRESQL_RAISE = """
    SELECT setval(%s::regclass, %s, false) FROM {sequence}
    WHERE CASE WHEN is_called THEN last_value + 1 ELSE last_value END < %s
"""
# SQLite keeps the last number given, and no row at all before the first
SQLITE_RAISE = "UPDATE sqlite_sequence SET seq = %s WHERE name = %s AND seq < %s"
SQLITE_START = """
    INSERT INTO sqlite_sequence (name, seq)
    SELECT %s, %s WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)
"""


def raise_to(connection: BaseDatabaseWrapper, table: str, column: str, minimum: int) -> None:
    """Make the next number of `column` at least `minimum`; one already past it is left alone."""
    if connection.vendor == "postgresql":
        _raise_postgresql(connection, table, column, minimum)
    else:
        _raise_sqlite(connection, table, minimum)


def _raise_postgresql(connection: BaseDatabaseWrapper, table: str, column: str, minimum: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_FIND, [connection.ops.quote_name(table), column])
        row = cursor.fetchone()
        if row is None or row[0] is None:
            raise DatabaseError(f"{table}.{column} has no sequence")
        sequence = str(row[0])  # quoted by the server itself
        cursor.execute(POSTGRESQL_RAISE.format(sequence=sequence), [sequence, minimum, minimum])


def _raise_sqlite(connection: BaseDatabaseWrapper, table: str, minimum: int) -> None:
    last = minimum - 1
    with connection.cursor() as cursor:
        cursor.execute(SQLITE_RAISE, [last, table, last])
        cursor.execute(SQLITE_START, [table, last, table])
