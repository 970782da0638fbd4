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
    """For migrations, before the first TrigramIndex.

    The owner of a database may create it (PostgreSQL counts pg_trgm among its trusted extensions).
    It is not dropped backwards: others may use it, and SQLite knows no extensions.
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
            return Statement("SELECT 1")  # an index that the engine does not have
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
    """Finds any part of a text, without regard to case (`icontains`)."""

    method = "gin ({upper} gin_trgm_ops)"


class PrefixIndex(_UpperIndex):
    """Finds the beginning of a text, without regard to case (`istartswith`)."""

    method = "btree ({upper} text_pattern_ops)"


class NullsFirstIndex(Index):
    """An index whose rows without a value come first, as SQLite orders them by itself."""

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
