"""Documents on disk: names, permissions, consistency with rows, the clean-up (R3.15, R3.21)."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, IntegrityError, OperationalError, models
from django.utils import timezone
from pytest_django import Settings

from attachments import storage
from attachments.models import StagedFile
from tests import cast
from tests.tickets.portal_client import PDF, REQUEST, fields_of, filled_form, pdf, soup, text_of, visitor
from tickets import tasks
from tickets.models import Attachment, Ticket


def files(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_r3_15_names_are_random_and_other_users_cannot_read_the_files(settings: Settings) -> None:
    with storage.saved_files([PDF, PDF]) as names:
        pass
    assert len(set(names)) == 2
    for name in names:
        path = Path(settings.MEDIA_ROOT) / name
        assert storage.NAME.fullmatch(name)
        assert path.read_bytes() == PDF
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_r3_21_files_are_flushed_before_the_rows_are_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    with storage.saved_files([PDF]) as [name]:
        assert flushed == [name[3:], name[:2], Path(settings.MEDIA_ROOT).name]


@pytest.mark.parametrize("failure", [IntegrityError, RuntimeError])
def test_r3_21_after_a_failure_the_files_are_deleted(settings: Settings, failure: type[Exception]) -> None:
    with pytest.raises(failure), storage.saved_files([PDF, PDF]):
        raise failure
    assert files(settings) == []


def test_r4_21_when_the_commits_outcome_is_unknown_the_files_stay(settings: Settings) -> None:
    with pytest.raises(OperationalError), storage.saved_files([PDF]):
        raise OperationalError
    assert len(files(settings)) == 1


def test_r3_21_when_the_disk_fills_up_after_one_file_that_file_is_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contents() -> Iterator[bytes]:
        yield PDF
        monkeypatch.setattr(FileSystemStorage, "_save", full)
        yield PDF

    def full(*args: object) -> str:
        raise OSError(28, "No space left on device")

    with pytest.raises(storage.StorageFailed), storage.saved_files(contents()):
        pass
    assert files(settings) == []


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_r3_21_a_file_left_incomplete_by_a_full_disk_is_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    def chunks(_content: "ContentFile[bytes]") -> Iterator[bytes]:
        yield PDF
        full()

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(ContentFile, "chunks", chunks)
    with pytest.raises(storage.StorageFailed), storage.saved_files([PDF]):
        pass
    assert files(settings) == []


@pytest.mark.django_db
def test_on_a_full_disk_documents_are_refused_and_the_request_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*args: object) -> str:
        raise OSError(28, "No space left on device")

    form = filled_form(visitor(cast.ana()), details="Línea 0900100001")
    monkeypatch.setattr(FileSystemStorage, "_save", full)
    refused = form.post(attachments=pdf())
    assert refused.status_code == 422
    assert "No pudimos guardar los documentos" in text_of(refused)
    assert fields_of(refused)["details"] == "Línea 0900100001"
    assert form.post().status_code == 303


@pytest.mark.parametrize(("total", "free", "room"), [(1000, 100, True), (1000, 99, False), (0, 0, True)])
def test_r3_20_a_tenth_of_the_disk_is_kept_free(
    monkeypatch: pytest.MonkeyPatch, total: int, free: int, room: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=total, free=free))
    assert storage.has_room() is room


def test_r3_20_a_disk_that_cannot_be_read_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", fail)
    assert not storage.has_room()


@pytest.mark.django_db
def test_r3_20_on_a_nearly_full_disk_the_page_says_so_and_requests_are_accepted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visitor(cast.ana())
    again = fields_of(filled_form(client).post(reason="", attachments=pdf("antes.pdf")))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=1000, free=99))
    shown = client.get(REQUEST)
    assert "no podemos recibir archivos" in text_of(shown)
    assert soup(shown).select_one("#id_attachments[disabled]")
    refused = filled_form(client).post(attachments=pdf(), details="Mi texto")
    assert refused.status_code == 422
    assert "Confirme sin ellos" in text_of(refused)
    assert fields_of(refused)["details"] == "Mi texto"
    assert len(files(settings)) == 1
    assert filled_form(client).post().status_code == 303
    assert filled_form(client, **{**again, "reason": cast.a_reason().pk}).post().status_code == 303
    assert Attachment.objects.get().original_name == "antes.pdf"


@pytest.mark.django_db
def test_r4_19_a_second_click_with_a_document_gets_the_ticket_on_a_full_disk_too(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    form = filled_form(visitor(cast.ana()))
    first = form.post(attachments=pdf())
    stored = files(settings)
    again = form.post(attachments=pdf())
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=1000, free=99))
    on_full_disk = form.post(attachments=pdf())
    assert {answer["Location"] for answer in (first, again, on_full_disk)} == {first["Location"]}
    assert files(settings) == stored, "the file of the second click is deleted"


@pytest.mark.django_db
def test_r4_01_if_a_message_cannot_be_written_there_is_no_ticket_and_no_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise DatabaseError

    form = filled_form(visitor(cast.ana(), raise_request_exception=False))
    monkeypatch.setattr("notifications.outbox.insert_new_by", fail)
    assert form.post(attachments=pdf()).status_code == 500
    assert (Ticket.objects.count(), Attachment.objects.count(), files(settings)) == (0, 0, [])


@pytest.mark.django_db
def test_r3_21_orphans_older_than_a_day_are_removed_and_other_files_stay(settings: Settings) -> None:
    filled_form(visitor(cast.ana())).post(attachments=pdf())
    owned = str(Attachment.objects.get().file.name)
    with storage.saved_files([PDF]) as [orphan]:
        pass
    (Path(settings.MEDIA_ROOT) / "logo.png").write_bytes(b"x")
    (Path(settings.MEDIA_ROOT) / owned).with_name("logo.png").write_bytes(b"x")
    assert storage.remove_orphans(timezone.now() + timedelta(hours=23)) == 0
    assert storage.remove_orphans(timezone.now() + timedelta(hours=25)) == 1
    assert {str(path.relative_to(settings.MEDIA_ROOT)) for path in files(settings)} == {
        owned,
        "logo.png",
        f"{owned[:2]}/logo.png",
    }
    assert orphan != owned


@pytest.mark.django_db
def test_the_clean_up_of_an_installation_without_files_does_nothing() -> None:
    assert tasks.remove_orphaned_files() == 0


@pytest.mark.parametrize("owner", storage.document_models())
def test_the_search_for_orphans_has_an_index_on_each_table(owner: type[models.Model]) -> None:
    """The daily clean-up looks up the row of every stored file, perhaps a million."""
    assert ["file"] in [index.fields for index in owner._meta.indexes]


def test_the_search_for_orphans_covers_every_model_with_files_staged_files_first() -> None:
    """The clean-up would delete the files of a missing model after a day."""
    with_files = {
        model
        for model in apps.get_models()
        if any(isinstance(field, models.FileField) for field in model._meta.get_fields())
    }
    assert storage.document_models()[0] is StagedFile
    assert set(storage.document_models()) == with_files >= {Attachment, StagedFile}
