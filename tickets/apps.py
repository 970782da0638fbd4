"""Requests to end services: request types, tickets, their documents, e-mails and history."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from tickets.numbering import start_numbers


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Solicitudes")

    def ready(self) -> None:
        from jobs import sweep  # noqa: PLC0415  models load first
        from notifications.reports import delivery_reports  # noqa: PLC0415  models load first
        from otp import entry_words  # noqa: PLC0415
        from tickets import antivirus, offer, public_code  # noqa: PLC0415
        from tickets.emails import confirmation_status, samples  # noqa: PLC0415

        samples.register()
        antivirus.register()
        offer.watch()
        entry_words.register(offer.entry_text)
        sweep.register("consultas", public_code.sweep, first=True)
        delivery_reports.on_failed("tickets", confirmation_status.notify_advisor)
        post_migrate.connect(start_numbers, sender=self, dispatch_uid="tickets.numbering")
