"""Indexes that PostgreSQL and SQLite write differently, or that only PostgreSQL has.

Those for searches match the conditions that Django writes for `icontains` and `istartswith`:
UPPER(column) LIKE. SQLite scans its smaller tables instead.
"""

from typing import Any

from django.contrib.postgres.operations import TrigramExtension
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import Index, Model


class EnableTrigrams(TrigramExtension):
    """Create the extension pg_trgm; a migration runs this before the first TrigramIndex.

    The owner of the database may create it, because PostgreSQL marks pg_trgm as trusted. Reversing
    the migration keeps it: other applications may use it, and SQLite has no extensions.
    """

    def database_backwards(self, *_arguments: Any) -> None:
        pass


class _UpperIndex(Index):
    """An index on UPPER(column) of one text column, with a method and operators of PostgreSQL."""

    method: str

    def create_sql(
        self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Statement:
        if schema_editor.connection.vendor != "postgresql":
            return Statement("SELECT 1")  # SQLite gets no index, and Django must run some statement
        statement = super().create_sql(model, schema_editor, using, **kwargs)
        (column,) = _columns(self, model, schema_editor)
        expression = self.method.format(upper=f"(UPPER({column}::text))")
        statement.template = f"CREATE INDEX %(name)s ON %(table)s USING {expression}%(condition)s"
        return statement

    def remove_sql(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor, **kwargs: Any) -> str:
        if schema_editor.connection.vendor != "postgresql":
            return "SELECT 1"
        return super().remove_sql(model, schema_editor, **kwargs)


class TrigramIndex(_UpperIndex):
    """Finds any part of a text, ignoring case (`icontains`)."""

    method = "gin ({upper} gin_trgm_ops)"


class PrefixIndex(_UpperIndex):
    """Finds the beginning of a text, ignoring case (`istartswith`)."""

    method = "btree ({upper} text_pattern_ops)"


class NullsFirstIndex(Index):
    """An index in which NULL comes first, as in SQLite; by default PostgreSQL puts it last."""

    def create_sql(
        self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Statement:
        statement = super().create_sql(model, schema_editor, using, **kwargs)
        if schema_editor.connection.vendor == "postgresql":
            columns = ", ".join(f"{each} NULLS FIRST" for each in _columns(self, model, schema_editor))
            statement.template = f"CREATE INDEX %(name)s ON %(table)s ({columns})"
        return statement


def _columns(index: Index, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}  # noqa: SLF001  documented
    return [schema_editor.quote_name(columns[name]) for name in index.fields]
