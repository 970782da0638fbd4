"""Documents of a form that is not confirmed yet: stored, shown again, removed, taken when it is
confirmed (R3.21).

A staged file can be named only by its administrator in the browser that sent it (R6.11). A missing
one never stops the form: the page says that it is missing, and the rest of the form stays.
"""

import logging
from collections.abc import Iterable, Sequence
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

logger = logging.getLogger(__name__)

LIFETIME = timedelta(hours=24)  # longer than any portal session; then the daily clean-up takes row and file


class StagedFileGone(Exception):
    """A staged file was taken by another form, or deleted, between the look at it and its use."""


@dataclass(frozen=True)
class Uploader:
    """Whose the staged files are."""

    request: HttpRequest
    administrator: Administrator
    phone: str  # verified; its quota counts them

    @cached_property
    def browser_token(self) -> str:
        """What stands for the browser session; asked for only when there are files, since it is
        kept there.
        """
        return session.browser_token(self.request, self.phone)


@dataclass(frozen=True)
class StagedFiles:
    """What a form says is staged for it: the files there are, and how many it names that there are
    not.
    """

    files: tuple[StagedFile, ...] = ()
    missing: int = 0


def posted_files(owner: Uploader, posted: QueryDict) -> StagedFiles:
    """The files in `staged`, in its order, but for those in `remove`."""
    removed = set(posted.getlist("remove"))
    return find(owner, [raw for raw in posted.getlist("staged") if raw not in removed])


def find(owner: Uploader, raw: Iterable[str]) -> StagedFiles:
    """The files of these ids, each once."""
    texts = list(dict.fromkeys(text for text in raw if text))
    wanted = _ids(texts)
    found = _of(owner).in_bulk(wanted) if wanted else {}
    missing = len(texts) - len(found)
    if missing:
        logger.warning(
            "Administrator %d named %d staged files that are not theirs", owner.administrator.pk, missing
        )
    return StagedFiles(tuple(found[pk] for pk in wanted if pk in found), missing)


def remove(owner: Uploader, posted: QueryDict) -> None:
    """Delete the files in `remove`, unless a confirmed form took them."""
    if ids := _ids(posted.getlist("remove")):
        _discard(_of(owner).filter(pk__in=ids))


def stage(owner: Uploader, documents: Sequence[Document]) -> tuple[StagedFile, ...]:
    """Keep accepted documents for a form to come. Raises QuotaReached and StorageFailed, with
    nothing kept.
    """
    if not documents:
        return ()
    quota.check(owner.phone, len(documents))
    now = timezone.now()
    with storage.saved_files(document.content for document in documents) as names, transaction.atomic():
        quota.consume(owner.phone, len(documents))
        staged = StagedFile.objects.bulk_create(
            StagedFile(
                administrator=owner.administrator,
                browser_token=owner.browser_token,
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


def for_submission(owner: Uploader, files: Iterable[StagedFile], key: UUID) -> tuple[StagedFile, ...]:
    """The files for the form of this key: one that another form has taken is staged anew, as a
    copy.

    Raises QuotaReached and StorageFailed.
    """
    return tuple(file if file.claimed_by in {None, key} else _copy(owner, file) for file in files)


def claim(files: Sequence[StagedFile], key: UUID) -> None:
    """Give the files to the form of this key, in the transaction that confirms it. Raises
    StagedFileGone.
    """
    if not files:
        return
    free = StagedFile.objects.filter(pk__in=[file.pk for file in files], claimed_by=None)
    if free.filter(created_at__gt=timezone.now() - LIFETIME).update(claimed_by=key) != len(files):
        raise StagedFileGone


def remove_expired(now: datetime) -> int:
    """Delete what was never confirmed, and forget what was. Returns how many files went."""
    old = StagedFile.objects.filter(created_at__lte=now - LIFETIME)
    old.exclude(claimed_by=None).delete()  # the file has another row by now
    return _discard(old.filter(claimed_by=None))


def error_text(problem: Exception) -> str:
    """What the customer reads when documents could not be kept, and the request could be sent
    without them.
    """
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
    """Why no document can be taken now, for the page to say before anybody chooses one; empty when
    they can (R3.20).
    """
    if storage.has_room():
        return ""
    return _(
        "En este momento no podemos recibir archivos. Confirme sin ellos: su solicitud se registra igual, y puede "
        "enviarlos después al asesor."
    )


def _of(owner: Uploader) -> models.QuerySet[StagedFile]:
    since = timezone.now() - LIFETIME
    return StagedFile.objects.filter(
        administrator=owner.administrator, browser_token=owner.browser_token, created_at__gt=since
    )


def _copy(owner: Uploader, file: StagedFile) -> StagedFile:
    try:
        with private_storage().open(str(file.file.name)) as stored:
            content = stored.read()
    except OSError as error:
        raise storage.StorageFailed from error
    return stage(owner, [Document(file.original_name, file.content_type, content)])[0]


def _discard(files: models.QuerySet[StagedFile]) -> int:
    """Row first, and only while no form has taken it: a crash in between leaves an orphan, never a
    row without file.
    """
    gone = 0
    for pk, name in files.values_list("pk", "file"):
        if StagedFile.objects.filter(pk=pk, claimed_by=None).delete()[0]:
            storage.delete([name])
            gone += 1
    return gone


def _ids(raw: Iterable[str]) -> list[UUID]:
    """Those that are ids, each once."""
    return list(dict.fromkeys(pk for text in raw if (pk := _id(text))))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
