"""What a ticket's page at the desk shows: as many queries for a long history as for a short one."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies import phones
from desk.tickets import messages as admin_messages
from notifications import error_texts
from tickets import workflow
from tickets.emails import confirmation_status, emails
from tickets.models import Attachment, Ticket

Status = Ticket.Status
COLOURS = {Status.NEW: "warning", Status.IN_PROGRESS: "info", Status.CLOSED: "success"}

SCANS: dict[str, tuple[str | Promise, str]] = {
    "unscanned": (_("Sin antivirus"), "base"),
    Attachment.Scan.PENDING: (Attachment.Scan.PENDING.label, "info"),
    Attachment.Scan.CLEAN: (Attachment.Scan.CLEAN.label, "success"),
    Attachment.Scan.INFECTED: (Attachment.Scan.INFECTED.label, "danger"),
    Attachment.Scan.ERROR: (Attachment.Scan.ERROR.label, "warning"),
}


@dataclass(frozen=True)
class Step:
    """A change of status as the desk offers it. One that must be explained has a page of its own
    for the note.
    """

    to: str
    label: str | Promise
    needs_note: bool


def step(status: str, to: str) -> Step | None:
    """The step between two statuses; None where the workflow has none."""
    if to not in workflow.allowed_from(status):
        return None
    if to == Status.CLOSED:
        return Step(to, _("Cerrar"), needs_note=True)
    if status == Status.CLOSED:
        return Step(to, _("Reabrir"), needs_note=True)
    return Step(to, _("Tomar"), needs_note=False)


def context(ticket: Ticket, user: User | AnonymousUser) -> dict[str, Any]:
    """The ticket, and what this user may see of it and do with it."""
    may = user.has_perm
    steps = [step(ticket.status, to) for to in workflow.allowed_from(ticket.status)]
    return {
        "ticket": ticket,
        "status_colour": COLOURS[Status(ticket.status)],
        "steps": [found for found in steps if found] if may("tickets.change_ticket") else [],
        "verified_phone": phones.display(ticket.verified_phone),
        "contact_phone": phones.display(ticket.contact_phone),
        "terms": ticket.terms,
        "attachments": _documents(ticket) if may("tickets.view_attachment") else [],
        "events": list(ticket.events.all()) if may("tickets.view_ticketevent") else [],
        "mails": admin_messages.shown(ticket, user),
        "proof_problem": _proof_problem(ticket),
        "may_set_date": may("tickets.change_ticket") and workflow.may_set_date(ticket),
        "marks": _marks(ticket),
    }


def _documents(ticket: Ticket) -> list[tuple[Attachment, str | Promise, str]]:
    """Each document with what the antivirus says of it, in a word and a colour."""
    return [(document, *SCANS[document.shown_scan]) for document in ticket.documents]


def _marks(ticket: Ticket) -> list[str]:
    """What to look at before working the ticket, as in the mail to the advisor."""
    marks: list[str] = []
    if ticket.company.tax_id_doubtful:
        marks.append(
            gettext(
                "El dígito verificador de la cédula o RUC no coincide. Confirme el número con la empresa."
            )
        )
    registered = emails.registered_address(ticket)
    if registered:
        told = gettext(
            "El correo de la solicitud, %(given)s, es distinto del registrado. Avisamos también a %(to)s."
        )
        marks.append(told % {"given": ticket.email, "to": registered})
    return marks


def _proof_problem(ticket: Ticket) -> str:
    """What became of the customer's confirmation, where none arrived and none is on its way."""
    failed = confirmation_status.undelivered_among([ticket.number]).get(ticket.number)
    return (error_texts.describe(failed) or failed.get_state_display()) if failed else ""
