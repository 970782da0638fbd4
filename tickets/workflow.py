"""The one door through which a ticket's status changes, with the history written as it does
(R5.08).
"""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from tickets.emails import emails
from tickets.models import Ticket, TicketEvent

Status = Ticket.Status
ALLOWED: dict[str, tuple[Status, ...]] = {
    Status.NEW: (Status.IN_PROGRESS, Status.CLOSED),
    Status.IN_PROGRESS: (Status.CLOSED,),
    Status.CLOSED: (Status.IN_PROGRESS,),  # reopened
}


class WorkflowError(Exception):
    """The change was not made; the message is for the advisor."""


class NotAllowed(WorkflowError):
    """No such step from the ticket's status."""


class Conflict(WorkflowError):
    """Somebody else changed the ticket since it was read."""


def allowed_from(status: str) -> tuple[Status, ...]:
    """The statuses a ticket may go to next."""
    return ALLOWED.get(status, ())


@dataclass(frozen=True)
class Notice:
    """The advisor chose to tell the customer, with a note of their own or without."""

    note: str = ""


def change_status(
    ticket: Ticket, to: str, actor: User, note: str = "", notice: Notice | None = None
) -> TicketEvent:
    """Take the ticket, as the caller read it, to its next status. Raises NotAllowed or Conflict,
    changing nothing.

    With a `notice` the customer is owed a mail about it, in the same transaction.
    """
    before = ticket.status
    if to not in allowed_from(before):
        raise NotAllowed(
            _("Una solicitud en estado «%(before)s» no puede pasar a «%(to)s».")
            % {"before": ticket.get_status_display(), "to": dict(Status.choices).get(to, to)}
        )
    with transaction.atomic():
        unchanged = Ticket.objects.filter(pk=ticket.pk, status=before, version=ticket.version)
        if not unchanged.update(status=to, version=ticket.version + 1):
            raise Conflict(_("Otra persona cambió esta solicitud. Vuelva a abrirla y revise su estado."))
        event = TicketEvent.objects.record(
            ticket,
            to,
            from_status=before,
            actor=actor,
            note=note,
            told_customer=notice is not None,
            customer_note=notice.note if notice else "",
        )
        if notice is not None:
            emails.status_changed(ticket, event)
    ticket.status, ticket.version = to, ticket.version + 1
    return event


def may_set_date(ticket: Ticket) -> bool:
    """Whether staff set the effective date: only where none could be computed, and while the ticket
    is open.
    """
    return not ticket.effective_terms and ticket.status != Status.CLOSED


def set_effective_date(ticket: Ticket, day: date, actor: User, note: str, notice: Notice) -> TicketEvent:
    """Set the date of the ticket as the caller read it, and enqueue the customer's mail in the same
    transaction.

    Raises NotAllowed or Conflict, changing nothing.
    """
    if not may_set_date(ticket):
        raise NotAllowed(_("La fecha efectiva de esta solicitud no se puede fijar."))
    with transaction.atomic():
        unchanged = Ticket.objects.filter(pk=ticket.pk, status=ticket.status, version=ticket.version)
        if not unchanged.update(effective_date=day, version=ticket.version + 1):
            raise Conflict(_("Otra persona cambió esta solicitud. Vuelva a abrirla y revísela."))
        ticket.effective_date, ticket.version = day, ticket.version + 1
        event = TicketEvent.objects.record(
            ticket,
            ticket.status,
            from_status=ticket.status,
            actor=actor,
            note=note,
            told_customer=True,
            customer_note=notice.note,
            effective_date=day,
        )
        emails.date_set(ticket, event)
    return event
