"""The context of a ticket's page at the desk. A longer history takes no more queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies import phones
from desk.pages import rows_before
from desk.tickets import lines
from desk.tickets.messages import shown_messages
from notifications import error_texts
from tickets import workflow
from tickets.emails import confirmation_status, emails
from tickets.models import Attachment, Ticket

Status = Ticket.Status
COLOURS = {Status.NEW: "warning", Status.IN_PROGRESS: "info", Status.CLOSED: "success"}

# By `Attachment.shown_scan`: the text and the colour of its label
SCANS: dict[str, tuple[str | Promise, str]] = {
    "unscanned": (_("Sin antivirus"), "base"),
    Attachment.Scan.PENDING: (Attachment.Scan.PENDING.label, "info"),
    Attachment.Scan.CLEAN: (Attachment.Scan.CLEAN.label, "success"),
    Attachment.Scan.INFECTED: (Attachment.Scan.INFECTED.label, "danger"),
    Attachment.Scan.ERROR: (Attachment.Scan.ERROR.label, "warning"),
}


@dataclass(frozen=True)
class Step:
    """A change of status that the desk offers. If it needs a note, its button opens a form."""

    to: str
    label: str | Promise
    needs_note: bool


def step(status: str, to: str) -> Step | None:
    """Return the step between two statuses, or None if the workflow does not allow it."""
    if to not in workflow.allowed_from(status):
        return None
    if to == Status.CLOSED:
        return Step(to, _("Cerrar"), needs_note=True)
    if status == Status.CLOSED:
        return Step(to, _("Reabrir"), needs_note=True)
    return Step(to, _("Tomar"), needs_note=False)


def context(ticket: Ticket, user: User | AnonymousUser, address: Mapping[str, str]) -> dict[str, Any]:
    """Return the ticket, with the parts and actions that the user has permission for (R5.06).

    `address` holds the parameters of the query string, which say what part of a long history to
    show.
    """
    may = user.has_perm
    failed = confirmation_status.undelivered_among([ticket.number]).get(ticket.number)
    problem = (error_texts.describe(failed) or failed.get_state_display()) if failed else ""
    documents = [(each, *SCANS[each.shown_scan]) for each in ticket.documents]
    steps = [step(ticket.status, to) for to in workflow.allowed_from(ticket.status)]
    return {
        "ticket": ticket,
        "status_colour": COLOURS[Status(ticket.status)],
        "steps": [each for each in steps if each] if may("tickets.change_ticket") else [],
        "verified_phone": phones.display(ticket.verified_phone),
        "contact_phone": phones.display(ticket.contact_phone),
        "terms": ticket.terms,
        "lines": list(ticket.lines.all()),
        "shows_personal": lines.may_see_personal(user),
        "attachments": documents if may("tickets.view_attachment") else [],
        "events": rows_before(ticket.events.all(), address.get("historial"))
        if may("tickets.view_ticketevent")
        else None,
        "ticket_messages": shown_messages(ticket, user, address.get("mensajes")),
        "confirmation_problem": problem,
        "may_set_date": may("tickets.change_ticket") and workflow.may_set_date(ticket),
        "warnings": _warnings(ticket),
    }


def _warnings(ticket: Ticket) -> list[str]:
    """Return what the advisor must check before taking the ticket, as in the e-mail to them."""
    warnings: list[str] = []
    if ticket.company is not None and ticket.company.tax_id_doubtful:
        warnings.append(
            gettext(
                "El dígito verificador de la cédula o RUC no coincide. Confirme el número con la empresa."
            )
        )
    registered = emails.registered_address(ticket)
    if registered:
        text = gettext(
            "El correo de la solicitud, %(given)s, es distinto del registrado. Avisamos también a %(to)s."
        )
        warnings.append(text % {"given": ticket.email, "to": registered})
    return warnings
