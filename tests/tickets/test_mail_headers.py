"""A ticket's mails as an SMTP server receives them: headers, parts, lines (R3.19, R4.07, R4.27)."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from pytest_django import Settings

from notifications.models import Message
from notifications.sending import delivery
from tests import cast
from tests.notifications.helpers import Sink, smtp_sink
from tests.tickets.test_mails import a_ticket
from tickets.emails import emails
from tickets.models import Area, Attachment, Ticket, TicketEvent

pytestmark = [pytest.mark.loopback, pytest.mark.django_db]
LONG = "X" * 5000
ODD = "O'Brien & <b>Hijos</b> Cía. «Ñandú»"
# Would start another header if it were not removed
INJECTED = "Acme\r\nBcc: todos@mala.example\r\n\r\n<h1>Otro cuerpo</h1>"


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with smtp_sink(settings) as sink:
        yield sink


def every_mail(ticket: Ticket) -> list[Message]:
    """Queue a mail of each type."""
    area = Area.objects.create(
        name="Cobranzas", email="cobranzas@operadora.example", checks="Saldos\nNotas de crédito"
    )
    event = TicketEvent.objects.record(
        ticket, "in_progress", from_status="new", customer_notified=True, customer_note="Le llamaremos."
    )
    registered = emails.notice_to_registered_email(ticket, ticket.documents, "registrado@acme.example")
    assert registered is not None
    return [
        emails.confirmation(ticket, ticket.documents),
        registered,
        emails.advisor_notice(ticket, ticket.documents),
        emails.area_notice(ticket, ticket.documents, area),
        emails.status_changed(ticket, event),
    ]


def arrived(sink: Sink, ticket: Ticket) -> dict[str, EmailMessage]:
    """Each type of mail as received."""
    queued = {message.message_id: message.kind for message in every_mail(ticket)}
    assert delivery.deliver_due()[delivery.SendOutcome.SENT] == len(queued)
    return {queued[str(mail["Message-ID"])]: mail for mail in sink.mails}


def test_every_mail_says_what_it_is_and_where_answers_go(sink: Sink) -> None:
    ticket = a_ticket(company=cast.make_company(advisor=cast.carla()))
    got = arrived(sink, ticket)
    assert len(got) == 5
    for kind, mail in got.items():
        assert str(mail["Subject"]).startswith("Ticket 3608314: "), kind
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
        assert mail["List-Id"] == "<fidelizacion.operadora.example>"
        assert mail["From"] == "fidelizacion@operadora.example"
        assert mail["Date"]
        assert len(mail.get_all("To", [])) == len(mail.get_all("Message-ID", [])) == 1
    answers = {kind: mail["Reply-To"] for kind, mail in got.items()}
    assert answers.pop("ticket_advisor") is None  # an answer would quote the advisor's mail to the customer
    assert set(answers.values()) == {"carla@operadora.example"}


def test_without_an_advisor_answers_go_to_the_queue(sink: Sink) -> None:
    assert arrived(sink, a_ticket())["ticket_confirmation"]["Reply-To"] == "postventa@operadora.example"


def test_every_mail_has_a_text_and_an_html_part_and_no_file_r3_19(sink: Sink) -> None:
    for mail in arrived(sink, a_ticket()).values():
        kinds = [part.get_content_type() for part in mail.walk()]
        assert kinds == ["multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png"]
        assert [part.get_filename() for part in mail.walk()] == [None] * 5


@pytest.mark.parametrize("name", [ODD, "Comercial " * 19])
def test_names_arrive_as_they_are_and_become_no_markup(sink: Sink, name: str) -> None:
    ticket = a_ticket(requester_name=name[:150])
    ticket.company_name = name
    for kind, mail in arrived(sink, ticket).items():
        text, html = (mail.get_body((each,)) for each in ("plain", "html"))
        assert text is not None
        assert html is not None
        assert name.strip() in " ".join(text.get_content().split()), kind
        document = BeautifulSoup(html.get_content(), "html.parser")
        assert name.strip() in " ".join(document.get_text(" ").split()), kind
        assert document.find("b") is None


def test_no_line_is_longer_than_mail_allows_whatever_was_typed(sink: Sink) -> None:
    """RFC 5322, 2.1.1: 998 octets, of which a header should need 78."""
    ticket = a_ticket(details=LONG)
    ticket.company_name = "W" * 200
    for number in range(4):
        Attachment.objects.create(
            ticket=ticket,
            original_name="y" * 90 + f"{number}.pdf",
            content_type="x",
            size=1,
            sha256="0" * 64,
            file="x",
        )
    got = arrived(sink, ticket)
    assert max(len(line) for raw in sink.raw for line in raw.split(b"\r\n")) <= 998
    heads = [line for raw in sink.raw for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")]
    assert max(map(len, heads)) <= 200
    # No header is folded right after its name
    assert all(line.strip(b" ") and not line.endswith(b": ") for line in heads)
    body = got["ticket_confirmation"].get_body(("plain",))
    assert body is not None
    assert LONG in body.get_content()


@pytest.mark.parametrize(
    "field", ["company_name", "requester_name", "reason_text", "request_type_name", "details"]
)
def test_nothing_typed_begins_a_header_or_a_body_r4_27(sink: Sink, field: str) -> None:
    ticket = a_ticket()
    setattr(ticket, field, INJECTED)
    for mail in arrived(sink, ticket).values():
        assert mail["Bcc"] is None
        assert len(mail.get_all("Subject", [])) == 1
        html = mail.get_body(("html",))
        assert html is not None
        assert len(BeautifulSoup(html.get_content(), "html.parser").select("h1")) == 1


def test_a_malformed_address_is_not_used_as_reply_to(sink: Sink) -> None:
    company = cast.make_company()
    company.queue_email = "cola@operadora.example\r\nBcc: todos@mala.example"
    ticket = a_ticket(company=company)
    message = emails.confirmation(ticket, ticket.documents)
    assert message.reply_to == ""
    assert delivery.deliver(message.pk) == delivery.SendOutcome.SENT
    assert sink.mails[0]["Bcc"] is None
