"""The e-mails about a ticket, one function for each (A15, A16, D6, F5).

Each docstring names the recipient and the content. Mails are queued in the outbox, in the
transaction of the event that they report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from companies import phones
from notifications import error_texts, local_time, outbox
from notifications.models import WITHHELD, Message
from tickets.models import Area, Attachment, AttachmentEvent, Ticket, TicketEvent
from tickets.references import message_reference

Context = dict[str, object]
CLIENT = "client"  # part of the confirmation's dedup key
# The ticket's attributes that the templates use
TICKET_FIELDS = (
    "number",
    "company_name",
    "effective_date",
    "email",
    "reason_text",
    "request_type_name",
    "requester_name",
)
LINES_SHOWN = 20  # in a mail
CONFIRMATION = "ticket_confirmation"  # also used to find undelivered confirmations


@dataclass(frozen=True)
class Fact:
    """A row of a mail's table; `lines` has several for documents and free text."""

    label: str
    lines: list[str]


def confirmation(ticket: Ticket, documents: Sequence[Attachment], *, held: bool = False) -> Message:
    """To the address on the form: the proof of the request, with all its content (A15, F5).

    Replies go to the advisor. With `held`, an advisor must check the address and release it (S4).
    """
    context, reply_to = confirmation_context(ticket, documents), _advisor_address(ticket)
    hold = _hold_reason() if held else ""
    return _enqueue(ticket, CLIENT, CONFIRMATION, context, to=ticket.email, reply_to=reply_to, hold=hold)


def withheld(ticket: Ticket) -> str:
    """Return the confirmation's state if it is held, or if an advisor dropped it; else ""."""
    confirmations = Message.objects.filter(
        dedup_key=f"{message_reference(ticket.number)}:{CLIENT}", state__in=WITHHELD
    )
    return confirmations.values_list("state", flat=True).first() or ""


def notice_to_registered_email(
    ticket: Ticket, documents: Sequence[Attachment], registered_email: str, *, held: bool = False
) -> Message | None:
    """To the registered address, if the form has another: a notice of the request (A15).

    A thief of the phone could give another address; the company learns of the request all the same.
    `held` says whether the confirmation to the other address waits for an advisor.
    """
    if not registered_email or registered_email.casefold() == ticket.email.casefold():
        return None
    to, reply_to = registered_email, _advisor_address(ticket)
    context = {**request_context(ticket, documents), "held": held}
    return _enqueue(ticket, "registered", "ticket_registered", context, to=to, reply_to=reply_to)


def registered_address(ticket: Ticket) -> str:
    """Return the address of the notice to the registered address; empty if none was sent."""
    sent = (
        Message.objects.filter(dedup_key=f"{message_reference(ticket.number)}:registered")
        .values_list("to", flat=True)
        .first()
    )
    return sent or ""


def advisor_notice(ticket: Ticket, documents: Sequence[Attachment], *, held: bool = False) -> Message:
    """To the company's advisor or queue: the request, warnings, a link to the desk, no file (A16).

    It has no Reply-To: a reply would quote to the customer what is meant for the advisor.
    """
    context = advisor_context(ticket, documents, held=held)
    return _enqueue(ticket, "advisor", "ticket_advisor", context, to=_advisor_address(ticket))


def area_notice(ticket: Ticket, documents: Sequence[Attachment], area: Area) -> Message:
    """To an area of the request type: what it has to check (D6). Replies go to the advisor."""
    context, reply_to = area_context(ticket, documents, area), _advisor_address(ticket)
    return _enqueue(ticket, f"area:{area.pk}", "ticket_area", context, to=area.email, reply_to=reply_to)


def status_changed(ticket: Ticket, event: TicketEvent) -> Message:
    """To the customer, if the advisor chooses to send it: the new status."""
    return _enqueue_for_customer(ticket, f"event:{event.pk}", "ticket_status", status_context(ticket, event))


def date_set(ticket: Ticket, event: TicketEvent) -> Message:
    """To the customer: the effective date that staff set because none could be computed."""
    return _enqueue_for_customer(ticket, f"event:{event.pk}", "ticket_date", date_context(ticket, event))


def infected_to_advisor(document: Attachment) -> Message:
    """To the advisor, once per document: it has a virus and cannot be downloaded (R3.18)."""
    ticket = document.ticket
    delivered = document.events.filter(what=AttachmentEvent.What.DELIVERED).order_by("actor")
    downloaded_by = list(delivered.values_list("actor", flat=True).distinct())
    context, key = infected_context(document, downloaded_by), f"infected:{document.pk}"
    return _enqueue(ticket, key, "ticket_infected_advisor", context, to=_advisor_address(ticket))


def infected_to_customer(document: Attachment) -> Message:
    """To the customer, once per document: it has a virus, and what to do."""
    context, key = infected_context(document), f"infected:{document.pk}:client"
    return _enqueue_for_customer(document.ticket, key, "ticket_infected", context)


def confirmation_undelivered(ticket: Ticket, failed: Message) -> Message:
    """To the advisor: the confirmation could not be delivered, why, and what to do (R4.09).

    Sent after each failed attempt, also of a copy that staff sent.
    """
    context, key = undelivered_context(ticket, failed), f"undelivered:{failed.pk}-{failed.actions.count()}"
    return _enqueue(ticket, key, "ticket_undelivered", context, to=_advisor_address(ticket))


def request_context(ticket: Ticket, documents: Sequence[Attachment]) -> Context:
    """Return the context of a mail that repeats the whole request, with the contact's data."""
    contact = [
        Fact(_("Nombres del solicitante"), [ticket.requester_name]),
        Fact(_("Correo electrónico"), [ticket.email]),
        Fact(_("Teléfono de contacto"), [phones.display(ticket.contact_phone)]),
    ]
    return _context(ticket, [*_request_facts(ticket, documents), *contact])


def confirmation_context(ticket: Ticket, documents: Sequence[Attachment]) -> Context:
    """Add to `request_context` what happens next, in the words of the request type."""
    words, phone = ticket.words, phones.display(ticket.contact_phone)
    return {
        **request_context(ticket, documents),
        "first": words.text("mail_first", number=ticket.number, type=ticket.request_type_name),
        "next_steps": words.lines("next_steps", phone=phone),
        "change_of_mind": words.text("change_of_mind_mail"),
    }


def _context(ticket: Ticket, facts: list[Fact]) -> Context:
    """Return the values that the templates of all ticket mails use."""
    return {
        "ticket": {name: getattr(ticket, name) for name in TICKET_FIELDS},
        "facts": facts,
        "terms": ticket.terms,
        "has_date": ticket.has_date,
        "date_step": ticket.words.text("date_step"),
        "contact_phone": phones.display(ticket.contact_phone),
        "portal_url": settings.PORTAL_BASE_URL + reverse("tickets:ticket", args=[ticket.number]),
        "objection_url": _objection_url(ticket),
    }


def advisor_context(ticket: Ticket, documents: Sequence[Attachment], *, held: bool = False) -> Context:
    warnings = _warnings(ticket, held=held)
    return {**request_context(ticket, documents), "desk_url": _desk_url(ticket), "warnings": warnings}


def area_context(ticket: Ticket, documents: Sequence[Attachment], area: Area) -> Context:
    """Return the context of an area's mail, without the contact's data, not needed there (F4)."""
    return {
        **_context(ticket, _request_facts(ticket, documents)),
        "area": {"name": area.name},
        "checks": area.checks.splitlines(),
        "desk_url": _desk_url(ticket),
    }


def status_context(ticket: Ticket, event: TicketEvent) -> Context:
    headline, sentence = _headline(event)
    facts = [
        Fact(_("Ticket n.º"), [str(ticket.number)]),
        Fact(_("Estado"), [event.get_to_status_display()]),
        Fact(_("Desde"), [local_time.sentence(event.at)]),
        *_customer(ticket),
        *_kind_facts(ticket),
    ]
    note = event.customer_note.splitlines()
    return {**_context(ticket, facts), "headline": headline, "sentence": sentence, "note": note}


def date_context(ticket: Ticket, event: TicketEvent) -> Context:
    facts = [
        Fact(_("Ticket n.º"), [str(ticket.number)]),
        *_customer(ticket),
        *_kind_facts(ticket),
    ]
    return {
        **_context(ticket, facts),
        "day": event.effective_date,
        "note": event.customer_note.splitlines(),
    }


def infected_context(document: Attachment, downloaded_by: Sequence[str] = ()) -> Context:
    """Return the context of the virus mails.

    `downloaded_by` names the staff who downloaded the document before a scan found the virus.
    """
    ticket = document.ticket
    facts = [
        Fact(_("Ticket n.º"), [str(ticket.number)]),
        *_customer(ticket),
        Fact(_("Documento"), [f"{document.original_name} ({filesizeformat(document.size)})"]),
        Fact(_("Virus, según el antivirus"), [document.signature]),
    ]
    return {
        **_context(ticket, facts),
        "document": {"original_name": document.original_name},
        "downloaded_by": downloaded_by,
        "desk_url": _desk_url(ticket),
    }


def undelivered_context(ticket: Ticket, failed: Message) -> Context:
    facts = [
        Fact(_("Ticket n.º"), [str(ticket.number)]),
        *_customer(ticket),
        Fact(_("No se pudo entregar en"), [failed.to]),
        Fact(_("Por qué"), [error_texts.describe(failed)]),
        Fact(_("Nombres del solicitante"), [ticket.requester_name]),
        Fact(_("Teléfono de contacto"), [phones.display(ticket.contact_phone)]),
    ]
    return {
        **_context(ticket, facts),
        "failed": {"to": failed.to, "state": failed.state},
        "desk_url": _desk_url(ticket),
    }


def _headline(event: TicketEvent) -> tuple[str, str]:
    """Return the change of status as words for the subject, and as a sentence."""
    status = Ticket.Status(event.to_status)
    if status == Ticket.Status.CLOSED:
        return _("su solicitud se cerró"), _(
            "Cerramos su solicitud. Si algo quedó pendiente, responda este correo."
        )
    if event.from_status == Ticket.Status.CLOSED:
        return _("reabrimos su solicitud"), _("Su solicitud está otra vez en manos de un asesor postventa.")
    if status == Ticket.Status.IN_PROGRESS:
        return _("su solicitud está en gestión"), _("Un asesor postventa está atendiendo su solicitud.")
    shown = event.get_to_status_display()
    return _("su solicitud cambió de estado"), _("Su solicitud está en estado «{status}».").format(
        status=shown
    )


def _hold_reason() -> str:
    return _(
        "Desde el mismo número se confirmaron muchas solicitudes en poco tiempo "
        "y esta dirección no es la registrada: revise que sea del cliente."
    )


def _enqueue_for_customer(ticket: Ticket, key: str, kind: str, context: Context) -> Message:
    """Queue a later mail to the customer; replies go to the advisor.

    It is held if the confirmation is held or was dropped (S4).
    """
    hold, reply_to = _hold_reason() if withheld(ticket) else "", _advisor_address(ticket)
    return _enqueue(ticket, key, kind, context, to=ticket.email, reply_to=reply_to, hold=hold)


def _enqueue(
    ticket: Ticket, key: str, kind: str, context: Context, *, to: str, reply_to: str = "", hold: str = ""
) -> Message:
    reference = message_reference(ticket.number)
    return outbox.enqueue_email(
        dedup_key=f"{reference}:{key}",
        subject_ref=reference,
        kind=kind,
        context=context,
        to=to,
        reply_to=reply_to,
        hold=hold,
    )


def _advisor_address(ticket: Ticket) -> str:
    company = ticket.company
    if company is None:  # the requester is a prospect or a third person
        return settings.POSTVENTA_EMAIL
    if company.advisor is not None and company.advisor.is_active and company.advisor.email:
        return company.advisor.email
    return company.queue_email or settings.POSTVENTA_EMAIL


def _objection_url(ticket: Ticket) -> str:
    """Return a `mailto:` link to the advisor, with the subject "I did not request this"."""
    subject = _("Ticket {number}: yo no pedí esta solicitud").format(number=ticket.number)
    query = urlencode({"subject": subject}, quote_via=quote)
    return f"mailto:{quote(_advisor_address(ticket), safe='@')}?{query}"


def _desk_url(ticket: Ticket) -> str:
    address: str = settings.PORTAL_BASE_URL
    return address + reverse("admin:tickets_ticket_change", args=[ticket.number])


def _request_facts(ticket: Ticket, documents: Sequence[Attachment]) -> list[Fact]:
    names = [f"{document.original_name} ({filesizeformat(document.size)})" for document in documents]
    return [
        Fact(_("Ticket n.º"), [str(ticket.number)]),
        *_customer(ticket),
        *([Fact(_("Cédula / RUC"), [ticket.company_tax_id])] if ticket.company_tax_id else []),
        *_kind_facts(ticket),
        *(Fact(answer["label"], answer["text"].splitlines()) for answer in ticket.mailed_answers),
        *_line_facts(ticket),
        Fact(ticket.words.text("details_label"), ticket.details.splitlines() or [_("Sin detalle")]),
        Fact(_("Documentos"), names or [_("Ninguno")]),
        Fact(_("Confirmada"), [local_time.sentence(ticket.registered_at)]),
    ]


def _customer(ticket: Ticket) -> list[Fact]:
    """Return the company's row; none for a requester who is not a customer (D7)."""
    return [Fact(_("Cliente"), [ticket.company_name])] if ticket.company_name else []


def _line_facts(ticket: Ticket) -> list[Fact]:
    """Return the row of the lines: the first 20 and the total. A list may have thousands."""
    lines = ticket.lines_in_mails
    if not lines:
        return []
    shown = [
        _("%(number)s, pasar a prepago") % {"number": number} if action == "prepaid" else number
        for number, action in lines[:LINES_SHOWN]
    ]
    if more := len(lines) - len(shown):
        text = ngettext("y %(count)s línea más, en el ticket", "y %(count)s líneas más, en el ticket", more)
        shown.append(text % {"count": more})
    return [Fact(_("Líneas (%(count)s)") % {"count": len(lines)}, shown)]


def _kind_facts(ticket: Ticket) -> list[Fact]:
    """Return the rows of the request type and, if it asks one, of the reason."""
    facts = [Fact(_("Tipo de requerimiento"), [ticket.request_type_name])]
    if ticket.reason_text:
        facts.append(Fact(_("Motivo"), [ticket.reason_text]))
    return facts


def _warnings(ticket: Ticket, *, held: bool) -> list[str]:
    """Return the points that the advisor should check; none of them stopped the request (P2)."""
    warnings = []
    if held:
        waits = _(
            "La confirmación para {email} espera: desde ese número se confirmaron muchas solicitudes "
            "en poco tiempo. Revise la dirección y envíela o descártela en el ticket."
        )
        warnings.append(waits.format(email=ticket.email))
    if ticket.company is not None and ticket.company.tax_id_doubtful:
        warnings.append(
            _("El dígito verificador de la cédula o RUC no coincide. Confirme el número con la empresa.")
        )
    administrator = ticket.administrator
    if administrator is not None and ticket.email.casefold() != administrator.email.casefold():
        warnings.append(
            _("El correo de la solicitud es distinto del registrado. También avisamos al registrado.")
        )
    if ticket.duplicate_of_id:
        repeated = _("Es igual al ticket n.º {number}: el cliente lo vio y la registró de todos modos.")
        warnings.append(repeated.format(number=ticket.duplicate_of_id))
    if ticket.has_date and not ticket.effective_terms:
        warnings.append(
            _("La empresa no tiene cuentas de facturación: no se pudo calcular la fecha efectiva.")
        )
    return warnings
