"""The record of staff sign-ins, which supervisors can search by username (R5.09)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from desk.read_only import AuditedEventAdmin
from staff.models import SignInEvent
from staff.names import keys_of

Kind = SignInEvent.Kind
COLOURS = {
    Kind.SIGNED_IN: "success",
    Kind.WRONG: "warning",
    Kind.LOCKED: "danger",
    Kind.REFUSED: "danger",
    Kind.SIGNED_OUT: "info",
    Kind.EXPIRED: "info",
}


@admin.register(SignInEvent)
class SignInEventAdmin(AuditedEventAdmin):
    list_display = ["moment", "kind_label", "name", "known_browser", "address"]
    list_filter = ["kind", "at"]
    fields = ["at", "kind", "name", "shown_user", "known_browser", "address", "request_id"]
    search_fields = ["name_hash"]
    search_help_text = _("Usuario completo")

    @display(description=_("qué"), ordering="kind", label=COLOURS)
    def kind_label(self, event: SignInEvent) -> tuple[str, str]:
        return event.kind, event.get_kind_display()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = queryset.filter(name_hash__in=keys_of(search_term))
        return queryset, False
