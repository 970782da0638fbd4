"""Insert rows that may exist already, without an error: the statement itself asks for the conflict
to be ignored.

A duplicate key caught as an exception leaves an ERROR line in PostgreSQL's log for an ordinary
event, which hides the real ones.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


def insert_new(rows: Sequence[Model]) -> list[Any]:
    """Insert rows of one model with an automatic key; returns the keys of those that no unique
    constraint kept out.

    `bulk_create(ignore_conflicts=True)` runs the same statement, but does not say which rows went
    in.
    """
    model = type(rows[0])
    options = model._meta  # noqa: SLF001  documented, though its name begins like a private one
    query = InsertQuery(model, on_conflict=OnConflict.IGNORE)
    query.insert_values([field for field in options.concrete_fields if field is not options.pk], list(rows))
    returned = query.get_compiler(DEFAULT_DB_ALIAS).execute_sql(returning_fields=[options.pk])
    return [row[0] for row in returned if row]
