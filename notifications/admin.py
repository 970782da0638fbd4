"""The outbox at the desk: what was sent to whom and what became of it, to read only (R5.07)."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from notifications.models import Message

STATE_COLOURS = {
    Message.State.QUEUED: "info",
    Message.State.SENDING: "info",
    Message.State.SENT: "success",
    Message.State.DELIVERED: "success",
    Message.State.FAILED: "danger",
    Message.State.DEAD: "danger",
}


@admin.register(Message)
class MessageAdmin(ModelAdmin):
    list_display = ["created_at", "channel", "to", "subject", "state_label", "attempts", "sent_at"]
    list_filter = ["state", "channel", "created_at"]
    list_per_page = 50
    paginator = InfinitePaginator
    show_full_result_count = False
    actions = None
    search_fields = ["to"]
    search_help_text = _("Destinatario o número de ticket")
    # The HTML part is left out: it says what the text says, and mail is no page of ours
    fieldsets = [
        (None, {"fields": ["channel", "to", "subject", "text"]}),
        (
            _("Envío"),
            {
                "fields": [
                    "state",
                    "attempts",
                    "created_at",
                    "next_at",
                    "sent_at",
                    "delivered_at",
                    "complained_at",
                    "last_error",
                    "provider_id",
                    "message_id",
                    "subject_ref",
                ]
            },
        ),
    ]

    @display(description=_("estado"), ordering="state", label=STATE_COLOURS)
    def state_label(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("html")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A ticket's number is the end of a subject reference; anything else is a recipient."""
        term = search_term.strip()
        number = term.removeprefix("#")
        if len(number) == 7 and number.isascii() and number.isdigit():
            return queryset.filter(subject_ref=f"ticket:{number}"), False
        return queryset.filter(Q(to__iexact=term) | Q(to__istartswith=term)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
