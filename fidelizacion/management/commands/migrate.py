"""Django's `migrate`, which first asks whether this is a database to work on (database_checks.py)."""

from typing import Any

from django.core.checks import Tags
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import InterfaceError, OperationalError, connections
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.utils.translation import gettext as _


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Say in one line what an operator can mend; a migration that fails keeps its traceback."""
        try:
            super().handle(*args, **options)
        except MigrationSchemaMissing as error:
            said = _("El usuario de la base no puede crear tablas en ella: {reason}").format(reason=error)
            raise CommandError(" ".join(said.split())) from None

    def check(self, *args: Any, **kwargs: Any) -> None:
        """Ask this alone and first: some of Django's own checks need a database that answers."""
        super().check(tags=[Tags.database], databases=kwargs["databases"])
        for alias in kwargs["databases"]:
            self._connect(alias)
        super().check(*args, **kwargs)

    @staticmethod
    def _connect(alias: str) -> None:
        try:
            connections[alias].ensure_connection()
        except (OperationalError, InterfaceError) as error:
            reason = str(error).partition("\n")[0]  # never the password
            raise CommandError(_("La base de datos no responde: {reason}").format(reason=reason)) from None
