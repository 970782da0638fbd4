"""Who had which document and who was refused it, at the desk: to read only (R3.17, R5.09)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from desk.setup.verification import ReadOnlyAdmin
from notifications import local_time
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


class AttachmentEventAdmin(ReadOnlyAdmin):
    list_display = ["moment", "what_label", "document", "ticket_number", "actor", "address"]
    list_filter = ["what", "at"]
    list_select_related = ["attachment"]
    actions = None
    fields = ["at", "what", "document", "ticket_number", "shown_user", "actor", "address", "request_id"]
    search_fields = ["attachment__ticket"]
    search_help_text = _("Número de ticket")

    @display(description=_("cuándo"), ordering="at")
    def moment(self, event: AttachmentEvent) -> str:
        return local_time.short(event.at)

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
