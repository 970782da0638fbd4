"""Undelivered confirmations: the desk marks their tickets, and a mail notifies the advisor (F5)."""

from collections.abc import Iterable

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast, Substr

from notifications.models import CONTENT, GIVEN_UP, Message
from tickets.emails import emails
from tickets.emails.emails import CONFIRMATION
from tickets.models import Ticket
from tickets.references import PREFIX, message_reference, number_of


def undelivered_confirmations() -> QuerySet[Message]:
    """Return the failed confirmations of tickets without a pending, sent or resolved one.

    A copy that staff sent counts like the first confirmation.
    """
    given_up = Message.objects.filter(kind=CONFIRMATION, state__in=GIVEN_UP)
    of_ticket = Message.objects.filter(kind=CONFIRMATION, subject_ref=OuterRef("subject_ref"))
    other = of_ticket.exclude(state__in=GIVEN_UP, resolved_at=None)
    return given_up.filter(~Exists(other))


def tickets_without_confirmation(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Return the tickets whose customer got no confirmation."""
    number = Cast(Substr("subject_ref", len(PREFIX) + 1), BigIntegerField())
    return tickets.filter(
        pk__in=undelivered_confirmations().order_by().annotate(number=number).values("number")
    )


def undelivered_among(numbers: Iterable[int]) -> dict[int, Message]:
    """Map each ticket without a confirmation to its last failed one, in one query."""
    references = [message_reference(number) for number in numbers]
    found = undelivered_confirmations().filter(subject_ref__in=references).defer(*CONTENT).order_by("pk")
    return {number: message for message in found if (number := number_of(message.subject_ref))}


def notify_advisor(message: Message) -> None:
    """Queue a mail to the advisor: the customer has no confirmation (R4.08, R4.09).

    Called in the transaction that marks a message as failed. Does nothing for messages of other
    kinds, or if the ticket has another confirmation.
    """
    number = number_of(message.subject_ref)
    if message.kind != CONFIRMATION or number is None:
        return
    ticket = Ticket.objects.select_related("company__advisor").filter(pk=number).first()
    if ticket is not None and undelivered_among([ticket.number]):
        emails.confirmation_undelivered(ticket, message)
