"""A confirmation that did not arrive: the customer has no proof, and the advisor is told (R4.08,
R4.09).
"""

from notifications.models import Message
from tickets.emails import confirmation_status, emails
from tickets.models import Ticket
from tickets.references import number_of


def tell_advisor(message: Message) -> None:
    """Called for each message that is given up, in that transaction. Of a customer who has another,
    nobody is told.
    """
    number = number_of(message.subject_ref)
    if message.kind != emails.CONFIRMATION or number is None:
        return
    ticket = Ticket.objects.select_related("company__advisor").filter(pk=number).first()
    if ticket is not None and confirmation_status.undelivered_among([ticket.number]):
        emails.proof_undelivered(ticket, message)
