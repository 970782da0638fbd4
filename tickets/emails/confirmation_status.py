"""Has the customer got the confirmation, the proof? The desk marks the tickets whose mail did not
arrive (F5).
"""

from collections.abc import Iterable

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast, Substr

from notifications.models import GIVEN_UP, Message
from tickets.emails import emails
from tickets.emails.emails import CONFIRMATION
from tickets.models import Ticket
from tickets.references import PREFIX, message_reference, number_of


def undelivered_confirmations() -> QuerySet[Message]:
    """Confirmations given up, of tickets that have none on its way, sent, or settled. A copy counts
    like the first.
    """
    given_up = Message.objects.filter(kind=CONFIRMATION, state__in=GIVEN_UP)
    all_of_it = Message.objects.filter(kind=CONFIRMATION, subject_ref=OuterRef("subject_ref"))
    other = all_of_it.exclude(state__in=GIVEN_UP, resolved_at=None)
    return given_up.filter(~Exists(other))


def tickets_without_confirmation(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Those whose customer did not get it."""
    number = Cast(Substr("subject_ref", len(PREFIX) + 1), BigIntegerField())
    return tickets.filter(
        pk__in=undelivered_confirmations().order_by().annotate(number=number).values("number")
    )


def undelivered_among(numbers: Iterable[int]) -> dict[int, Message]:
    """The last failed confirmation of each of these tickets that lacks one; one query for a page of
    them.
    """
    references = [message_reference(number) for number in numbers]
    found = (
        undelivered_confirmations().filter(subject_ref__in=references).defer("text", "html").order_by("pk")
    )
    return {number: message for message in found if (number := number_of(message.subject_ref))}


def notify_advisor(message: Message) -> None:
    """Tell the advisor that the customer has no confirmation (R4.08, R4.09).

    Called in the transaction that gives a message up. Ignores other messages, and confirmations
    of a ticket that has another one.
    """
    number = number_of(message.subject_ref)
    if message.kind != CONFIRMATION or number is None:
        return
    ticket = Ticket.objects.select_related("company__advisor").filter(pk=number).first()
    if ticket is not None and undelivered_among([ticket.number]):
        emails.proof_undelivered(ticket, message)
