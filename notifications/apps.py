"""The outbox: every message owed, its delivery and its state. It knows no other app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Mensajes")

    def ready(self) -> None:
        from anymail.signals import tracking  # noqa: PLC0415

        from notifications import (  # noqa: PLC0415  models exist only now
            backlog,
            beat_lease,
            clock,
            delivery,
            digest,
            figures,
            heartbeats,
            log_context,
            mail_reports,
            operations_samples,
            receipts,
            reported,
            sweep,
            web_errors,
        )

        log_context.connect()
        web_errors.connect()

        operations_samples.register()
        figures.register("processes", _("Procesos"), heartbeats.figures, order=10)
        figures.register("beat", _("Procesos"), beat_lease.figures, order=11)
        figures.register("clock", _("Reloj"), clock.figures, order=12)
        figures.register("web", _("Web"), web_errors.figures, order=15)
        figures.register("messages", _("Mensajes"), backlog.figures, order=20)
        digest.register("messages", _("Mensajes"), digest.messages, order=20)
        sweep.register("mensajes", delivery.sweep_messages)
        sweep.register("informes", receipts.sweep)
        receipts.register("mensajes", reported.LEDGER)
        tracking.connect(mail_reports.collect, dispatch_uid="notifications")
