"""Staged documents: uploaded once, private to one browser, claimed once (R3.21, R4.19, R6.11)."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from attachments import staging
from attachments.models import StagedFile
from companies.models import Company
from tests import cast
from tests.otp.pin_client import verify
from tests.tickets.portal_client import (
    COMPANY,
    PDF,
    REQUEST,
    Filled,
    fields_of,
    filled_form,
    pdf,
    staged_in,
    text_of,
    visitor,
)
from tickets import tasks
from tickets.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
UPLOAD = f"{REQUEST}documentos/"


def files(settings: Settings) -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def refused(form: Filled, **changes: Any) -> Filled:
    """Post the form without a reason; return the form that the response shows, with the reason."""
    answer = form.post(**{"reason": "", **changes})
    assert answer.status_code == 422
    return Filled(form.client, {**fields_of(answer), "reason": form.values["reason"]})


@pytest.fixture
def form() -> Filled:
    return filled_form(visitor(cast.ana()))


def names() -> list[str]:
    return list(Attachment.objects.order_by("pk").values_list("original_name", flat=True))


def test_after_an_error_in_another_field_the_documents_are_not_uploaded_again(
    form: Filled, settings: Settings
) -> None:
    again = refused(form, attachments=[pdf("a.pdf"), pdf("b.pdf", PDF + b"b")])
    stored = set(StagedFile.objects.values_list("file", flat=True))
    assert again.post().status_code == 303
    assert names() == ["a.pdf", "b.pdf"]
    assert set(Attachment.objects.values_list("file", flat=True)) == stored, (
        "the same stored file, not a copy"
    )
    assert files(settings) == 2


def test_r3_15_only_the_product_can_read_a_staged_file(form: Filled, settings: Settings) -> None:
    """With FILE_UPLOAD_PERMISSIONS, which `collectstatic` uses, every user could read the file."""
    refused(form, attachments=pdf())
    [stored] = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert stored.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (stored.parent, Path(settings.MEDIA_ROOT))} == {0o700}
    assert settings.FILE_UPLOAD_PERMISSIONS == 0o644


def test_a_refused_file_is_named_and_the_others_are_kept(form: Filled) -> None:
    answer = form.post(attachments=[pdf("a.pdf"), pdf("fotos.zip", b"PK\x03\x04"), pdf("c.pdf")])
    assert list(staged_in(answer)) == ["a.pdf", "c.pdf"]
    fixed = Filled(form.client, fields_of(answer))
    assert fixed.post(attachments=pdf("fotos.pdf")).status_code == 303
    assert names() == ["a.pdf", "c.pdf", "fotos.pdf"]


def test_staged_documents_are_kept_through_several_refused_forms(form: Filled) -> None:
    again = refused(refused(refused(form, attachments=pdf("a.pdf")), attachments=pdf("b.pdf")))
    assert again.post().status_code == 303
    assert names() == ["a.pdf", "b.pdf"]


def test_new_files_are_kept_when_another_window_claimed_the_staged_one(
    form: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = refused(form, attachments=pdf("a.pdf"))
    claim = staging.claim

    def too_late(files: Sequence[StagedFile], key: UUID) -> None:
        """Another window confirms with the same document just before."""
        StagedFile.objects.update(claimed_by=uuid4())
        claim(files, key)

    monkeypatch.setattr(staging, "claim", too_late)
    answer = again.post(attachments=pdf("b.pdf", PDF + b"b"))
    assert answer.status_code == 422
    assert "cambiaron en otra ventana" in text_of(answer)
    assert "b.pdf" in staged_in(answer)


def test_a_document_chosen_for_removal_is_deleted(form: Filled, settings: Settings) -> None:
    answer = form.post(reason="", attachments=[pdf("a.pdf"), pdf("b.pdf")])
    fixed = Filled(form.client, {**fields_of(answer), "reason": form.values["reason"]})
    assert fixed.post(remove=staged_in(answer)["a.pdf"]).status_code == 303
    assert names() == ["b.pdf"]
    assert files(settings) == 1


def test_staged_and_new_documents_are_five_at_most(form: Filled) -> None:
    again = refused(form, attachments=[pdf(f"{n}.pdf") for n in range(4)])
    answer = again.post(attachments=[pdf("5.pdf"), pdf("de-mas.pdf")])
    assert answer.status_code == 422
    assert "«de-mas.pdf»" in text_of(answer)
    assert len(staged_in(answer)) == 5
    assert Filled(form.client, fields_of(answer)).post().status_code == 303
    assert Attachment.objects.count() == 5


def test_r4_19_a_second_click_after_the_documents_were_claimed_gets_the_same_ticket(form: Filled) -> None:
    again = refused(form, attachments=pdf("a.pdf"))
    first, second = (again.post(attachments=pdf("b.pdf", PDF + b"b")) for _ in range(2))
    assert (first.status_code, first["Location"]) == (303, second["Location"])
    assert (Ticket.objects.count(), Attachment.objects.count()) == (1, 2)


def test_r4_19_a_document_sent_again_equals_the_staged_one(form: Filled) -> None:
    again = refused(form, attachments=pdf("a.pdf"))
    first = again.post()
    back = Filled(form.client, {**form.values, "submission_key": again.values["submission_key"]})
    assert back.post(attachments=pdf("a.pdf"))["Location"] == first["Location"]


def test_other_content_after_going_back_gets_copies_of_the_documents(
    form: Filled, settings: Settings
) -> None:
    again = refused(form, attachments=pdf("a.pdf"))
    again.post()
    answer = again.post(details="Ahora otra línea")
    assert answer.status_code == 422
    assert list(staged_in(answer)) == ["a.pdf"]
    assert Filled(form.client, fields_of(answer)).post().status_code == 303
    assert (Ticket.objects.count(), names(), files(settings)) == (2, ["a.pdf", "a.pdf"], 2)
    assert len(set(Attachment.objects.values_list("file", flat=True))) == 2


@pytest.mark.parametrize("colleagues", [False, True])
def test_r6_11_another_administrator_cannot_use_see_or_remove_a_staged_document(
    form: Filled, colleagues: bool, settings: Settings
) -> None:
    mine = refused(form, attachments=pdf("secreto.pdf")).values["staged"]
    bruno = filled_form(visitor(cast.bruno(*Company.objects.all()) if colleagues else cast.bruno()))
    answer = bruno.post(staged=mine)
    assert answer.status_code == 422
    assert "ya no está disponible" in text_of(answer)
    assert "secreto" not in text_of(answer)
    assert bruno.post(remove=mine).status_code == 303
    assert not Attachment.objects.exists()
    assert (StagedFile.objects.count(), files(settings)) == (1, 1)


def test_r6_11_the_same_administrator_cannot_use_it_in_another_browser(form: Filled) -> None:
    mine = refused(form, attachments=pdf()).values["staged"]
    elsewhere = Client()
    verify(elsewhere, cast.ANA_PHONE)
    assert filled_form(elsewhere).post(staged=mine).status_code == 422
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("forged", ["x", "", "e50b6a3f-f752-4e3a-bab9-c174bcd4f12e", "ñ" * 300, "\x00"])
def test_an_id_without_a_file_is_reported_or_ignored(form: Filled, forged: str) -> None:
    answer = form.post(staged=forged)
    assert answer.status_code == (422 if forged else 303)
    assert "staged" not in (fields_of(answer) if forged else {})


def test_after_signing_out_staged_documents_cannot_be_used(form: Filled) -> None:
    mine = refused(form, attachments=pdf()).values["staged"]
    form.client.post("/fidelizacion/salir/")
    verify(form.client, cast.ANA_PHONE)
    assert filled_form(form.client).post(staged=mine).status_code == 422


def test_a_form_whose_key_was_not_accepted_keeps_its_documents(form: Filled) -> None:
    answer = form.post(submission_key="x", attachments=pdf("a.pdf"))
    assert list(staged_in(answer)) == ["a.pdf"]
    assert Filled(form.client, fields_of(answer)).post().status_code == 303
    assert names() == ["a.pdf"]


def test_a_tab_keeps_the_documents_of_its_company() -> None:
    first, second = cast.make_company("Primera"), cast.make_company("Segunda")
    client = visitor(cast.ana(first, second))
    client.post(COMPANY, {"company": first.pk})
    waiting = refused(filled_form(client), attachments=pdf("de-la-primera.pdf"))
    client.post(COMPANY, {"company": second.pk})
    assert staged_in(client.get(REQUEST)) == {}
    assert waiting.post().status_code == 303
    assert Ticket.objects.get().company == first
    assert names() == ["de-la-primera.pdf"]


def test_unconfirmed_documents_are_deleted_after_a_day_and_confirmed_ones_stay(
    form: Filled, settings: Settings
) -> None:
    refused(form, attachments=pdf("se-queda.pdf")).post()
    refused(filled_form(form.client), attachments=pdf("se-va.pdf"))
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert tasks.remove_orphaned_files() == 1
    assert names() == ["se-queda.pdf"]
    assert (StagedFile.objects.count(), files(settings)) == (0, 1)


def test_r3_21_the_daily_clean_up_keeps_the_documents_of_an_open_form(
    form: Filled, settings: Settings
) -> None:
    refused(form, attachments=pdf())
    StagedFile.objects.update(created_at=timezone.now() + timedelta(days=2))
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert tasks.remove_orphaned_files() == 0
    assert files(settings) == 1


def test_a_document_deleted_meanwhile_is_reported_and_the_others_stay(form: Filled) -> None:
    again = refused(form, attachments=[pdf("a.pdf"), pdf("b.pdf")])
    StagedFile.objects.filter(original_name="a.pdf").delete()
    answer = again.post(details="Mi texto")
    assert "Un documento que estaba guardado" in text_of(answer)
    assert (list(staged_in(answer)), fields_of(answer)["details"]) == (["b.pdf"], "Mi texto")
    assert Filled(form.client, fields_of(answer)).post().status_code == 303


def test_a_document_that_another_form_claims_meanwhile_makes_no_incomplete_ticket(
    form: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = refused(form, attachments=pdf("a.pdf"))
    original = staging.for_submission

    def overtaken(*args: Any) -> Any:
        files = original(*args)
        StagedFile.objects.update(claimed_by=uuid4())
        return files

    monkeypatch.setattr(staging, "for_submission", overtaken)
    answer = again.post()
    monkeypatch.undo()
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert "Revise la lista" in text_of(answer)
    assert Filled(form.client, fields_of(answer)).post().status_code == 303


def test_documents_uploaded_by_the_script_are_staged_for_the_form(form: Filled) -> None:
    answer = form.client.post(UPLOAD, {"attachments": [pdf("a.pdf"), pdf("b.exe")]})
    assert answer.status_code == 422
    assert [problem for problem in answer.json()["problems"] if "b.exe" in problem]
    kept = str(StagedFile.objects.get().pk)
    assert f'name="staged" value="{kept}"' in answer.json()["staged"]
    assert answer["Cache-Control"] == "no-store"
    assert form.post(staged=kept).status_code == 303
    assert names() == ["a.pdf"]


def test_documents_uploaded_by_the_script_count_with_the_staged_ones(form: Filled) -> None:
    kept = refused(form, attachments=[pdf(f"{n}.pdf") for n in range(5)]).values["staged"]
    answer = form.client.post(UPLOAD, {"attachments": pdf("6.pdf"), "staged": kept})
    assert answer.status_code == 422
    assert StagedFile.objects.count() == 5


def test_r1_29_documents_cannot_be_uploaded_without_a_pin() -> None:
    assert Client().post(UPLOAD, {"attachments": pdf()}).status_code == 302
    assert not StagedFile.objects.exists()


class Killed(BaseException):
    """Simulates a killed process. It is a BaseException, so that no handler of the product runs."""


@pytest.mark.parametrize(
    "step",
    [
        "attachments.staging.claim",
        "tickets.models.TicketEvent.objects.record",
        "tickets.emails.emails.advisor_notice",
    ],
)
def test_r3_21_a_process_killed_while_confirming_loses_no_document(
    form: Filled, settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    again = refused(form, attachments=pdf("antes.pdf"))
    monkeypatch.setattr(step, die)
    with pytest.raises(Killed):
        again.post(attachments=pdf("ahora.pdf", PDF + b"\n"))
    monkeypatch.undo()
    assert (Ticket.objects.count(), StagedFile.objects.get().claimed_by) == (0, None)
    assert again.post(attachments=pdf("ahora.pdf", PDF + b"\n")).status_code == 303
    assert names() == ["antes.pdf", "ahora.pdf"]
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert tasks.remove_orphaned_files() == 1
    assert files(settings) == 2


@pytest.mark.parametrize(
    "step", ["attachments.quota.consume", "attachments.models.StagedFile.objects.bulk_create"]
)
def test_r3_21_a_process_killed_while_staging_leaves_only_an_orphan(
    form: Filled, settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(step, die)
    with pytest.raises(Killed):
        form.post(reason="", attachments=pdf())
    monkeypatch.undo()
    assert (StagedFile.objects.count(), files(settings)) == (0, 1)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert tasks.remove_orphaned_files() == 1
