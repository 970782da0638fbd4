"""The outbox at the desk: what was sent to whom and what became of it, to read only (R5.07)."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from desk.lists import ModelAdmin
from desk.messages.actions import STATE_COLOURS, StaffActionViews, may_resolve, may_review
from desk.messages.previews import Previews
from desk.messages.stuck import Retrying, StuckFilter, ordering
from notifications import error_texts, labels, local_time, message_types
from notifications.models import Message
from tickets.references import message_reference, parse_number


@admin.register(Message)
class MessageAdmin(StaffActionViews, Previews, Retrying, ModelAdmin):
    list_display = ["created", "title", "to", "state_label", "problem", "attempts"]
    list_filter = [StuckFilter, "state", "channel", "created_at"]
    list_per_page = 50
    paginator = InfinitePaginator
    list_disable_select_all = True
    show_full_result_count = False
    actions = ["retry"]
    change_form_outer_before_template = "desk/message_head.html"
    search_fields = ["to"]
    search_help_text = _("Destinatario o número de ticket")
    # The HTML part is left out: it says what the text says, and mail is no page of ours
    fieldsets = [
        (None, {"fields": ["title", "channel", "to", "reply_to", "subject", "text"]}),
        (
            _("Envío"),
            {
                "fields": [
                    "state",
                    "attempts",
                    "created_at",
                    "tried_at",
                    "next_at",
                    "sent_at",
                    "delivered_at",
                    "complained_at",
                    "resolved_at",
                    "last_error",
                    "provider_id",
                    "message_id",
                    "about",
                ]
            },
        ),
    ]

    @display(description=_("mensaje"), ordering="kind")
    def title(self, message: Message) -> str:
        return message_types.title(message)

    @display(description=_("creado"), ordering="created_at")
    def created(self, message: Message) -> str:
        return local_time.short(message.created_at)

    @display(description=_("se refiere a"))
    def about(self, message: Message) -> str:
        return labels.subject_label(message)

    @display(description=_("qué pasó"), empty_value="—")
    def problem(self, message: Message) -> str | None:
        return error_texts.describe(message) or None

    @display(description=_("estado"), ordering="state", label=STATE_COLOURS)
    def state_label(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("html")

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return ordering(request)

    def get_urls(self) -> list[URLPattern]:
        return [*self.again_urls(), *self.preview_urls(), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Without a next try where there will be none."""
        waits = obj is None or obj.state == Message.State.QUEUED
        hidden = set() if waits else {"next_at"}
        shown = super().get_fieldsets(request, obj)
        return [
            (title, {**options, "fields": [field for field in options["fields"] if field not in hidden]})
            for title, options in shown
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's page to read, with what can be done about the message above it."""
        message = self.get_object(request, object_id)
        head = self._head(request, message) if isinstance(message, Message) else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **head})

    def _head(self, request: HttpRequest, message: Message) -> dict[str, Any]:
        email = message.channel == Message.Channel.EMAIL
        return {
            "explanation": error_texts.describe(message),
            "history": list(message.actions.all()),
            "may_review": may_review(request.user, message),
            "may_resend": message.state != Message.State.HELD
            and request.user.has_perm("notifications.resend_message"),
            "may_resolve": may_resolve(request.user, message),
            "may_redirect": email and request.user.has_perm("notifications.redirect_message"),
        }

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for the messages about a ticket, or to a recipient."""
        if number := parse_number(search_term):
            return queryset.filter(subject_ref=message_reference(number)), False
        term = search_term.strip()
        return queryset.filter(Q(to__iexact=term) | Q(to__istartswith=term)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
