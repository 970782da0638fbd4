"""Insert rows that may exist already, without an error: ON CONFLICT DO NOTHING.

Catching a duplicate key as an exception leaves an ERROR line in PostgreSQL's log for an ordinary
event, which hides the real ones.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


def insert_new(rows: Sequence[Model]) -> list[Any]:
    """Insert rows of one model with an automatic key. Returns the keys of the rows inserted.

    `bulk_create(ignore_conflicts=True)` runs the same statement, but does not say which rows were
    inserted.
    """
    model = type(rows[0])
    options = model._meta  # noqa: SLF001  public in Django's documentation
    query = InsertQuery(model, on_conflict=OnConflict.IGNORE)
    query.insert_values([field for field in options.concrete_fields if field is not options.pk], list(rows))
    returned = query.get_compiler(DEFAULT_DB_ALIAS).execute_sql(returning_fields=[options.pk])
    return [row[0] for row in returned if row]
