"""Only staff can download attachments (R3.15-R3.19)."""

from hashlib import sha256

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from attachments.clamd import Server
from attachments.models import private_storage
from audit.append_only import AppendOnlyError
from tests import cast
from tests.desk.desk import advisor, page_of, signed_in, supervisor, text_of
from tests.tickets.portal_client import PDF
from tickets.models import Attachment, AttachmentEvent

pytestmark = pytest.mark.django_db


FROM_A_PUBLIC_ADDRESS = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def attachment() -> Attachment:
    return Attachment.objects.create(
        ticket=cast.make_ticket(),
        original_name="sustento ñ.pdf",
        content_type="application/pdf",
        size=len(PDF),
        sha256=sha256(PDF).hexdigest(),
        file=private_storage().save("aa/bb", ContentFile(PDF)),
    )


@pytest.fixture
def address(attachment: Attachment) -> str:
    return f"/admin/tickets/ticket/adjunto/{attachment.pk}/"


@pytest.fixture
def with_antivirus(settings: Settings) -> None:
    settings.CLAMD = Server(path="/nonexistent/clamd.ctl")


def test_an_advisor_downloads_what_the_customer_sent(address: str) -> None:
    response = signed_in(advisor()).get(address)
    assert b"".join(response) == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"].startswith("sandbox")


def test_nobody_downloads_without_signing_in(address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_staff_without_the_permission_are_refused(address: str) -> None:
    assert signed_in(cast.carla()).get(address).status_code == 403


def test_a_missing_attachment_is_not_found(address: str) -> None:
    assert signed_in(advisor()).get("/admin/tickets/ticket/adjunto/999999/").status_code == 404


@pytest.mark.usefixtures("with_antivirus")
@pytest.mark.parametrize(
    ("scan", "status", "words"),
    [
        ("pending", 409, "El antivirus todavía revisa este documento"),
        ("error", 409, "El antivirus no pudo revisar este documento"),
        ("infected", 403, "Este documento contiene un virus"),
    ],
)
def test_with_an_antivirus_only_clean_documents_are_delivered(
    attachment: Attachment, address: str, scan: str, status: int, words: str
) -> None:
    """R3.18."""
    Attachment.objects.update(scan=scan)
    client = signed_in(advisor())
    refused = client.get(address)
    assert refused.status_code == status
    assert words in text_of(refused)
    assert PDF not in refused.content
    page = client.get(page_of(attachment.ticket_id))
    assert str(Attachment.Scan(scan).label) in text_of(page)
    assert address not in page.content.decode()
    Attachment.objects.update(scan="clean")
    assert b"".join(client.get(address)) == PDF
    assert address in client.get(page_of(attachment.ticket_id)).content.decode()


def test_without_an_antivirus_the_desk_says_so_and_delivers_all_but_infected_documents(
    attachment: Attachment, address: str
) -> None:
    client = signed_in(advisor())
    assert "Sin antivirus" in text_of(client.get(page_of(attachment.ticket_id)))
    Attachment.objects.update(scan="infected")
    assert client.get(address).status_code == 403


def test_each_download_and_each_refusal_is_a_row(attachment: Attachment, address: str) -> None:
    """R3.17, R5.09: who, when, which, from where, in which request."""
    carla = advisor()
    client = signed_in(carla, **FROM_A_PUBLIC_ADDRESS)
    delivered = client.get(address)
    Attachment.objects.update(scan="infected")
    client.get(address)
    Attachment.objects.update(scan="clean")
    private_storage().delete(str(attachment.file.name))
    client.get(address)
    stranger = User.objects.create_user("sin", is_staff=True)
    signed_in(stranger).get(address)
    rows = AttachmentEvent.objects.order_by("pk")
    assert [row.what for row in rows] == ["delivered", "infected", "missing", "forbidden"]
    assert [row.user for row in rows] == [carla, carla, carla, stranger]
    assert (rows[0].actor, rows[0].address) == ("Carla", "203.0.113.7")
    assert rows[0].request_id == delivered["X-Request-ID"]


def test_a_download_that_cannot_be_recorded_is_not_delivered(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_values: object) -> None:
        raise OperationalError

    monkeypatch.setattr(AttachmentEvent, "save", fail)
    response = signed_in(advisor(), raise_request_exception=False).get(address)
    assert response.status_code == 503
    assert PDF not in response.content


def test_a_row_of_the_audit_is_never_rewritten(attachment: Attachment, address: str) -> None:
    signed_in(advisor()).get(address)
    row = AttachmentEvent.objects.get()
    for rewrite in (row.save, row.delete, AttachmentEvent.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            rewrite()


def test_a_supervisor_reads_the_audit_of_a_ticket_and_nobody_changes_it(
    attachment: Attachment, address: str
) -> None:
    signed_in(advisor()).get(address)
    AttachmentEvent.objects.create(
        attachment=Attachment.objects.create(ticket=cast.make_ticket(), original_name="otro.pdf", size=1),
        at=timezone.now(),
        what="pending",
        actor="Otra persona",
    )
    client = signed_in(supervisor())
    audit = "/admin/tickets/attachmentevent/"
    found = text_of(client.get(audit, {"q": str(attachment.ticket_id)}))
    assert "sustento ñ.pdf" in found
    assert "Otra persona" not in found
    row = f"{audit}{AttachmentEvent.objects.order_by('pk')[0].pk}/"
    assert client.get(f"{row}change/").status_code == 200
    assert [client.post(f"{row}{verb}/").status_code for verb in ("change", "delete")] == [403, 403]
    assert audit in client.get(page_of(attachment.ticket_id)).content.decode()


def test_an_advisor_sees_no_audit() -> None:
    assert signed_in(advisor()).get("/admin/tickets/attachmentevent/").status_code == 403


def test_an_attachment_can_only_be_requested_with_get(address: str) -> None:
    client = signed_in(advisor())
    assert [client.head(address).status_code, client.post(address).status_code] == [405, 405]
    assert not AttachmentEvent.objects.exists()
