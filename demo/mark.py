"""Marks the demo's database, so that the demo never changes another one.

The mark is a table that the demo creates before the first migration. It holds a digest of each of
the product's migrations. If an applied migration has changed since, the database cannot be
migrated, so the demo empties it and starts again.
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

MigrationKey = tuple[str, str]  # app and migration


class NotADemo(Exception):
    """The database has tables but no mark, so no demo created it. The message says what to do."""


def claim(connection: BaseDatabaseWrapper) -> None:
    """Mark an empty database; accept a marked one, emptied first if its migrations have changed.

    Raises NotADemo for any other database.
    """
    tables = connection.introspection.table_names(include_views=True)
    if MARK_TABLE not in tables:
        if tables:
            name = Path(str(connection.settings_dict["NAME"])).name  # the URL may hold a password
            raise NotADemo(
                f"La base «{name}» tiene tablas y no la hizo una demostración: no se toca. "
                "Si es de una demostración anterior, borre su carpeta en var/demo."
            )
        _mark(connection)
    elif _migrations_changed(connection):
        with connection.schema_editor() as editor:  # one transaction, with the new mark
            for table in connection.introspection.table_names():
                editor.execute(editor.sql_delete_table % {"table": editor.quote_name(table)})
            _mark(connection)
    else:
        with transaction.atomic(using=connection.alias):
            _write_digests(connection)


def _mark(connection: BaseDatabaseWrapper) -> None:
    """Create the mark in one transaction: a killed process leaves it whole or absent."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {MARK_TABLE} (app varchar(255) NOT NULL, name varchar(255) NOT NULL, "
            "digest varchar(64) NOT NULL, PRIMARY KEY (app, name))"
        )
        _write_digests(connection)


def _write_digests(connection: BaseDatabaseWrapper) -> None:
    """Store the digests before migrating, so that an interrupted migration has its digest too."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {MARK_TABLE}")  # noqa: S608  a constant
        rows = [(*key, _digest(migration)) for key, migration in _own_migrations().items()]
        cursor.executemany(f"INSERT INTO {MARK_TABLE} (app, name, digest) VALUES (%s, %s, %s)", rows)  # noqa: S608


def _migrations_changed(connection: BaseDatabaseWrapper) -> bool:
    """Return whether an applied migration is unknown, inconsistent, or changed since the mark."""
    loader = MigrationLoader(connection)
    try:
        loader.check_consistent_history(connection)
    except InconsistentMigrationHistory:
        return True
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name, digest FROM {MARK_TABLE}")  # noqa: S608
        stored = {(app, name): digest for app, name, digest in cursor.fetchall()}
    known, ours = set(loader.disk_migrations), _own_migrations()
    applied = set(loader.applied_migrations)
    return bool(applied - known) or any(
        stored.get(key) != _digest(ours[key]) for key in applied & ours.keys()
    )


def _own_migrations() -> dict[MigrationKey, Migration]:
    """Return the product's migrations; those of Django and other libraries never change."""
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    migrations = MigrationLoader(None).disk_migrations
    return {key: migration for key, migration in migrations.items() if key[0] in ours}


def _digest(migration: Migration) -> str:
    source = Path(str(sys.modules[migration.__module__].__file__))
    return hashlib.sha256(source.read_bytes()).hexdigest()
