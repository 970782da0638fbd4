"""The app's configuration: registers the metrics, the digest's sections and the sample mails."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = _("Operación")

    def ready(self) -> None:
        from operations import beat_lease, clock, digest, heartbeats, metrics, operations_samples, web_errors  # noqa: PLC0415  these import models, which are not loaded before
        from operations.sources import (  # noqa: PLC0415
            broker_metrics,
            code_metrics,
            database_metrics,
            document_metrics,
            queue_metrics,
        )

        web_errors.connect()
        operations_samples.register()
        metrics.register("database", _("Base de datos"), database_metrics.metrics, on_demand=True, order=0)
        metrics.register("broker", _("Mensajería"), broker_metrics.metrics, on_demand=True, order=5)
        metrics.register("processes", _("Procesos"), heartbeats.metrics, order=10)
        metrics.register("beat", _("Procesos"), beat_lease.metrics, order=11)
        metrics.register("clock", _("Reloj"), clock.metrics, order=12)
        metrics.register("web", _("Web"), web_errors.metrics, order=15)
        metrics.register("messages", _("Mensajes"), queue_metrics.metrics, order=20)
        metrics.register("codes", _("Códigos y SMS"), code_metrics.metrics, order=30)
        metrics.register("documents", _("Documentos"), document_metrics.metrics, order=40)
        digest.register("messages", _("Mensajes"), digest.messages, order=20)
        digest.register("codes", _("Códigos y SMS"), code_metrics.of_day, order=30)
