"""Create the groups of the desk, or reset each to the permissions of its role (R5.06)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils.translation import gettext as _

from desk import groups


class Command(BaseCommand):
    help = (
        "Crea los grupos del escritorio (Asesor, Supervisor, Auditor, Operaciones) y les da los permisos de su rol, "
        "ni más ni menos. Puede repetirse: úsela también tras actualizar el producto."
    )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        try:
            changes = groups.reset()
        except (OperationalError, InterfaceError, ProgrammingError, groups.PermissionsMissing):
            raise CommandError(
                _("La base de datos no responde, o le faltan migraciones: nada cambió.")
            ) from None
        for change in changes:
            self.stdout.write(f"{change.group:<12} {_describe(change)}")
        self.stdout.write(_("Listo: {count} grupos.").format(count=len(changes)))


def _describe(change: groups.GroupChange) -> str:
    if change.created:
        return _("creado con {count} permisos").format(count=change.added)
    if not (change.added or change.removed):
        return _("sin cambios")
    return _("{added} permisos agregados, {removed} quitados").format(
        added=change.added, removed=change.removed
    )
