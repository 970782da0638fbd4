"""Changes of a ticket's status and effective date. No other code makes them (R5.08).

Each one adds a line to the history in the same transaction.
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
    """The change was not made; the text tells the advisor why."""


class NotAllowed(WorkflowError):
    """The ticket's status does not allow the change."""


class Conflict(WorkflowError):
    """Another user changed the ticket after it was read."""


def allowed_from(status: str) -> tuple[Status, ...]:
    """Return the statuses that can follow."""
    return ALLOWED.get(status, ())


@dataclass(frozen=True)
class Notice:
    """A mail to the customer about the change; `note` is the advisor's text, or empty."""

    note: str = ""


def change_status(
    ticket: Ticket, to: str, actor: User, note: str = "", notice: Notice | None = None
) -> TicketEvent:
    """Change the status of the ticket as the caller read it.

    With a `notice`, the customer's mail is queued in the same transaction. Raises NotAllowed or
    Conflict, and changes nothing then.
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
            customer_notified=notice is not None,
            customer_note=notice.note if notice else "",
        )
        if notice is not None:
            emails.status_changed(ticket, event)
    ticket.status, ticket.version = to, ticket.version + 1
    return event


def may_set_date(ticket: Ticket) -> bool:
    """Whether staff may set the effective date: the ticket is open, and none could be computed."""
    return ticket.has_date and not ticket.effective_terms and ticket.status != Status.CLOSED


def set_effective_date(ticket: Ticket, day: date, actor: User, note: str, notice: Notice) -> TicketEvent:
    """Set the effective date of the ticket as the caller read it.

    The customer's mail is queued in the same transaction. Raises NotAllowed or Conflict, and
    changes nothing then.
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
            customer_notified=True,
            customer_note=notice.note,
            effective_date=day,
        )
        emails.date_set(ticket, event)
    return event
