"""What operations look at: the metrics of every package below, the daily digest and its sample mails."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = _("Operación")

    def ready(self) -> None:
        from operations import (  # noqa: PLC0415  models exist only now
            backlog,
            beat_lease,
            broker_figures,
            clock,
            code_figures,
            database_figures,
            digest,
            document_figures,
            figures,
            heartbeats,
            operations_samples,
            web_errors,
        )

        web_errors.connect()

        operations_samples.register()
        figures.register("database", _("Base de datos"), database_figures.figures, costly=True, order=0)
        figures.register("broker", _("Mensajería"), broker_figures.figures, costly=True, order=5)
        figures.register("processes", _("Procesos"), heartbeats.figures, order=10)
        figures.register("beat", _("Procesos"), beat_lease.figures, order=11)
        figures.register("clock", _("Reloj"), clock.figures, order=12)
        figures.register("web", _("Web"), web_errors.figures, order=15)
        figures.register("messages", _("Mensajes"), backlog.figures, order=20)
        figures.register("codes", _("Códigos y SMS"), code_figures.figures, order=30)
        figures.register("documents", _("Documentos"), document_figures.figures, order=40)
        digest.register("messages", _("Mensajes"), digest.messages, order=20)
        digest.register("codes", _("Códigos y SMS"), code_figures.of_day, order=30)
