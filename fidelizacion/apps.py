"""The project package as an app: it brings the system checks and the `demo` command."""

from django.apps import AppConfig


class FidelizacionConfig(AppConfig):
    name = "fidelizacion"
    verbose_name = "Gestor de Fidelización"

    def ready(self) -> None:
        from fidelizacion import checks, mail_checks  # noqa: F401, PLC0415  registering is what the import is for
