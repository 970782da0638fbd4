"""`scan_attachments` scans pending documents, and requested ones again (R3.18)."""

from collections.abc import Iterator
from hashlib import sha256
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from pytest_django import Settings

from attachments.clamd import Server
from attachments.models import private_storage
from demo.broker import free_port
from tests import cast
from tests.antivirus import EICAR, clamd_running
from tests.tickets.portal_client import PDF
from tickets.models import Attachment, AttachmentEvent, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.loopback]


@pytest.fixture
def antivirus(settings: Settings) -> Iterator[None]:
    with clamd_running() as running:
        settings.CLAMD = running.server
        yield


def document(content: bytes = PDF, **values: object) -> Attachment:
    return Attachment.objects.create(
        ticket=Ticket.objects.first() or cast.make_ticket(),
        original_name="sustento.pdf",
        size=len(content),
        sha256=sha256(content).hexdigest(),
        file=private_storage().save("aa/bb", ContentFile(content)),
        **values,
    )


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("scan_attachments", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.usefixtures("antivirus")
def test_what_waits_is_scanned_and_counted() -> None:
    for content in (PDF, PDF + b"\n", EICAR):
        document(content)
    assert "Listo: 2 limpios, 1 con virus, 0 sin poder revisar." in run()
    assert not AttachmentEvent.objects.exists()


@pytest.mark.usefixtures("antivirus")
def test_what_could_not_be_scanned_is_scanned_again_only_when_asked() -> None:
    failed = document(scan=Attachment.Scan.ERROR, scan_attempts=5)
    with pytest.raises(CommandError, match="Siguen sin revisar: 1"):
        run()
    assert "Listo: 1 limpios," in run("--errors")
    assert [event.what for event in failed.events.all()] == ["rescan"]
    assert all(event.actor for event in failed.events.all())


@pytest.mark.usefixtures("antivirus")
def test_a_false_alarm_is_scanned_again_by_its_number() -> None:
    alarm, other = (document(scan=Attachment.Scan.INFECTED, signature="False.Alarm") for _ in range(2))
    assert "Listo: 1 limpios," in run("--id", str(alarm.pk))
    assert [each.scan for each in Attachment.objects.order_by("pk")] == ["clean", "infected"]
    with pytest.raises(CommandError, match=r"No existen, .*: 1"):
        run("--id", str(other.pk), "999999")
    assert not Attachment.objects.exclude(scan="clean").exists()


def test_with_no_scanner_listening_it_fails_and_loses_nothing(settings: Settings) -> None:
    settings.CLAMD = Server(host="127.0.0.1", port=free_port())
    for _ in range(3):
        document()
    with pytest.raises(CommandError, match="Siguen sin revisar: 3"):
        run()


def test_without_an_antivirus_it_says_so() -> None:
    with pytest.raises(CommandError, match="CLAMD_URL"):
        run()
