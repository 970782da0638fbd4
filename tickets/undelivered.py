"""A confirmation that did not arrive: the customer has no proof, and the advisor is told (R4.08, R4.09)."""

from notifications.models import Message
from tickets import mails
from tickets.models import Ticket


def tell_advisor(message: Message) -> None:
    """Called for each message that is given up, in that transaction. A ticket's advisor is told once."""
    number = message.subject_ref.removeprefix("ticket:")
    if message.kind != mails.CONFIRMATION or not number.isdecimal():
        return
    ticket = Ticket.objects.select_related("company__advisor").filter(pk=number).first()
    if ticket is not None:
        mails.proof_undelivered(ticket, message)
