"""Metrics of the database: its answer time and pending migrations. Only `check_ops` reads them."""

import time
from collections.abc import Iterator

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from operations.metrics import Level, Metric


def metrics() -> Iterator[Metric]:
    """Time one SELECT and count the pending migrations. Raises DatabaseError."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    seconds = time.monotonic() - started
    yield Metric(
        "database_answer_seconds",
        _("Base de datos"),
        seconds,
        _("responde en {ms} ms").format(ms=int(seconds * 1000)),
    )
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    yield Metric(
        "migrations_pending",
        _("Migraciones pendientes"),
        pending,
        str(pending),
        Level.CRITICAL if pending else Level.FINE,
        _("Ejecute: manage.py migrate") if pending else "",
    )
