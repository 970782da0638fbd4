"""The messages on a ticket's page at the desk, with the actions offered for each."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from desk.messages.actions import STATE_COLOURS, OfferedActions, offered_actions
from desk.pages import RowsBefore, rows_before
from notifications import error_texts, message_types
from notifications.models import CONTENT, Message, MessageAction
from tickets.emails import confirmation_status, emails
from tickets.models import Ticket
from tickets.references import message_reference


@dataclass(frozen=True)
class ShownMessage:
    """One message as the ticket's page shows it."""

    message: Message
    title: str
    colour: str
    explanation: str
    history: list[MessageAction]
    may: OfferedActions


def notice_result(ticket: Ticket) -> str:
    """Return the sentence about an e-mail to the customer that has just been queued or held."""
    if emails.withheld(ticket):
        text = gettext(
            "El aviso para %s espera, como la confirmación: revise la dirección y envíelo desde Mensajes."
        )
        return text % ticket.email
    return gettext("El aviso al cliente está en cola para %s.") % ticket.email


def shown_messages(ticket: Ticket, user: User | AnonymousUser, before: str | None) -> RowsBefore | None:
    """Return up to 50 messages of the ticket in two queries; None if the user may see none."""
    if not user.has_perm("notifications.view_message"):
        return None
    of_ticket = Message.objects.filter(subject_ref=message_reference(ticket.number))
    page = rows_before(of_ticket.defer(*CONTENT), before)
    histories: defaultdict[int, list[MessageAction]] = defaultdict(list)
    for action in MessageAction.objects.filter(message__in=page.rows):
        histories[action.message_id].append(action)
    shown = [
        ShownMessage(
            message=message,
            title=message_types.title(message),
            colour=STATE_COLOURS[Message.State(message.state)],
            explanation=error_texts.describe(message),
            history=histories[message.pk],
            may=offered_actions(user, message),
        )
        for message in page.rows
    ]
    return replace(page, rows=shown)


class ConfirmationFilter(admin.SimpleListFilter):
    """Filter by tickets whose customer did not get the confirmation (F5)."""

    title = _("confirmación al cliente")
    parameter_name = "confirmacion"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("No recibió la confirmación"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return (
            confirmation_status.tickets_without_confirmation(queryset) if self.value() == "no" else queryset
        )
