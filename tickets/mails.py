"""The mails of a ticket: one named function each, written to the outbox in its own transaction (A15, A16, F5)."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from companies import phones
from notifications import mail, outbox
from notifications.models import Message
from tickets.effective_date import GUAYAQUIL, Term
from tickets.models import Ticket


@dataclass(frozen=True)
class Fact:
    """One row of a mail's table; `lines` has more than one for documents and free text."""

    label: str
    lines: list[str]


def confirmation(ticket: Ticket) -> Message:
    """To the address given: the proof of the request, with all that it says (A15, F5)."""
    return _enqueue(ticket, "client", to=ticket.email, template="ticket_confirmation")


def notice_to_registered_email(ticket: Ticket, registered_email: str) -> Message | None:
    """To the registered address, where another was given: a stolen phone must not divert the proof (A15)."""
    if not registered_email or registered_email.casefold() == ticket.email.casefold():
        return None
    return _enqueue(ticket, "registered", to=registered_email, template="ticket_registered")


def advisor_notice(ticket: Ticket) -> Message:
    """To the company's advisor or queue: what came in, what to look at, and the way to it (A16). No file goes along."""
    desk = settings.PORTAL_BASE_URL + reverse("admin:tickets_ticket_change", args=[ticket.number])
    extra: dict[str, object] = {"desk_url": desk, "marks": _marks(ticket)}
    return _enqueue(ticket, "advisor", to=_advisor_address(ticket), template="ticket_advisor", extra=extra)


def _enqueue(ticket: Ticket, kind: str, *, to: str, template: str, extra: dict[str, object] | None = None) -> Message:
    terms = [Term.from_record(record) for record in ticket.effective_terms]
    parts = mail.render(
        template,
        {
            "ticket": ticket,
            "facts": _facts(ticket),
            "terms": terms,
            "contact_phone": phones.display(ticket.contact_phone),
            "portal_url": settings.PORTAL_BASE_URL + reverse("tickets:list"),
            **(extra or {}),
        },
    )
    reference = f"ticket:{ticket.number}"
    return outbox.enqueue_email(
        dedup_key=f"{reference}:{kind}",
        subject_ref=reference,
        to=to,
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
    )


def _advisor_address(ticket: Ticket) -> str:
    advisor = ticket.company.advisor
    if advisor is not None and advisor.is_active and advisor.email:
        return advisor.email
    return ticket.company.queue_email or settings.POSTVENTA_EMAIL


def _facts(ticket: Ticket) -> list[Fact]:
    documents = [f"{item.original_name} ({filesizeformat(item.size)})" for item in ticket.documents]
    return [
        Fact(_("Ticket n.º"), [str(ticket.number)]),
        Fact(_("Cliente"), [ticket.company_name]),
        Fact(_("Cédula / RUC"), [ticket.company_tax_id]),
        Fact(_("Tipo de requerimiento"), [ticket.request_type_name]),
        Fact(_("Motivo"), [ticket.reason_text]),
        Fact(_("Detalle de la solicitud"), ticket.details.splitlines() or [_("Sin detalle")]),
        Fact(_("Documentos"), documents or [_("Ninguno")]),
        Fact(_("Confirmada"), [_ecuador_time(ticket.confirmed_at)]),
        Fact(_("Nombres del solicitante"), [ticket.requester_name]),
        Fact(_("Correo electrónico"), [ticket.email]),
        Fact(_("Teléfono de contacto"), [phones.display(ticket.contact_phone)]),
    ]


def _marks(ticket: Ticket) -> list[str]:
    """What the advisor should look at; none of it held the customer up (design 7)."""
    marks = []
    if ticket.company.tax_id_doubtful:
        marks.append(_("El dígito verificador de la cédula o RUC no coincide. Confirme el número con la empresa."))
    if ticket.email.casefold() != ticket.administrator.email.casefold():
        marks.append(_("El correo de la solicitud es distinto del registrado. También avisamos al registrado."))
    if not ticket.effective_terms:
        marks.append(_("La empresa no tiene cuentas de facturación: no se pudo calcular la fecha efectiva."))
    return marks


def _ecuador_time(moment: datetime) -> str:
    local = date_format(moment.astimezone(GUAYAQUIL), r"j \d\e F \d\e Y, H:i")
    return _("{time} (hora de Ecuador)").format(time=local)
