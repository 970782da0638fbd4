"""The outbox: messages to send, their delivery and state. It knows no app that queues messages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Mensajes")

    def ready(self) -> None:
        from anymail.signals import tracking  # noqa: PLC0415

        from jobs import log_context, sweep  # noqa: PLC0415  models exist only now
        from notifications.reports import delivery_reports, mail_reports, report_handler  # noqa: PLC0415  models exist only now
        from notifications.sending import delivery  # noqa: PLC0415  models exist only now

        log_context.connect()
        sweep.register("mensajes", delivery.sweep_messages)
        sweep.register("informes", delivery_reports.sweep)
        delivery_reports.register("mensajes", report_handler.HANDLER)
        tracking.connect(mail_reports.collect, dispatch_uid="notifications")
