"""The desk's list of downloads: who got, or was refused, which document (R3.17, R5.09)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from desk.read_only import AuditedEventAdmin
from tickets.models import AttachmentEvent
from tickets.references import parse_number

What = AttachmentEvent.What
COLOURS = {
    What.DELIVERED: "success",
    What.PENDING: "info",
    What.ERROR: "warning",
    What.INFECTED: "danger",
    What.FORBIDDEN: "danger",
    What.MISSING: "danger",
    What.RESCAN: "info",
}


@admin.register(AttachmentEvent)
class AttachmentEventAdmin(AuditedEventAdmin):
    list_display = ["moment", "what_label", "document", "ticket_number", "actor", "address"]
    list_filter = ["what", "at"]
    list_select_related = ["attachment"]
    fields = ["at", "what", "document", "ticket_number", "shown_user", "actor", "address", "request_id"]
    search_fields = ["attachment__ticket"]
    search_help_text = _("Número de ticket")

    @display(description=_("qué"), ordering="what", label=COLOURS)
    def what_label(self, event: AttachmentEvent) -> tuple[str, str]:
        return event.what, event.get_what_display()

    @display(description=_("documento"))
    def document(self, event: AttachmentEvent) -> str:
        return event.attachment.original_name

    @display(description=_("ticket n.º"))
    def ticket_number(self, event: AttachmentEvent) -> str:
        return str(event.attachment.ticket_id)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        number = parse_number(search_term)
        return (queryset.filter(attachment__ticket=number) if number else queryset.none()), False
