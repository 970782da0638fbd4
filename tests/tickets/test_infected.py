"""A document with a virus: its mails, sent once, and the text of each page (R3.18, R3.19)."""

from hashlib import sha256

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from attachments import clamd, scanning
from attachments.clamd import ScanResult, Server
from attachments.inspection import EXTENSIONS, MAX_BYTES, MAX_FILES
from attachments.inspection.archive import MAX_UNPACKED
from attachments.models import private_storage
from notifications.models import Message
from tests import cast
from tests.tickets.portal_client import PDF, text_of, visitor
from tickets.models import Attachment, AttachmentEvent, Ticket, TicketEvent

pytestmark = pytest.mark.django_db
Scan = Attachment.Scan
NAME = "sustento <marzo>.pdf"


def attach(ticket: Ticket, name: str = NAME, **values: object) -> Attachment:
    return Attachment.objects.create(
        ticket=ticket,
        original_name=name,
        content_type="application/pdf",
        size=len(PDF),
        sha256=sha256(PDF).hexdigest(),
        file=private_storage().save("aa/bb", ContentFile(PDF)),
        **values,
    )


@pytest.fixture
def infected(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Attachment:
    """A scanned document in which the antivirus found a virus."""
    settings.CLAMD = Server(path="/nonexistent/clamd.ctl")
    monkeypatch.setattr(clamd, "scan", lambda *_args: ScanResult(infected=True, signature="Doc.\r\nTest-1"))
    attachment = attach(cast.make_ticket())
    assert scanning.scan(attachment) == scanning.ScanOutcome.INFECTED
    return attachment


def test_advisor_and_customer_each_get_one_mail(infected: Attachment) -> None:
    scanning.scan_again(Attachment.objects.all(), actor="operaciones")
    scanning.scan(infected)
    number = infected.ticket_id
    assert dict(Message.objects.values_list("dedup_key", "to")) == {
        f"ticket:{number}:infected:{infected.pk}": "postventa@operadora.example",
        f"ticket:{number}:infected:{infected.pk}:client": "ana@acme.example",
    }


def test_the_mails_say_which_document_it_was_and_that_nothing_else_is_lost(infected: Attachment) -> None:
    for message in Message.objects.all():
        assert message.subject.startswith(f"Ticket {infected.ticket_id}: ")
        shown = BeautifulSoup(message.html, "html.parser").get_text(" ")
        for text in (message.text, " ".join(shown.split())):
            assert "<marzo>.pdf»" in text
            assert "Doc.Test-1" in text
            assert "La solicitud sigue registrada" in text or "Su solicitud sigue registrada" in text


def test_the_customer_reads_what_to_do_and_replies_to_the_advisor(infected: Attachment) -> None:
    message = Message.objects.get(kind="ticket_infected")
    assert "Guarde el documento otra vez" in message.text
    assert message.reply_to == "postventa@operadora.example"


@pytest.mark.usefixtures("infected")
def test_the_advisor_reads_who_downloaded_it_before_the_scan() -> None:
    document = attach(cast.make_ticket())
    AttachmentEvent.objects.create(attachment=document, at=timezone.now(), what="delivered", actor="Carla")
    AttachmentEvent.objects.create(attachment=document, at=timezone.now(), what="pending", actor="Sonia")
    scanning.scan(document)
    after, before = Message.objects.filter(kind="ticket_infected_advisor").order_by("-pk")
    assert "ya se había descargado (Carla). " in after.text
    assert "ya se había descargado" not in before.text


def test_the_tickets_history_has_a_line_that_the_portal_does_not_show_as_a_change(
    infected: Attachment,
) -> None:
    event = TicketEvent.objects.get()
    assert (event.from_status, event.to_status, event.actor_name) == ("new", "new", "Antivirus")
    assert NAME in event.note


def test_the_verdict_and_its_messages_are_one_transaction(
    infected: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4.01: after a crash between the two, the document is scanned again."""
    other = attach(infected.ticket)

    def fail(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("tickets.emails.emails.infected_to_customer", fail)
    with pytest.raises(RuntimeError):
        scanning.scan(other)
    other.refresh_from_db()
    assert other.scan == Scan.PENDING
    assert not Message.objects.filter(dedup_key__contains=f"infected:{other.pk}").exists()


@pytest.mark.parametrize(
    ("scan", "configured", "words"),
    [
        (Scan.PENDING, True, "en revisión"),
        (Scan.ERROR, True, "en revisión"),
        (Scan.CLEAN, True, "revisado"),
        (Scan.INFECTED, True, "No se pudo entregar: contiene un virus"),
        (Scan.PENDING, False, "recibido"),
    ],
)
def test_the_ticket_page_says_how_each_document_is(
    settings: Settings, scan: Attachment.Scan, configured: bool, words: str
) -> None:
    settings.CLAMD = Server(path="/nonexistent/clamd.ctl") if configured else None
    ana = cast.ana()
    ticket = cast.make_ticket(ana)
    attach(ticket, scan=scan)
    page = visitor(ana).get(f"/fidelizacion/ticket/{ticket.number}/")
    assert words in text_of(page)
    assert ("Su solicitud sigue registrada" in text_of(page)) == (scan == Scan.INFECTED)


def test_the_help_says_what_is_taken_and_what_becomes_of_a_virus() -> None:
    """R3.22: the accepted formats, the sizes, and what happens to an infected file."""
    page = text_of(Client().get("/fidelizacion/ayuda/"))
    named = {extension for extension in EXTENSIONS if f".{extension}" in page or extension.upper() in page}
    assert named == set(EXTENSIONS)
    assert f"hasta {MAX_FILES} archivos de hasta {MAX_BYTES // 2**20} MB" in page
    assert f"hasta {MAX_UNPACKED // 2**20} MB una vez descomprimidos" in page
    assert "encuentra un virus" in page
