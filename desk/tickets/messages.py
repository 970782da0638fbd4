"""A ticket's messages at the desk: which, to whom, where each one is, and what can be done about
it.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from desk.messages.actions import STATE_COLOURS, may_resolve, may_review
from notifications import error_texts, message_types
from notifications.models import Message, MessageAction
from tickets.emails import confirmation_status, emails
from tickets.models import Ticket
from tickets.references import message_reference


@dataclass(frozen=True)
class Shown:
    """One message as the ticket's page shows it."""

    message: Message
    title: str
    colour: str
    explanation: str
    history: list[MessageAction]
    may_resend: bool
    may_redirect: bool
    may_resolve: bool
    may_review: bool


def notice_result(ticket: Ticket) -> str:
    """What became of the mail to the customer that staff have just asked for."""
    if emails.withheld(ticket):
        waits = gettext(
            "El aviso para %s espera, como la confirmación: revise la dirección y envíelo desde Mensajes."
        )
        return waits % ticket.email
    return gettext("El aviso al cliente está en cola para %s.") % ticket.email


def shown(ticket: Ticket, user: User | AnonymousUser) -> list[Shown]:
    """All of them, oldest first, with what this user may do; two queries however many there are."""
    if not user.has_perm("notifications.view_message"):
        return []
    resend, redirect = (user.has_perm(f"notifications.{each}_message") for each in ("resend", "redirect"))
    reference = message_reference(ticket.number)
    histories: defaultdict[int, list[MessageAction]] = defaultdict(list)
    for action in MessageAction.objects.filter(message__subject_ref=reference):
        histories[action.message_id].append(action)
    return [
        Shown(
            message=message,
            title=message_types.title(message),
            colour=STATE_COLOURS[Message.State(message.state)],
            explanation=error_texts.describe(message),
            history=histories[message.pk],
            may_resend=resend and message.state != Message.State.HELD,
            may_redirect=redirect and message.channel == Message.Channel.EMAIL,
            may_resolve=may_resolve(user, message),
            may_review=may_review(user, message),
        )
        for message in Message.objects.filter(subject_ref=reference).defer("text", "html").order_by("pk")
    ]


class ProofFilter(admin.SimpleListFilter):
    """Tickets whose customer has nothing in hand."""

    title = _("confirmación al cliente")
    parameter_name = "confirmacion"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("No recibió la confirmación"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return (
            confirmation_status.tickets_without_confirmation(queryset) if self.value() == "no" else queryset
        )
