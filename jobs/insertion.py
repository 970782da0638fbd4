"""Insert rows with plain SQL that is composed once per model.

Django composes the statement anew for each call, which takes longer than running it. For several
rows on PostgreSQL, Django also sends one array per column, whose text psycopg escapes a second
time.

Rows that may already exist are inserted with ON CONFLICT DO NOTHING. Without it, each duplicate key
would leave an ERROR line in PostgreSQL's log for an ordinary event, which would hide real errors.

The models must have an automatic key, no signal, and no default that the database computes.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault


def insert(*rows: Model) -> None:
    """Insert new rows of one model and set their keys, as `bulk_create` does."""
    # Both engines return the keys in the order of the rows
    for row, (key,) in zip(rows, _insert(rows, "", ["pk"]), strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  public in Django's documentation


def insert_new(rows: Sequence[Model]) -> list[Any]:
    """Insert those rows of one model that do not exist yet. Returns the keys of those inserted.

    `bulk_create(ignore_conflicts=True)` runs the same statement, but does not say which rows were
    inserted.
    """
    return [row[0] for row in _insert(rows, " ON CONFLICT DO NOTHING", ["pk"])]


def insert_new_by(unique: str, rows: Sequence[Model]) -> dict[Any, Any]:
    """Insert rows like `insert_new`. Returns the inserted rows' keys by their `unique` field."""
    inserted = _insert(rows, " ON CONFLICT DO NOTHING", [unique, "pk"])
    return {row[0]: row[1] for row in inserted}


def _insert(rows: Sequence[Model], on_conflict: str, returned: Sequence[str]) -> list[tuple[Any, ...]]:
    begin, end, fields = _statement(type(rows[0]), on_conflict, tuple(returned))
    placeholders = f"({', '.join(['%s'] * len(fields))})"
    values = [_value(field, row) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"{begin} VALUES {', '.join([placeholders] * len(rows))}{end}", values)
        inserted: list[tuple[Any, ...]] = cursor.fetchall()
        return inserted


def _value(field: "Field[Any, Any]", row: Model) -> Any:
    value = field.pre_save(row, add=True)
    if isinstance(value, DatabaseDefault):
        value = field.db_default
    return field.get_db_prep_save(value, connection)


@cache
def _statement(
    model: type[Model], on_conflict: str, returned: tuple[str, ...]
) -> tuple[str, str, list["Field[Any, Any]"]]:
    """Return the statement's text before and after the values, and the fields of the values."""
    options, quote = model._meta, connection.ops.quote_name  # noqa: SLF001  public in Django's documentation
    fields = [field for field in options.concrete_fields if field is not options.pk]
    columns = ", ".join(quote(str(field.column)) for field in fields)
    column_of = {field.name: str(field.column) for field in fields} | {"pk": str(options.pk.column)}
    keys = ", ".join(quote(column_of[name]) for name in returned)
    table = quote(options.db_table)
    return f"INSERT INTO {table} ({columns})", f"{on_conflict} RETURNING {keys}", fields
