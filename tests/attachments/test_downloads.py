"""Attachments go to staff who may see them, as downloads that no browser runs (R3.15-R3.19)."""

from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.test import Client

from attachments.models import private_storage
from tests import cast
from tests.tickets.portal_client import PDF, filled_form, pdf, visitor
from tickets.models import Attachment

pytestmark = pytest.mark.django_db


def make_attachment(name: str = "sustento.pdf") -> Attachment:
    stored = private_storage().save(f"aa/{'a' * 32}", ContentFile(PDF))
    return Attachment.objects.create(
        ticket=cast.make_ticket(),
        original_name=name,
        content_type="application/pdf",
        size=len(PDF),
        sha256=sha256(PDF).hexdigest(),
        file=stored,
    )


def an_advisor() -> User:
    carla = cast.carla()
    carla.user_permissions.add(Permission.objects.get(codename="view_attachment"))
    return carla


def ask(user: User | None, pk: int) -> Any:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(f"/admin/tickets/ticket/adjunto/{pk}/")


def test_r3_15_an_advisor_downloads_the_file_as_it_was_sent() -> None:
    response = ask(an_advisor(), make_attachment().pk)
    assert b"".join(response.streaming_content) == PDF


def test_r3_16_r3_17_a_browser_downloads_the_file_and_does_not_run_it() -> None:
    response = ask(an_advisor(), make_attachment().pk)
    assert response["Content-Disposition"] == 'attachment; filename="sustento.pdf"'
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("name", ['a";x=.pdf', "ñandú 🙂.pdf", "a%0d%0ab.pdf", "../../x.pdf", ";.pdf"])
def test_r3_16_no_name_breaks_out_of_the_header(name: str) -> None:
    response = ask(an_advisor(), make_attachment(name).pk)
    header = response["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert "\n" not in header
    assert ";x=" not in header.replace('\\";x=', "")


def test_r3_15_without_signing_in_the_desk_asks_to_sign_in() -> None:
    response = ask(None, make_attachment().pk)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=")


def test_a_portal_visitor_has_to_sign_in() -> None:
    client = visitor(cast.ana())
    filled_form(client).post(attachments=pdf())
    assert client.get(f"/admin/tickets/ticket/adjunto/{Attachment.objects.get().pk}/").status_code == 302


def test_staff_without_the_permission_is_refused() -> None:
    assert ask(cast.carla(), make_attachment().pk).status_code == 403


def test_an_unknown_attachment_is_not_found() -> None:
    assert ask(an_advisor(), 999_999).status_code == 404


def test_r3_21_a_missing_file_is_not_found_and_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    attachment = make_attachment("secreto de Ana.pdf")
    private_storage().delete(str(attachment.file.name))
    response = ask(an_advisor(), attachment.pk)
    assert response.status_code == 404
    assert "El archivo de este documento no se pudo leer" in response.content.decode()
    assert [record.levelname for record in caplog.records if record.name == "attachments.downloads"] == [
        "ERROR"
    ]
    assert str(attachment.pk) in caplog.text
    assert "secreto" not in caplog.text


def test_a_file_that_changed_in_the_store_is_not_delivered() -> None:
    """Only the content that the antivirus scanned is delivered."""
    attachment = make_attachment()
    attachment.file.storage.delete(str(attachment.file.name))
    attachment.file.storage.save(str(attachment.file.name), ContentFile(b"something else"))
    assert ask(an_advisor(), attachment.pk).status_code == 404


@pytest.mark.parametrize("prefix", ["/media/", "/", "/attachments/", "/static/"])
def test_r3_15_no_address_serves_the_stored_file(prefix: str) -> None:
    assert Client().get(prefix + str(make_attachment().file.name)).status_code == 404
