"""A demo works on an empty database or on one with its mark, never on any other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import DjangoDbBlocker

from demo.mark import NotADemo, claim
from fidelizacion.system_checks.demo_traces import MARK_TABLE
from tests.stack import database, engine_under_test

pytestmark = pytest.mark.loopback


@pytest.fixture
def empty(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """Create an empty database on the engine under test, separate from the suite's."""
    with django_db_blocker.unblock(), database(engine_under_test()) as url:
        name = url.rpartition("/")[2] or str(tmp_path / "otra.sqlite3")
        connections.settings["other"] = {**connections["default"].settings_dict, "NAME": name}
        connection = connections["other"]
        yield connection
        connection.close()
        del connections["other"], connections.settings["other"]


def run(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def tables(connection: BaseDatabaseWrapper) -> list[str]:
    return connection.introspection.table_names()


def digests(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name, digest FROM {MARK_TABLE}")  # noqa: S608  a constant
        return {(app, name): digest for app, name, digest in cursor.fetchall()}


@pytest.fixture
def migrated(empty: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A demo's database after the migrations up to notifications 0001, with one of its tables."""
    claim(empty)
    recorder = MigrationRecorder(empty)
    recorder.ensure_schema()
    for app, name in MigrationLoader(None).graph.forwards_plan(("notifications", "0001_initial")):
        recorder.record_applied(app, name)
    run(empty, "CREATE TABLE notifications_message (id integer PRIMARY KEY)")
    return empty


def test_an_empty_database_is_marked_before_it_is_migrated(empty: BaseDatabaseWrapper) -> None:
    claim(empty)
    assert tables(empty) == [MARK_TABLE]
    assert ("tickets", "0001_initial") in digests(empty)


def test_a_database_with_tables_and_no_mark_is_refused_and_left_as_it_is(empty: BaseDatabaseWrapper) -> None:
    run(empty, "CREATE TABLE clientes (id integer PRIMARY KEY)")
    with pytest.raises(NotADemo, match="tiene tablas y no la hizo una demostración: no se toca"):
        claim(empty)
    assert tables(empty) == ["clientes"]


def test_a_database_with_only_a_view_is_refused_too(empty: BaseDatabaseWrapper) -> None:
    run(empty, "CREATE VIEW clientes AS SELECT 1 AS id")
    with pytest.raises(NotADemo):
        claim(empty)


def test_the_refusal_shows_no_password(empty: BaseDatabaseWrapper) -> None:
    run(empty, "CREATE TABLE clientes (id integer PRIMARY KEY)")
    empty.settings_dict["PASSWORD"] = "secreta"
    with pytest.raises(NotADemo) as refused:
        claim(empty)
    assert "secreta" not in str(refused.value)


def test_a_marked_database_with_the_same_history_is_kept(migrated: BaseDatabaseWrapper) -> None:
    claim(migrated)
    assert "notifications_message" in tables(migrated)


@pytest.mark.parametrize(
    "rewritten",
    [
        "INSERT INTO django_migrations (app, name, applied) VALUES ('tickets', '0099_gone', CURRENT_TIMESTAMP)",
        # Applied without the migration that it depends on
        "INSERT INTO django_migrations (app, name, applied) VALUES ('tickets', '0001_initial', CURRENT_TIMESTAMP)",
        # The same name, and another content
        f"UPDATE {MARK_TABLE} SET digest = 'other' WHERE app = 'notifications'",  # noqa: S608
        f"DELETE FROM {MARK_TABLE}",  # noqa: S608
    ],
    ids=["unknown", "inconsistent", "rewritten", "not written down"],
)
def test_a_marked_database_with_another_history_is_emptied(
    migrated: BaseDatabaseWrapper, rewritten: str
) -> None:
    run(migrated, rewritten)
    claim(migrated)
    assert tables(migrated) == [MARK_TABLE]
    assert ("notifications", "0001_initial") in digests(migrated)


def test_a_new_migration_does_not_count_as_changed_history(migrated: BaseDatabaseWrapper) -> None:
    """After an upgrade the mark has no digest of the new migration, which has not run yet."""
    run(migrated, f"DELETE FROM {MARK_TABLE} WHERE app = 'tickets'")  # noqa: S608
    claim(migrated)
    assert "notifications_message" in tables(migrated)
    assert ("tickets", "0001_initial") in digests(migrated)
