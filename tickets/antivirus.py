"""Enqueue the scan of a ticket's documents, and report an infected one (R3.18)."""

from django.conf import settings
from django.utils.translation import gettext as _

from attachments import scanning
from jobs import enqueue
from tickets.emails import emails
from tickets.models import Attachment, Ticket, TicketEvent

SCAN_TASK = "tickets.tasks.scan_documents"


def register() -> None:
    """Register attachments with the scanner."""
    scanning.register(Attachment, on_infected=report_infected)


def enqueue_scan_on_commit(ticket: Ticket) -> None:
    """Enqueue the scan of a new ticket's documents on commit; the sweep scans those missed."""
    if settings.CLAMD is not None:
        enqueue.enqueue_on_commit(SCAN_TASK, ticket.pk)


def report_infected(document: Attachment) -> None:
    """Add a line to the ticket's history and queue the mails to the advisor and the customer.

    Called in the transaction that stores the scan's result, so that neither exists without the
    other (R4.01).
    """
    ticket = document.ticket
    note = _("El antivirus apartó el documento «{name}»: {signature}.")
    TicketEvent.objects.record(
        ticket,
        ticket.status,
        from_status=ticket.status,
        actor_name=_("Antivirus"),
        note=note.format(name=document.original_name, signature=document.signature),
    )
    emails.infected_to_advisor(document)
    emails.infected_to_customer(document)
