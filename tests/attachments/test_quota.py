"""The daily quota of documents: counted once, explained, and never refuses a request (R3.20)."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from attachments import quota
from attachments.inspection import MAX_BYTES
from attachments.models import StagedFile
from otp.limits.rates import parse_rates
from tests import cast
from tests.attachments.valid_files import PDF
from tests.otp.concurrency import at_once
from tests.otp.pin_client import verify
from tests.tickets.portal_client import (
    REQUEST,
    Filled,
    fields_of,
    filled_form,
    pdf,
    staged_in,
    text_of,
    visitor,
)
from tickets.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture(autouse=True)
def three_a_day(settings: Settings) -> None:
    settings.UPLOAD_QUOTA_PER_PHONE = parse_rates("3/d")


@pytest.fixture
def form() -> Filled:
    return filled_form(visitor(cast.ana()))


def stored(settings: Settings) -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def test_r3_20_a_number_may_send_twenty_files_a_day_by_default(settings: Settings) -> None:
    settings.UPLOAD_QUOTA_PER_PHONE = parse_rates("20/d")
    assert quota.remaining(cast.ANA_PHONE) == 20


def test_a_stored_file_counts_once_for_the_form_and_its_ticket(form: Filled) -> None:
    assert form.post(attachments=pdf()).status_code == 303
    kept = filled_form(form.client, details="Otra línea").post(reason="", attachments=pdf())
    assert quota.remaining(cast.ANA_PHONE) == 1
    assert Filled(form.client, fields_of(kept)).post(reason=form.values["reason"]).status_code == 303
    assert (quota.remaining(cast.ANA_PHONE), Attachment.objects.count()) == (1, 2)


def test_over_the_quota_the_files_are_refused_and_the_request_without_them_is_accepted(
    form: Filled, settings: Settings
) -> None:
    quota.consume(cast.ANA_PHONE, 2)
    answer = form.post(attachments=[pdf("a.pdf"), pdf("b.pdf")], details="Mi texto")
    assert answer.status_code == 422
    assert "un archivo más" in text_of(answer)
    assert (staged_in(answer), fields_of(answer)["details"], stored(settings)) == ({}, "Mi texto", 0)
    ahead = form.client.post(f"{REQUEST}documentos/", {"attachments": [pdf("a.pdf"), pdf("b.pdf")]})
    assert ahead.json()["choose_again"] is True, "one of them can still be sent"
    assert Filled(form.client, fields_of(answer)).post().status_code == 303
    assert Ticket.objects.count() == 1


def test_when_the_quota_is_used_up_the_page_says_what_to_do(form: Filled) -> None:
    quota.consume(cast.ANA_PHONE, 3)
    answer = form.post(attachments=pdf(), reason="")
    assert "Confirme sin archivos nuevos" in text_of(answer)
    ahead = form.client.post(f"{REQUEST}documentos/", {"attachments": pdf()})
    assert "Confirme sin archivos nuevos" in ahead.json()["problems"][0]
    assert ahead.json()["choose_again"] is False
    assert not StagedFile.objects.exists()


def test_the_quota_belongs_to_the_number_in_any_browser_and_lasts_a_day(form: Filled) -> None:
    form.post(attachments=[pdf("a.pdf"), pdf("b.pdf"), pdf("c.pdf")])
    elsewhere = Client()
    verify(elsewhere, cast.ANA_PHONE)
    assert filled_form(elsewhere).post(attachments=pdf()).status_code == 422
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert quota.remaining(cast.ANA_PHONE) == 3
    assert quota.remaining(cast.BRUNO_PHONE) == 3


def test_a_repeated_click_does_not_count_the_files_again(form: Filled) -> None:
    for _ in range(3):
        assert form.post(attachments=pdf()).status_code == 303
    assert quota.remaining(cast.ANA_PHONE) == 2


def test_r4_19_a_second_click_gets_the_ticket_although_the_first_used_up_the_quota(form: Filled) -> None:
    first, second = (
        form.post(attachments=[pdf("a.pdf"), pdf("b.pdf", PDF + b"%"), pdf("c.pdf")]) for _ in range(2)
    )
    assert quota.remaining(cast.ANA_PHONE) == 0
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]


def test_s5_the_files_of_a_second_click_are_not_opened_again(
    form: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    form.post(attachments=pdf())
    monkeypatch.setattr("attachments.intake.inspect", None)
    assert form.post(attachments=pdf()).status_code == 303
    assert quota.remaining(cast.ANA_PHONE) == 2


def test_s5_under_a_used_key_other_files_and_other_names_are_opened_and_counted(form: Filled) -> None:
    form.post(attachments=pdf())
    assert form.post(attachments=pdf("a.docx")).status_code == 422, "the same bytes are no Word document"
    assert form.post(attachments=pdf("b.pdf", PDF + b"%")).status_code == 422
    assert quota.remaining(cast.ANA_PHONE) == 0
    assert form.post(attachments=pdf("b.pdf", PDF + b"%%")).status_code == 422
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_r4_19_many_clicks_that_use_up_the_quota_get_the_same_ticket(form: Filled) -> None:
    def confirm(_position: int) -> str:
        browser = Client()
        browser.cookies = form.client.cookies
        files = [pdf("a.pdf"), pdf("b.pdf", PDF + b"%"), pdf("c.pdf", PDF + b"%%")]
        return str(browser.post(REQUEST, {**form.values, "attachments": files}).get("Location", ""))

    assert set(at_once(8, confirm)) == {f"/fidelizacion/ticket/{Ticket.objects.get().number}/?creado=1"}
    assert quota.remaining(cast.ANA_PHONE) == 0


def test_files_refused_by_name_or_size_do_not_count(form: Filled) -> None:
    form.post(attachments=[pdf("a.exe"), pdf("b.pdf", b""), pdf("c.pdf", PDF + bytes(MAX_BYTES))])
    assert quota.remaining(cast.ANA_PHONE) == 3


@pytest.mark.parametrize("ahead", [False, True])
def test_s5_files_refused_for_their_content_count_as_stored_ones_do(form: Filled, ahead: bool) -> None:
    files = [pdf("a.pdf", PDF[:-30]), pdf("b.pdf")]
    address = f"{REQUEST}documentos/" if ahead else REQUEST
    answer = form.client.post(address, {**form.values, "attachments": files})
    assert answer.status_code == 422
    assert quota.remaining(cast.ANA_PHONE) == 1
    assert StagedFile.objects.count() == 1


def test_s5_over_the_quota_no_file_is_opened_and_the_ticket_is_made_without_files(
    form: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    form.post(attachments=[pdf(f"{n}.pdf", PDF[:-30]) for n in range(3)])
    assert quota.remaining(cast.ANA_PHONE) == 0
    monkeypatch.setattr("attachments.intake.inspect", None)
    answer = form.post(attachments=pdf("a.pdf", PDF[:-30]), details="Mi texto")
    assert "Confirme sin archivos nuevos" in text_of(answer)
    assert fields_of(answer)["details"] == "Mi texto"
    ahead = form.client.post(f"{REQUEST}documentos/", {"attachments": pdf("a.pdf")})
    assert "Confirme sin archivos nuevos" in ahead.json()["problems"][0]
    assert Filled(form.client, fields_of(answer)).post().status_code == 303
    assert Ticket.objects.count() == 1


def test_s5_the_files_of_an_expired_visitor_are_counted_too(form: Filled) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=False):
        form.post(attachments=pdf("a.pdf", PDF[:-30]))
    assert quota.remaining(cast.ANA_PHONE) == 2


@pytest.mark.django_db(transaction=True)
def test_s5_refused_files_of_many_requests_at_once_are_each_counted() -> None:
    client = visitor(cast.ana())

    def send(_position: int) -> int:
        browser = Client()
        browser.cookies = client.cookies
        return browser.post(f"{REQUEST}documentos/", {"attachments": pdf("a.pdf", PDF[:-30])}).status_code

    assert set(at_once(6, send)) == {422}
    assert quota.remaining(cast.ANA_PHONE) == 0


@pytest.mark.django_db(transaction=True)
def test_many_forms_at_once_store_no_more_files_than_the_quota(settings: Settings) -> None:
    client = visitor(cast.ana())
    forms = [filled_form(client, details=f"Línea {number}") for number in range(6)]

    def confirm(position: int) -> int:
        browser = Client()
        browser.cookies = client.cookies
        return browser.post(REQUEST, {**forms[position].values, "attachments": pdf()}).status_code

    assert sorted(at_once(6, confirm)) == [303] * 3 + [422] * 3
    assert (Attachment.objects.count(), stored(settings), quota.remaining(cast.ANA_PHONE)) == (3, 3, 0)


@pytest.mark.django_db(transaction=True)
def test_r4_19_many_clicks_on_a_form_with_staged_documents_get_the_same_ticket() -> None:
    """The first request claims the documents, and the others find them claimed."""
    client = visitor(cast.ana())
    first = filled_form(client)
    values = {**fields_of(first.post(reason="", attachments=pdf())), "reason": first.values["reason"]}

    def confirm(_position: int) -> str:
        browser = Client()
        browser.cookies = client.cookies
        return str(browser.post(REQUEST, values).get("Location", ""))

    assert set(at_once(8, confirm)) == {f"/fidelizacion/ticket/{Ticket.objects.get().number}/?creado=1"}
    assert Attachment.objects.count() == 1
