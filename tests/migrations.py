"""Migration linter: reports migrations that the previous release's code cannot run on.

The old code runs on the new schema during an upgrade, and after a rollback of the code. It does not
write columns that it does not know, and it reads and writes those that it knows. So a migration may
only add. A later release drops what is unused, with a migration that says why that is safe:
`compatible_because = "nothing has used it since 1.3"`.

docs/decisions.md says why this is not django-migration-linter.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Field

# For each app, the newest migration that every release to upgrade from already has; only later ones
# are linted. Before the first release it changes when the migrations are regenerated, and after it
# only when upgrades from an old release are no longer supported.
BASELINE = {
    "attachments": "0001_initial",
    "companies": "0001_initial",
    "demo": "0001_initial",
    "notifications": "0001_initial",
    "operations": "0001_initial",
    "otp": "0001_initial",
    "staff": "0001_initial",
    "tickets": "0001_initial",
}
HARMLESS = (
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    operations.RunPython,
)
DROPS: dict[type[Operation], str] = {
    operations.RemoveField: "drops a column that old code reads and writes",
    operations.RenameField: "renames a column: add the new one, and drop the old one in a later release",
    operations.DeleteModel: "drops a table that old code reads and writes",
    operations.RenameModel: "renames a table: add the new one, and drop the old one in a later release",
    operations.AlterModelTable: "renames a table: add the new one, and drop the old one in a later release",
    operations.AddConstraint: "constrains a table that old code writes, and knows nothing of the constraint",
    operations.AlterUniqueTogether: "constrains a table that old code writes, and knows nothing of the constraint",
}
NO_DEFAULT = (
    "adds a NOT NULL column without db_default: old code does not write it, and each of its inserts fails"
)
NOT_TWICE = "adds a unique column: old code does not write it, and its second insert repeats the default"
UNREADABLE = "does something that the linter cannot judge"


def problems() -> list[str]:
    """Return the problems of the migrations after the baseline, one line each."""
    loader = MigrationLoader(None)
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    found: list[str] = []
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in ours and name > BASELINE.get(app, ""):
            before = loader.project_state((app, name), at_end=False)
            found += [f"{app}.{name}: {problem}" for problem in judge(migration, before)]
    return found


def judge(migration: Migration, state: ProjectState) -> list[str]:
    """Return what the old code cannot run on. `state` is the schema before the migration, and is
    changed to the schema after it.
    """
    new: set[str] = set()
    found = [
        problem
        for operation in migration.operations
        for problem in _judge(operation, migration.app_label, state, new)
    ]
    return [] if getattr(migration, "compatible_because", "") else found


def _judge(operation: Operation, app: str, state: ProjectState, new: set[str]) -> Iterator[str]:
    """Yield the problem of one operation. `new` holds the models that this migration creates, which
    the old code does not use.
    """
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _judge(inner, app, state.clone(), new)
    elif isinstance(operation, operations.CreateModel):
        new.add(operation.name_lower)
    elif not isinstance(operation, HARMLESS) and _model(operation) not in new:
        problem = _problem(operation, app, state)
        if problem:
            yield f"{operation.describe()}: {problem}"
    operation.state_forwards(app, state)


def _model(operation: Operation) -> str:
    return str(getattr(operation, "model_name_lower", getattr(operation, "name_lower", "")))


def _problem(operation: Operation, app: str, state: ProjectState) -> str:
    if isinstance(operation, operations.AddField):
        if _has_to_be_written(operation.field):
            return NO_DEFAULT
        return NOT_TWICE if operation.field.unique and operation.field.has_db_default() else ""
    if isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        return _altered(before, operation.field)
    return DROPS.get(type(operation), UNREADABLE)


def _has_to_be_written(field: "Field[Any, Any]") -> bool:
    return not (field.null or field.many_to_many or field.generated or field.has_db_default())


def _altered(before: "Field[Any, Any]", after: "Field[Any, Any]") -> str:
    """Return the problem of a changed column, or an empty string. The new column must accept every
    value that the old code writes, and its absence where the old code may leave it out.
    """
    if before.db_column != after.db_column:
        return DROPS[operations.RenameField]
    if _has_to_be_written(after) and not _has_to_be_written(before):
        return "makes a column NOT NULL, or removes its db_default: old code may leave it out"
    if type(before) is not type(after) or before.related_model != after.related_model:
        return "changes the type of a column that old code reads and writes"
    if after.unique and not before.unique:
        return DROPS[operations.AddConstraint]
    for limit in ("max_length", "max_digits", "decimal_places"):
        old, now = getattr(before, limit, None), getattr(after, limit, None)
        if now is not None and (old is None or now < old):
            return "makes a column narrower than what old code writes"
    return ""


def main() -> int:
    """Print the problems of all migrations. Return 1 if it found any, otherwise 0."""
    django.setup()
    found = problems()
    sys.stdout.write("".join(f"{problem}\n" for problem in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
