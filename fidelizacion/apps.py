"""The project package as an app: it brings the system checks and the `demo` command."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FidelizacionConfig(AppConfig):
    name = "fidelizacion"
    verbose_name = "Gestor de Fidelización"

    def ready(self) -> None:
        from fidelizacion import broker, checks, database, mail_checks  # noqa: F401, PLC0415  registering is what the import is for
        from notifications import figures  # noqa: PLC0415

        figures.register("database", _("Base de datos"), database.figures, costly=True, order=0)
        figures.register("broker", _("Mensajería"), broker.figures, costly=True, order=5)
