"""The project package as an app: it brings the system checks and the `demo` command."""

from django.apps import AppConfig
from django.apps.registry import apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class FidelizacionConfig(AppConfig):
    name = "fidelizacion"
    verbose_name = "Gestor de Fidelización"

    def ready(self) -> None:
        from desk import groups  # noqa: PLC0415  registering is what importing the checks is for
        from fidelizacion.system_checks import checks, database_checks, demo_traces, mail_checks  # noqa: F401, PLC0415  registering is what importing the checks is for
        from operations import metrics  # noqa: PLC0415

        metrics.register("demo", _("Demostración"), demo_traces.metrics, on_demand=True, order=6)
        # Auth comes after our apps in INSTALLED_APPS: all of our permissions are there when its
        # turn is over
        post_migrate.connect(
            groups.create_missing, sender=apps.get_app_config("auth"), dispatch_uid="desk.groups"
        )
