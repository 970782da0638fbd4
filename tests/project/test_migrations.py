"""The migration linter (tests/migrations.py) refuses migrations that break the previous release."""

import subprocess
import sys
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from tests import check
from tests.migrations import BASELINE, judge, problems

pytestmark = pytest.mark.thorough


def nullable(field: Any, **options: Any) -> "models.Field[Any, Any]":
    """Build a nullable field; the stubs' types of fields differ by whether they may be NULL."""
    built: models.Field[Any, Any] = field(null=True, **options)
    return built


FIELDS: list[tuple[str, "models.Field[Any, Any]"]] = [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("note", nullable(models.CharField, max_length=50)),
    ("sent", models.BooleanField(db_default=False)),
]
UNIQUE = models.UniqueConstraint(fields=["name"], name="unique_name")
NEW_TABLE = migrations.CreateModel("Letter", [("id", models.BigAutoField(primary_key=True))])


def add(field: "models.Field[Any, Any]", model: str = "message") -> Operation:
    return migrations.AddField(model, "added", field)


def alter(name: str, field: "models.Field[Any, Any]") -> Operation:
    return migrations.AlterField("message", name, field)


def judged(*operations: Operation, because: str = "") -> list[str]:
    migration = migrations.Migration("0002_next", "post")
    migration.operations = list(operations)  # type: ignore[misc]  # as Django's own autodetector does
    migration.compatible_because = because  # type: ignore[attr-defined]
    state = ProjectState()
    state.add_model(ModelState("post", "Message", [(name, field.clone()) for name, field in FIELDS]))
    return judge(migration, state)


BAD: dict[str, list[Operation]] = {
    # This happened once: while the upgrade ran, the old code's sign-ins ended in a 500
    "a column without a default in the database": [add(models.CharField(max_length=9, default=""))],
    "before one that has one": [
        add(models.CharField(max_length=9, default="")),
        migrations.AddField("message", "other", models.CharField(max_length=9, db_default="")),
    ],
    "a unique column whose default is given twice": [
        add(models.CharField(max_length=9, unique=True, db_default=""))
    ],
    "the same that may be NULL": [add(nullable(models.CharField, max_length=9, unique=True, db_default=""))],
    "a dropped column": [migrations.RemoveField("message", "note")],
    "a renamed column": [migrations.RenameField("message", "note", "remark")],
    "a column renamed by db_column": [
        alter("note", nullable(models.CharField, max_length=50, db_column="remark"))
    ],
    "a dropped table": [migrations.DeleteModel("Message")],
    "a renamed table": [migrations.RenameModel("Message", "Letter")],
    "a table renamed by db_table": [migrations.AlterModelTable("Message", "letters")],
    "NULL no longer taken": [alter("note", models.CharField(max_length=50))],
    "a default taken away": [alter("sent", models.BooleanField())],
    "another type": [alter("name", models.IntegerField())],
    "a narrower column": [alter("name", models.CharField(max_length=49))],
    "a column made unique": [alter("name", models.CharField(max_length=50, unique=True))],
    "a constraint": [migrations.AddConstraint("message", UNIQUE)],
    "a key to another table without a default": [
        NEW_TABLE,
        add(models.ForeignKey("post.Letter", on_delete=models.PROTECT)),
    ],
    "SQL of our own": [migrations.RunSQL("ALTER TABLE post_message DROP COLUMN note")],
    "hidden from the state": [
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("message", "note")])
    ],
}
GOOD: dict[str, list[Operation]] = {
    "a column with a default in the database": [add(models.CharField(max_length=9, db_default=""))],
    "a unique column that may be NULL": [add(nullable(models.CharField, max_length=9, unique=True))],
    "a column that may be NULL": [add(nullable(models.DateTimeField))],
    "another table with all it needs": [
        NEW_TABLE,
        add(models.CharField(max_length=9), "letter"),
        migrations.AddConstraint("letter", models.UniqueConstraint(fields=["added"], name="unique_added")),
    ],
    "many to many": [NEW_TABLE, add(models.ManyToManyField("post.Letter"))],
    "a wider column": [alter("name", models.CharField(max_length=60, verbose_name="nombre"))],
    "a column that may now be NULL": [alter("name", nullable(models.CharField, max_length=50))],
    "an index": [migrations.AddIndex("message", models.Index(fields=["name"], name="by_name"))],
    "a constraint less": [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.AddConstraint("message", UNIQUE)]),
        migrations.RemoveConstraint("message", "unique_name"),
    ],
    "data": [migrations.RunPython(migrations.RunPython.noop)],
    "dropped from the state only": [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("message", "note")])
    ],
}


@pytest.mark.parametrize("operations", BAD.values(), ids=BAD)
def test_a_migration_that_breaks_the_old_code_is_refused(operations: list[Operation]) -> None:
    assert len(judged(*operations)) == 1


@pytest.mark.parametrize("operations", GOOD.values(), ids=GOOD)
def test_a_migration_that_the_old_code_tolerates_passes(operations: list[Operation]) -> None:
    assert judged(*operations) == []


def test_a_later_release_may_drop_a_column_and_says_why() -> None:
    assert judged(*BAD["a dropped column"], because="nothing has used it since 1.3") == []


def test_every_migration_after_the_baseline_passes() -> None:
    assert problems() == []


def test_the_baseline_names_existing_migrations() -> None:
    """Rewriting the migrations from scratch requires a new baseline."""
    on_disk = MigrationLoader(None).disk_migrations
    assert [name for name in BASELINE.items() if name not in on_disk] == []


def test_make_check_runs_it() -> None:
    [command] = [command for name, command, _environment in check.CHECKS if name == "compatibles"]
    assert command[-1] == "tests.migrations"


ONE_MORE = """
import tests.migrations as linter
from django.db.migrations import Migration, RemoveField

class Loader(linter.MigrationLoader):
    def load_disk(self):
        super().load_disk()
        migration = Migration("0002_next", "notifications")
        migration.dependencies = [("notifications", "0001_initial")]
        migration.operations = [RemoveField("message", "kind")]
        self.disk_migrations["notifications", "0002_next"] = migration

linter.MigrationLoader = Loader
raise SystemExit(linter.main())
"""


def test_it_ends_with_an_error_and_one_line_for_each_problem() -> None:
    """Run it on the product's migrations and one more that drops a column."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_MORE], cwd=check.BASE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    [line] = done.stdout.splitlines()
    problem = "drops a column that old code reads and writes"
    assert line == f"notifications.0002_next: Remove field kind from message: {problem}"
