"""Insert rows: one by a statement that is composed once a model, and rows that may exist already
without an error, by ON CONFLICT DO NOTHING.

Catching a duplicate key as an exception leaves an ERROR line in PostgreSQL's log for an ordinary
event, which hides the real ones.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Model
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


def insert(row: Model) -> None:
    """Insert one new row and set its automatic key, as `save` does, for rows of most requests.

    `save` composes the statement anew for each row, which takes longer than running it. The model
    must have no signal and no default that the database computes.
    """
    statement, fields = _statement(type(row))
    with connection.cursor() as cursor:
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        cursor.execute(statement, values)
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  public in Django's documentation


@cache
def _statement(model: type[Model]) -> tuple[str, list["Field[Any, Any]"]]:
    options, quote = model._meta, connection.ops.quote_name  # noqa: SLF001  public in Django's documentation
    fields = [field for field in options.concrete_fields if field is not options.pk]
    columns = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    key = quote(str(options.pk.column))
    table = quote(options.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING {key}", fields  # noqa: S608  names of the model, no input


def insert_new(rows: Sequence[Model]) -> list[Any]:
    """Insert rows of one model with an automatic key. Returns the keys of the rows inserted.

    `bulk_create(ignore_conflicts=True)` runs the same statement, but does not say which rows were
    inserted.
    """
    return [row[0] for row in _insert(rows, ["pk"])]


def insert_new_by(unique: str, rows: Sequence[Model]) -> dict[Any, Any]:
    """Insert rows like `insert_new`. Returns the keys of those inserted by their unique field."""
    return {row[0]: row[1] for row in _insert(rows, [unique, "pk"])}


def _insert(rows: Sequence[Model], returned: list[str]) -> list[tuple[Any, ...]]:
    options = rows[0]._meta  # noqa: SLF001  public in Django's documentation
    query = InsertQuery(type(rows[0]), on_conflict=OnConflict.IGNORE)
    query.insert_values([field for field in options.concrete_fields if field is not options.pk], list(rows))
    fields = [options.pk if name == "pk" else options.get_field(name) for name in returned]
    answer = query.get_compiler(DEFAULT_DB_ALIAS).execute_sql(returning_fields=fields)
    return [row for row in answer if row]
