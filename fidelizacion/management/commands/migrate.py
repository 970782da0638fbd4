"""Django's `migrate`, with the system checks of the database (database_checks.py) run first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.checks import Tags
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import InterfaceError, OperationalError, connections
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.utils.translation import gettext as _

from jobs import query_limits


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Report missing permissions in one line; a migration that fails keeps its traceback."""
        try:
            with self._without_timeout(options["database"]):
                super().handle(*args, **options)
        except MigrationSchemaMissing as error:
            message = _("El usuario de la base no puede crear tablas en ella: {reason}").format(reason=error)
            raise CommandError(" ".join(message.split())) from None

    def check(self, *args: Any, **kwargs: Any) -> None:
        """Run the database's checks first: some of Django's checks need a database that answers."""
        super().check(tags=[Tags.database], databases=kwargs["databases"])
        for alias in kwargs["databases"]:
            self._connect(alias)
        super().check(*args, **kwargs)

    @staticmethod
    @contextmanager
    def _without_timeout(alias: str) -> Iterator[None]:
        """Lift the query limits: indexing a large table takes longer than the product's queries."""
        on_server = connections[alias].vendor == "postgresql"
        if on_server:
            with connections[alias].cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
        with query_limits.unlimited():
            yield
        if on_server:
            with connections[alias].cursor() as cursor:
                cursor.execute("RESET statement_timeout")

    @staticmethod
    def _connect(alias: str) -> None:
        try:
            connections[alias].ensure_connection()
        except (OperationalError, InterfaceError) as error:
            reason = str(error).partition("\n")[0]  # the first line never holds the password
            raise CommandError(_("La base de datos no responde: {reason}").format(reason=reason)) from None
