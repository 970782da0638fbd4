"""The demo works on a database that it made, and on no other. The mark says which one that is.

The mark is a table that is written before the first migration and holds a digest of each of the
product's migrations. Where a digest differs from that of an applied migration, the database cannot
be migrated, so the demo makes it anew.
"""

import hashlib
import sys
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.loader import MigrationLoader

from fidelizacion.system_checks.demo_traces import MARK_TABLE

Name = tuple[str, str]  # app and migration


class NotADemo(Exception):
    """The database has tables and no mark: it may be anybody's. The message says what to do."""


def claim(connection: BaseDatabaseWrapper) -> None:
    """Mark an empty database, empty one with another history, accept a marked one. Raises NotADemo
    for any other.
    """
    tables = connection.introspection.table_names(include_views=True)
    if MARK_TABLE not in tables:
        if tables:
            raise NotADemo(
                f"La base «{_name(connection)}» tiene tablas y no la hizo una demostración: no se toca. "
                "Si es de una demostración anterior, borre su carpeta en var/demo."
            )
        _mark(connection)
    elif _has_another_history(connection):
        _empty(connection)
    else:
        with transaction.atomic(using=connection.alias):
            _write_digests(connection)


def _name(connection: BaseDatabaseWrapper) -> str:
    """Enough to know it by; its address may hold a password."""
    return Path(str(connection.settings_dict["NAME"])).name


def _mark(connection: BaseDatabaseWrapper) -> None:
    """In one transaction: whatever ends this process, the database is empty or marked, and never
    half of it.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {MARK_TABLE} (app varchar(255) NOT NULL, name varchar(255) NOT NULL, "
            "digest varchar(64) NOT NULL, PRIMARY KEY (app, name))"
        )
        _write_digests(connection)


def _write_digests(connection: BaseDatabaseWrapper) -> None:
    """Before migrating: a migration that is interrupted is then
    judged by what it was when it ran.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {MARK_TABLE}")  # noqa: S608  a constant
        rows = [(*name, _digest(migration)) for name, migration in _on_disk().items()]
        cursor.executemany(f"INSERT INTO {MARK_TABLE} (app, name, digest) VALUES (%s, %s, %s)", rows)  # noqa: S608


def _has_another_history(connection: BaseDatabaseWrapper) -> bool:
    loader = MigrationLoader(connection)
    try:
        loader.check_consistent_history(connection)
    except InconsistentMigrationHistory:
        return True
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name, digest FROM {MARK_TABLE}")  # noqa: S608
        written = {(app, name): digest for app, name, digest in cursor.fetchall()}
    known, ours = set(loader.disk_migrations), _on_disk()
    applied = set(loader.applied_migrations)
    return bool(applied - known) or any(
        written.get(name) != _digest(ours[name]) for name in applied & ours.keys()
    )


def _on_disk() -> dict[Name, Migration]:
    """Our own migrations: Django's and other libraries' keep their history."""
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    migrations = MigrationLoader(None).disk_migrations
    return {name: migration for name, migration in migrations.items() if name[0] in ours}


def _digest(migration: Migration) -> str:
    source = Path(str(sys.modules[migration.__module__].__file__))
    return hashlib.sha256(source.read_bytes()).hexdigest()


def _empty(connection: BaseDatabaseWrapper) -> None:
    """Drop all there is and mark it anew, in one transaction."""
    with connection.schema_editor() as editor:
        for table in connection.introspection.table_names():
            editor.execute(editor.sql_delete_table % {"table": editor.quote_name(table)})
        _mark(connection)
