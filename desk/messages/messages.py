"""The outbox at the desk: each message, its recipient, its state and its errors (R5.07)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.urls import URLPattern
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from jinja2 import TemplateError
from unfold.decorators import display

from desk.lists import LargeListAdmin
from desk.messages.actions import STATE_COLOURS, StaffActionViews, offered_actions
from desk.messages.previews import Previews
from desk.messages.stuck import RetryAction, StuckFilter, ordering
from desk.read_only import ReadOnly
from notifications import error_texts, labels, local_time, message_types
from notifications.models import Message
from tickets.references import message_reference, parse_number


@admin.register(Message)
class MessageAdmin(StaffActionViews, Previews, RetryAction, ReadOnly, LargeListAdmin):
    list_display = ["created", "title", "to", "state_label", "problem", "attempts"]
    list_filter = [StuckFilter, "state", "channel", "created_at"]
    actions = ["retry"]
    change_form_outer_before_template = "desk/message_head.html"
    search_fields = ["to"]
    search_help_text = _("Destinatario o número de ticket")
    # The HTML part is left out: the text says the same, and an admin page must not show foreign
    # HTML
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

    @display(description=_("asunto"))
    def subject(self, message: Message) -> str:
        return _content(message, "subject")

    @display(description=_("texto"))
    def text(self, message: Message) -> str:
        return _content(message, "text")

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
        return super().get_queryset(request).defer("stored_html")

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return ordering(request)

    def get_urls(self) -> list[URLPattern]:
        return [*self.action_urls(), *self.preview_urls(), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Hide `next_at` for a message that will not be tried again."""
        queued = obj is None or obj.state == Message.State.QUEUED
        hidden = set() if queued else {"next_at"}
        fieldsets = super().get_fieldsets(request, obj)
        return [
            (title, {**options, "fields": [field for field in options["fields"] if field not in hidden]})
            for title, options in fieldsets
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show Django's read-only page, with the actions offered and the history above it."""
        message = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(message, Message):
            context["explanation"] = error_texts.describe(message)
            context["history"] = list(message.actions.all())
            context["may"] = offered_actions(request.user, message)
        return super().change_view(request, object_id, form_url, context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for the messages about a ticket, or to a recipient."""
        if number := parse_number(search_term):
            return queryset.filter(subject_ref=message_reference(number)), False
        return queryset.filter(to__istartswith=search_term.strip()), False


def _content(message: Message, part: str) -> str:
    """Return a part of the content, or a sentence if the templates cannot render the mail."""
    try:
        return str(getattr(message, part))
    except (TemplateError, TemplateDoesNotExist, ValueError, LookupError, TypeError):
        return gettext("No se puede mostrar: falta su plantilla, o tiene un error.")
