"""Attachments leave the store for staff only, and only as downloads."""

from hashlib import sha256

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from tests import cast
from tests.admin.desk import advisor, signed_in
from tests.tickets.given import PDF
from tickets.models import Attachment, private_storage

pytestmark = pytest.mark.django_db


@pytest.fixture
def address() -> str:
    attachment = Attachment.objects.create(
        ticket=cast.make_ticket(),
        original_name="sustento ñ.pdf",
        content_type="application/pdf",
        size=len(PDF),
        sha256=sha256(PDF).hexdigest(),
        file=private_storage().save("aa/bb", ContentFile(PDF)),
    )
    return f"/admin/tickets/ticket/adjunto/{attachment.pk}/"


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


def test_an_attachment_that_is_not_there_is_not_found(address: str) -> None:
    assert signed_in(advisor()).get("/admin/tickets/ticket/adjunto/999999/").status_code == 404
