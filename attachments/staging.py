"""Stage the documents of a form until it is confirmed: store, find, remove and claim them (R3.21).

Only the administrator who sent a staged file can use it, in the same browser (R6.11). When one is
missing, the page says so and the rest of the form is kept.
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import models, transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attachments import quota, storage
from attachments.intake import Document
from attachments.models import StagedFile, private_storage
from companies.models import Administrator
from otp import session
from otp.hashing import keyed_hash

logger = logging.getLogger(__name__)

# Longer than any portal session; the daily clean-up then deletes row and file
LIFETIME = timedelta(hours=24)


class StagedFileGone(Exception):
    """Another form claimed a staged file, or it was deleted, after this request had found it."""


@dataclass(frozen=True)
class Uploader:
    """The administrator and the browser that staged files belong to.

    A form of a person without a registered number has no administrator. Its files belong to the
    form, whose `form_key` only that browser has.
    """

    request: HttpRequest
    administrator: Administrator | None
    phone: str  # verified; a form without a number gives another value, whose quota counts the files
    form_key: str = ""

    @cached_property
    def browser_token(self) -> str:
        """The token of the browser session, created on first access, or that of the form."""
        if self.administrator is None:
            return keyed_hash("form", self.form_key)
        return session.browser_token(self.request, self.phone)


@dataclass(frozen=True)
class StagedFiles:
    """The staged files that a form names, and how many of its ids match no file."""

    files: tuple[StagedFile, ...] = ()
    missing: int = 0


def posted_files(uploader: Uploader, posted: QueryDict) -> StagedFiles:
    """Return the files in `staged`, in that order, without those in `remove`."""
    removed = set(posted.getlist("remove"))
    return find(uploader, [raw for raw in posted.getlist("staged") if raw not in removed])


def find(uploader: Uploader, raw: Iterable[str]) -> StagedFiles:
    """Return the files with these ids, each once."""
    named = list(dict.fromkeys(text for text in raw if text))
    ids = _valid_ids(named)
    files = _files_of(uploader).in_bulk(ids) if ids else {}
    missing = len(named) - len(files)
    if missing:
        logger.warning(
            "Administrator %s named %d staged files that are not theirs",
            uploader.administrator.pk if uploader.administrator else None,
            missing,
        )
    return StagedFiles(tuple(files[pk] for pk in ids if pk in files), missing)


def remove(uploader: Uploader, posted: QueryDict) -> None:
    """Delete the files in `remove` that no confirmed form has claimed."""
    if ids := _valid_ids(posted.getlist("remove")):
        _discard(_files_of(uploader).filter(pk__in=ids))


def stage(uploader: Uploader, documents: Sequence[Document]) -> tuple[StagedFile, ...]:
    """Store accepted documents. Raises QuotaReached and StorageFailed, and then stores none."""
    if not documents:
        return ()
    quota.check(uploader.phone, len(documents))
    now = timezone.now()
    with storage.saved_files(document.content for document in documents) as names, transaction.atomic():
        quota.consume(uploader.phone, len(documents))
        staged = StagedFile.objects.bulk_create(
            StagedFile(
                administrator=uploader.administrator,
                browser_token=uploader.browser_token,
                created_at=now,
                original_name=document.name,
                content_type=document.content_type,
                size=len(document.content),
                sha256=document.sha256,
                file=name,
            )
            for document, name in zip(documents, names, strict=True)
        )
    return tuple(staged)


def for_submission(uploader: Uploader, files: Iterable[StagedFile], key: UUID) -> tuple[StagedFile, ...]:
    """Return the files for the form with this key; a file that another form claimed is copied.

    Raises QuotaReached and StorageFailed.
    """
    return tuple(file if file.claimed_by in {None, key} else _copy(uploader, file) for file in files)


def claim(files: Sequence[StagedFile], key: UUID) -> None:
    """Claim the files for the form with this key, in its transaction. Raises StagedFileGone."""
    if not files:
        return
    unclaimed = StagedFile.objects.filter(pk__in=[file.pk for file in files], claimed_by=None)
    if unclaimed.filter(created_at__gt=timezone.now() - LIFETIME).update(claimed_by=key) != len(files):
        raise StagedFileGone


def remove_expired(now: datetime) -> int:
    """Delete expired rows, with the files that no form claimed. Return the number of files."""
    old = StagedFile.objects.filter(created_at__lte=now - LIFETIME)
    old.exclude(claimed_by=None).delete()  # the file now belongs to a ticket's document
    return _discard(old.filter(claimed_by=None))


def error_text(problem: Exception) -> str:
    """Return the text for the customer when documents could not be stored."""
    if isinstance(problem, StagedFileGone):
        return _("Sus documentos cambiaron en otra ventana. Revise la lista y confirme otra vez.")
    if not isinstance(problem, quota.QuotaReached):
        return _("No pudimos guardar los documentos. Confirme sin ellos y envíelos al asesor.")
    if problem.left:
        return ngettext(
            "Por hoy puede adjuntar un archivo más. Elija el más importante.",
            "Por hoy puede adjuntar hasta %(left)d archivos más. Elija los más importantes.",
            problem.left,
        ) % {"left": problem.left}
    return _(
        "Hoy ya recibimos de su número todos los archivos que se admiten en un día. "
        "Confirme sin archivos nuevos y envíelos al asesor."
    )


def uploads_disabled_reason() -> str:
    """Return why the page accepts no documents now; empty when it does (R3.20)."""
    if storage.has_room():
        return ""
    return _(
        "En este momento no podemos recibir archivos. Confirme sin ellos: su solicitud se registra igual, y puede "
        "enviarlos después al asesor."
    )


def _files_of(uploader: Uploader) -> models.QuerySet[StagedFile]:
    since = timezone.now() - LIFETIME
    return StagedFile.objects.filter(
        administrator=uploader.administrator, browser_token=uploader.browser_token, created_at__gt=since
    )


def _copy(uploader: Uploader, file: StagedFile) -> StagedFile:
    try:
        with private_storage().open(str(file.file.name)) as stored:
            content = stored.read()
    except OSError as error:
        raise storage.StorageFailed from error
    return stage(uploader, [Document(file.original_name, file.content_type, content)])[0]


def _discard(files: models.QuerySet[StagedFile]) -> int:
    """Delete unclaimed files, the rows first: a crash leaves orphans, never rows without files."""
    deleted = 0
    for pk, name in files.values_list("pk", "file"):
        if StagedFile.objects.filter(pk=pk, claimed_by=None).delete()[0]:
            storage.delete([name])
            deleted += 1
    return deleted


def _valid_ids(texts: Iterable[str]) -> list[UUID]:
    """Return the ids among the texts, each once."""
    ids: dict[UUID, None] = {}
    for text in texts:
        with suppress(ValueError):
            ids[UUID(text)] = None
    return list(ids)
