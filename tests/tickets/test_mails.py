"""A ticket's mails: recipients, content, and resistance to injection (A15, A16, F5)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default as default_policy
from typing import Any
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from django.core import mail as django_mail
from pytest_django import Settings

from notifications.email import rendering
from notifications.models import Message
from notifications.sending import delivery
from tests.cast import carla, make_administrator, make_company
from tickets.effective_date import Calendar
from tickets.emails import emails
from tickets.models import Attachment, Reason, RequestType, Ticket

pytestmark = pytest.mark.django_db
CONFIRMED = datetime(2026, 12, 1, 4, 59, 30, tzinfo=UTC)  # 23:59 of 30 November in Ecuador


def a_ticket(**changes: Any) -> Ticket:
    company = changes.pop("company", None) or make_company(tax_id="1790012345001", cut_days=(15, 31))
    administrator = changes.pop("administrator", None) or make_administrator(company)
    kind, _ = RequestType.objects.get_or_create(
        code="mail-tests", defaults={"name": "Anulación o baja de servicios"}
    )
    reason, _ = Reason.objects.get_or_create(request_type=kind, text="No utiliza el servicio")
    terms = kind.dates_at(CONFIRMED, company.billing_accounts.all(), Calendar()).terms
    values: dict[str, Any] = {
        "number": 3608314,
        "request_type": kind,
        "request_type_name": kind.name,
        "reason": reason,
        "reason_text": reason.text,
        "company": company,
        "company_name": company.legal_name,
        "company_tax_id": company.tax_id,
        "administrator": administrator,
        "verified_phone": "+593991234567",
        "verified_by": Ticket.Method.PIN,
        "requester_name": "Ana Pérez",
        "email": "ana@acme.example",
        "contact_phone": "+593991234567",
        "details": "Línea 0990000001\nEnlace <b>portador</b> & otros",
        "notice_at": CONFIRMED,
        "registered_at": CONFIRMED,
        "effective_terms": [term.as_record() for term in terms],
        "submission_key": uuid.uuid4(),
        "submission_digest": "0" * 64,
    }
    ticket = Ticket.objects.create(**{**values, **changes})
    Attachment.objects.create(
        ticket=ticket,
        original_name="líneas.xlsx",
        content_type="x",
        size=1_887_437,
        sha256="0" * 64,
        file="x",
    )
    return ticket


def test_the_confirmation_is_the_proof_of_the_request_a15_f5(settings: Settings) -> None:
    ticket = a_ticket()
    message = emails.confirmation(ticket, ticket.documents)
    assert (message.to, message.dedup_key) == ("ana@acme.example", "ticket:3608314:client")
    assert message.subject == "Ticket 3608314: recibimos su solicitud"
    html = " ".join(BeautifulSoup(message.html, "html.parser").get_text(" ").split())
    for fact in (
        "3608314", "Acme del Ecuador S. A.", "1790012345001", "No utiliza el servicio", "Anulación o baja de servicios",
        "Línea 0990000001", "Enlace <b>portador</b> & otros", "30 de noviembre de 2026, 23:59 (hora de Ecuador)",
        "15 de diciembre de 2026", "31 de diciembre de 2026", "15 días de anticipación", "líneas.xlsx (1,8\xa0MB)",
        "correo no deseado", "099 123 4567", "ARCOTEL", "http://127.0.0.1:8000/fidelizacion/ticket/3608314/",
    ):  # fmt: skip
        assert " ".join(fact.split()) in " ".join(message.text.split()), fact  # some spaces do not break
        assert fact.replace("\xa0", " ") in html or fact in message.html, fact
    button = BeautifulSoup(message.html, "html.parser").select_one("a.button")
    assert button is not None
    assert button["href"] == "http://127.0.0.1:8000/fidelizacion/ticket/3608314/"


def test_only_a_cut_on_a_day_missing_in_some_months_is_explained_a12b() -> None:
    text = emails.confirmation(a_ticket(), ()).text
    assert "el día 15 de cada mes\n" in text
    assert "el día 31 de cada mes o el último de los meses más cortos" in text


@pytest.mark.parametrize("make", [emails.confirmation, emails.advisor_notice])
def test_a_mail_names_things_as_the_screens_do(make: Callable[[Ticket, list[Attachment]], Message]) -> None:
    """L2: the same thing has one name everywhere."""
    message = make(a_ticket(), [])
    labels = [tag.get_text(strip=True) for tag in BeautifulSoup(message.html, "html.parser").select("th, h2")]
    assert {
        "Fecha efectiva",
        "Cliente",
        "Cédula / RUC",
        "Documentos",
        "Confirmada",
        "Detalle de la solicitud",
    } <= set(labels)
    assert "FECHA EFECTIVA" in message.text


def test_free_text_cannot_become_markup() -> None:
    ticket = a_ticket()
    message = emails.confirmation(ticket, ticket.documents)
    assert BeautifulSoup(message.html, "html.parser").find("b") is None
    assert "Enlace <b>portador</b> & otros" in message.text


def test_a_company_without_billing_accounts_reads_who_will_set_the_date() -> None:
    ticket = a_ticket(effective_terms=[])
    assert (
        "Un asesor postventa le confirmará la fecha efectiva."
        in emails.confirmation(ticket, ticket.documents).text
    )
    assert "no se pudo calcular la fecha efectiva" in emails.advisor_notice(ticket, ticket.documents).html


def test_the_registered_address_gets_a_notice_if_the_form_has_another_a15() -> None:
    message = emails.notice_to_registered_email(a_ticket(email="otra@correo.example"), (), "ana@acme.example")
    assert message is not None
    assert (message.to, message.dedup_key) == ("ana@acme.example", "ticket:3608314:registered")
    assert "otra@correo.example" in message.text
    assert "Si no la pidió, avísenos cuanto antes" in " ".join(message.html.split())
    assert "Si no la pidió, avísenos cuanto antes: responda este correo" in message.text
    button = BeautifulSoup(message.html, "html.parser").select_one("a.button")
    assert button is not None
    subject = quote("Ticket 3608314: yo no pedí esta solicitud")
    assert button["href"] == f"mailto:{message.reply_to}?subject={subject}"


def test_the_registered_address_in_other_letter_case_gets_no_second_mail() -> None:
    assert (
        emails.notice_to_registered_email(a_ticket(email="ANA@acme.example"), (), "ana@Acme.example") is None
    )
    assert not Message.objects.exists()


def test_the_companys_advisor_gets_a_mail_with_a_link_to_the_desk_a16() -> None:
    company = make_company(advisor=carla())
    message = emails.advisor_notice(a_ticket(company=company), ())
    assert (message.to, message.dedup_key) == ("carla@operadora.example", "ticket:3608314:advisor")
    assert "http://127.0.0.1:8000/admin/tickets/ticket/3608314/change/" in message.text
    link = BeautifulSoup(message.html, "html.parser").find("a", class_="button")
    assert link is not None
    assert link["href"] == "http://127.0.0.1:8000/admin/tickets/ticket/3608314/change/"


def test_an_advisor_who_left_hands_over_to_the_queue_then_to_postventa() -> None:
    advisor = carla()
    advisor.is_active = False
    advisor.save(update_fields=["is_active"])
    company = make_company(advisor=advisor)
    ticket = a_ticket(company=company)
    assert emails.advisor_notice(ticket, ticket.documents).to == "postventa@operadora.example"
    company.queue_email = "cola@operadora.example"
    Message.objects.all().delete()
    assert emails.advisor_notice(ticket, ticket.documents).to == "cola@operadora.example"


def test_the_advisor_sees_what_is_doubtful_and_the_customer_does_not_a19() -> None:
    company = make_company()
    company.tax_id_doubtful = True
    ticket = a_ticket(company=company, email="otra@correo.example")
    notice = emails.advisor_notice(ticket, ticket.documents)
    assert "dígito verificador" in notice.text
    assert "El correo de la solicitud es distinto del registrado." in notice.html
    assert "dígito verificador" not in emails.confirmation(ticket, ticket.documents).text


@pytest.mark.parametrize(
    "name", ["Acme\r\nBcc: todos@mala.example", "Acme\nX", "Acme\x00\x0b\u2028Y", "A" * 200]
)
def test_a_company_name_cannot_begin_a_header_r4_27(name: str) -> None:
    ticket = a_ticket()
    ticket.company_name = ticket.requester_name = ticket.details = name  # not saved: PostgreSQL takes no NUL
    for message in (
        emails.confirmation(ticket, ticket.documents),
        emails.advisor_notice(ticket, ticket.documents),
    ):
        assert delivery.deliver(message.pk) == delivery.SendOutcome.SENT
    for sent in django_mail.outbox:
        parsed = message_from_string(sent.message().as_string(), policy=default_policy)
        assert parsed["Bcc"] is None
        assert len(str(parsed["Subject"]).splitlines()) == 1


def test_no_mail_carries_a_file_and_each_has_two_parts_and_the_logo_r3_19() -> None:
    ticket = a_ticket(email="otra@correo.example")
    emails.confirmation(ticket, ticket.documents)
    emails.advisor_notice(ticket, ticket.documents)
    emails.notice_to_registered_email(ticket, ticket.documents, "ana@acme.example")
    delivery.deliver_due()
    assert len(django_mail.outbox) == 3
    for sent in django_mail.outbox:
        parts = list(sent.message().walk())
        kinds = [part.get_content_type() for part in parts]
        assert kinds == ["multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png"]
        assert [part.get_filename() for part in parts] == [None] * 5
        assert (parts[-1]["Content-Disposition"], parts[-1]["Content-ID"]) == (
            "inline",
            "<marca@fidelizacion>",
        )


def test_the_same_mail_is_never_queued_twice_r4_02() -> None:
    ticket = a_ticket()
    assert (
        emails.confirmation(ticket, ticket.documents).pk == emails.confirmation(ticket, ticket.documents).pk
    )
    assert Message.objects.count() == 1


def test_links_come_from_the_portals_address_only_r4_28(settings: Settings) -> None:
    settings.PORTAL_BASE_URL = "https://portal.operadora.example"
    ticket = a_ticket(email="otra@correo.example")
    messages = [
        emails.confirmation(ticket, ticket.documents),
        emails.advisor_notice(ticket, ticket.documents),
        emails.notice_to_registered_email(ticket, ticket.documents, "ana@acme.example"),
    ]
    for message in messages:
        assert message is not None
        document = BeautifulSoup(message.html, "html.parser")
        links = [str(link["href"]) for link in document.find_all("a")]
        assert all(
            link.startswith(("https://portal.operadora.example/", "mailto:", "tel:")) for link in links
        )
        assert not document.find_all(["link", "script"])  # nothing remote: it reads the same with images off
        assert [(str(image["src"]), image["alt"]) for image in document.find_all("img")] == [
            (rendering.LOGO_URL, "")
        ]


def test_the_html_is_in_spanish_and_made_for_the_dark_too() -> None:
    document = BeautifulSoup(emails.confirmation(a_ticket(), ()).html, "html.parser")
    assert document.html is not None
    assert document.html["lang"] == "es"
    assert document.find("meta", attrs={"name": "color-scheme", "content": "light dark"})
    assert "prefers-color-scheme: dark" in str(document.style)
