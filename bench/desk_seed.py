"""Fills a PostgreSQL database of the product with tickets, to measure the desk.

`python -m bench.desk_seed postgres://… 1000000` adds tickets until there are that many, with their
companies, administrators, events and messages, and one ticket with a long history. The tables must
exist. A million tickets take about two minutes. Use it only on databases that can be thrown away.

The columns are read from the database, so new ones need no change here: a column that desk_rows.py
does not name gets NULL or, if NULL is not allowed, an empty value.
"""

import sys
import time
from collections.abc import Mapping

import psycopg
from psycopg import sql

from bench import desk_rows
from bench.desk_rows import HISTORY, Seed

EMPTY = {
    "ARRAY": "'{}'",
    "boolean": "false",
    "date": "current_date",
    "jsonb": "'[]'",
    "uuid": "gen_random_uuid()",
}
LAST_KEY = "SELECT coalesce(max(id), 0) FROM {}"
GROUP = "SELECT id FROM auth_group WHERE name = '{}'"
DIRECTORY = ("companies_company", "companies_administrator", "companies_billingaccount")
LARGE = ("tickets_ticket", "tickets_ticketevent", "notifications_message")


def seed(url: str, tickets: int) -> Seed:
    """Add tickets until the database has this many. Returns what was added, for searches."""
    with psycopg.connect(url, autocommit=True) as connection:
        present = _number(connection, "SELECT count(*) FROM tickets_ticket")
        wanted = Seed.of(
            tickets=max(0, tickets - present - 1),  # the ticket with the long history comes on top
            last_ticket=_number(connection, "SELECT coalesce(max(number), 1000000) FROM tickets_ticket"),
            last_company=max(_number(connection, LAST_KEY.format(table)) for table in DIRECTORY),
            last_user=_number(connection, LAST_KEY.format("auth_user")),
            request_type=_number(connection, "SELECT min(id) FROM tickets_requesttype"),
            reason=_number(connection, "SELECT min(id) FROM tickets_reason"),
            advisors=_number(connection, GROUP.format("Asesor")),
            supervisors=_number(connection, GROUP.format("Supervisor")),
        )
        # Skips the checks of foreign keys, because the rows are built to satisfy them
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '256MB'")
        indexes = _drop_indexes(connection)
        for table, (rows, values) in desk_rows.tables(wanted).items():
            _insert(connection, table, rows, values)
        for definition in indexes:
            connection.execute(sql.SQL(definition))
        _advance_sequences(connection)
        connection.execute("SET session_replication_role = DEFAULT")
        connection.execute("VACUUM ANALYZE")
    return wanted


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _insert(connection: psycopg.Connection, table: str, rows: int, values: Mapping[str, str]) -> None:
    """Insert `rows` rows; `values` are SQL expressions of `g`, which counts from 1."""
    if rows <= 0:
        return
    columns = connection.execute(
        "SELECT column_name, data_type, is_nullable = 'YES', is_identity = 'YES'"
        " FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s",
        [table],
    ).fetchall()
    chosen: dict[str, str] = {}
    for name, kind, nullable, identity in columns:
        if name in values:
            chosen[name] = values[name]
        elif not identity and not nullable:
            chosen[name] = _empty(kind)
    statement = "INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) g"
    connection.execute(
        sql.SQL(statement).format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, chosen)),
            sql.SQL(", ".join(chosen.values())),
            sql.Literal(rows),
        )
    )


def _empty(kind: str) -> str:
    """Return an empty value of a type of PostgreSQL."""
    if kind in EMPTY:
        return EMPTY[kind]
    if kind.startswith("timestamp"):
        return "now()"
    return "''" if kind in {"text", "character varying"} else "0"


def _drop_indexes(connection: psycopg.Connection) -> list[str]:
    """Drop the large tables' indexes that no constraint needs, and return their definitions.

    Building an index of a full table is many times faster than adding its entries row by row.
    """
    found = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [list(LARGE)],
    ).fetchall()
    for name, _definition in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(name)))
    return [definition for _name, definition in found]


def _advance_sequences(connection: psycopg.Connection) -> None:
    """Make the product's next rows get primary keys after those inserted here."""
    identities = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND is_identity = 'YES'"
    ).fetchall()
    for table, column in identities:
        connection.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({0}, {1}), coalesce(max({2}), 1), max({2}) IS NOT NULL)"
                " FROM {3}"
            ).format(sql.Literal(table), sql.Literal(column), sql.Identifier(column), sql.Identifier(table))
        )


if __name__ == "__main__":
    began = time.monotonic()
    made = seed(sys.argv[1], int(sys.argv[2]))
    sys.stdout.write(
        f"{made.tickets + 1} solicitudes más en {time.monotonic() - began:.0f} s; la n.º {made.long_ticket}"
        f" tiene {HISTORY} movimientos\n"
    )
