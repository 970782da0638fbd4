"""Sample data for the desk's preview of ticket e-mails, without reading or writing the database."""

from datetime import UTC, date, datetime
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.models import Administrator, BillingAccount, Company
from notifications import message_types
from notifications.models import Message
from tickets import public_code
from tickets.effective_date import Calendar, Rule, RuleKind, dates_for
from tickets.emails import emails
from tickets.models import Area, Attachment, Ticket, TicketEvent

CONFIRMED = datetime(2026, 11, 30, 20, 15, tzinfo=UTC)
NOTICE_DATE = date(2026, 11, 30)
DOCUMENTS = [
    Attachment(original_name="lineas.xlsx", size=48_213),
    Attachment(original_name="carta de autorización.pdf", size=1_887_437),
]


def register() -> None:
    """Register the e-mails of tickets and their samples. Called once at start-up."""
    add = message_types.register_mail
    add(
        emails.CONFIRMATION,
        gettext_lazy("Confirmación al cliente"),
        lambda: emails.confirmation_context(a_ticket(), DOCUMENTS),
    )
    add(
        "ticket_registered",
        gettext_lazy("Aviso al correo registrado"),
        lambda: {**emails.request_context(a_ticket(), DOCUMENTS), "held": False},
    )
    add("ticket_status", gettext_lazy("Cambio de estado, al cliente"), _status_changed)
    add("ticket_date", gettext_lazy("Fecha efectiva fijada, al cliente"), _date_set)
    add(
        "ticket_infected",
        gettext_lazy("Documento con virus, al cliente"),
        lambda: emails.infected_context(_infected_document()),
    )
    add(public_code.MAIL, gettext_lazy("Código de una consulta"), public_code.sample)
    staff = partial(message_types.register_mail, staff=True)
    staff(
        "ticket_advisor",
        gettext_lazy("Aviso al asesor postventa"),
        lambda: emails.advisor_context(a_ticket(), DOCUMENTS),
    )
    staff(
        "ticket_area",
        gettext_lazy("Aviso a un área"),
        lambda: emails.area_context(a_ticket(), DOCUMENTS, _area()),
    )
    staff("ticket_undelivered", gettext_lazy("Confirmación que no llegó, al asesor"), _undelivered)
    staff(
        "ticket_infected_advisor",
        gettext_lazy("Documento con virus, al asesor"),
        lambda: emails.infected_context(_infected_document(), downloaded_by=["Andrea Torres"]),
    )


def a_ticket() -> Ticket:
    """Return a sample ticket that has warnings for the advisor."""
    company = Company(legal_name="Comercial Ejemplo Cía. Ltda.", tax_id="1790000000001", tax_id_doubtful=True)
    accounts = [BillingAccount(number="1000201", cut_day=15), BillingAccount(number="1000202", cut_day=31)]
    dates = dates_for(Rule(RuleKind.BILLING_CUT, 15), accounts, NOTICE_DATE, Calendar())
    sample = Ticket(
        number=3608314,
        request_type_name="Anulación o baja de servicios",
        reason_text="No utiliza el servicio",
        company=company,
        company_name=company.legal_name,
        company_tax_id=company.tax_id,
        administrator=Administrator(names="María Belén D’Angelo", email="administracion@empresa.example"),
        requester_name="María Belén D’Angelo",
        email="mbdangelo@empresa.example",
        contact_phone="+593991234567",
        details=_("Dar de baja las líneas 099 000 0101 y 099 000 0102.\nLa 099 000 0103 pasa a prepago."),
        registered_at=CONFIRMED,
        effective_terms=[term.as_record() for term in dates.terms],
    )
    sample.remember_lines([("0990000101", "cancel"), ("0990000102", "cancel"), ("0990000103", "prepaid")])
    return sample


def _area() -> Area:
    return Area(
        name=_("Cobranzas"), checks=_("Saldos pendientes y acuerdos de pago.\nNotas de crédito por emitir.")
    )


def _infected_document() -> Attachment:
    signature = "Doc.Downloader.Ejemplo-1"
    return Attachment(
        ticket=a_ticket(), original_name="sustento marzo.docx", size=91_340, signature=signature
    )


def _undelivered() -> emails.Context:
    ticket = a_ticket()
    answer = "550 5.1.1 The email account that you tried to reach does not exist"
    return emails.undelivered_context(
        ticket, Message(to=ticket.email, state=Message.State.FAILED, last_error=answer)
    )


def _status_changed() -> emails.Context:
    ticket = a_ticket()
    event = TicketEvent(
        ticket=ticket,
        at=CONFIRMED,
        from_status=Ticket.Status.NEW,
        to_status=Ticket.Status.IN_PROGRESS,
        customer_notified=True,
        customer_note=_(
            "Las líneas se darán de baja el 15 de diciembre.\nLe llamaremos antes para coordinar."
        ),
    )
    return emails.status_context(ticket, event)


def _date_set() -> emails.Context:
    ticket = a_ticket()
    ticket.effective_terms, ticket.effective_date = [], date(2026, 12, 15)
    note = _("Es el corte de facturación de la cuenta que nos indicó.")
    event = TicketEvent(ticket=ticket, at=CONFIRMED, effective_date=ticket.effective_date, customer_note=note)
    return emails.date_context(ticket, event)
