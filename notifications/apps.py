"""The outbox: every message owed, its delivery and its state. It knows no other app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Mensajes")

    def ready(self) -> None:
        from notifications import delivery, sweep  # noqa: PLC0415  models exist only now

        sweep.register("mensajes", delivery.sweep_messages)
