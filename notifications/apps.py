"""The outbox: every message owed, its delivery and its state. It knows no other app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Mensajes")

    def ready(self) -> None:
        from anymail.signals import tracking  # noqa: PLC0415

        from notifications import delivery, mail_reports, receipts, reported, sweep  # noqa: PLC0415  models exist now

        sweep.register("mensajes", delivery.sweep_messages)
        sweep.register("informes", receipts.sweep)
        receipts.register("mensajes", reported.LEDGER)
        tracking.connect(mail_reports.collect, dispatch_uid="notifications")
