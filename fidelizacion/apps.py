"""The project as a Django app, for its system checks, commands and template tags."""

from django.apps import AppConfig
from django.apps.registry import apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class FidelizacionConfig(AppConfig):
    name = "fidelizacion"
    verbose_name = "Gestor de Fidelización"

    def ready(self) -> None:
        from desk import groups  # noqa: PLC0415  these import models, which are not loaded before
        from fidelizacion.system_checks import checks, database_checks, demo_traces, mail_checks  # noqa: F401, PLC0415  importing registers the checks
        from operations import metrics  # noqa: PLC0415

        metrics.register("demo", _("Demostración"), demo_traces.metrics, on_demand=True, order=6)
        # Auth comes after our apps in INSTALLED_APPS, so all permissions exist once it is migrated
        post_migrate.connect(
            groups.create_missing, sender=apps.get_app_config("auth"), dispatch_uid="desk.groups"
        )
