"""Inspect the documents sent with a form; a refused one does not affect the others (A11)."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from attachments import quota
from attachments.inspection import (
    MAX_FILES,
    Verdict,
    clean_name,
    content_type_of,
    inspect,
    refusal_before_opening,
)
from attachments.uploads import ReceivedFile


@dataclass(frozen=True)
class Document:
    """A file that was inspected and accepted."""

    name: str
    content_type: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class ReceivedDocuments:
    """The documents accepted with a form, and the texts for the customer about the others."""

    accepted: tuple[Document, ...] = ()
    problems: tuple[str, ...] = ()


def uploaded_files(request: HttpRequest) -> list[ReceivedFile]:
    """Return the files of a posted form, as the upload handler of the product made them."""
    return cast("list[ReceivedFile]", request.FILES.getlist("attachments"))


@dataclass(frozen=True)
class KnownDocument:
    """The content and type of a document that the form's ticket already has."""

    sha256: str
    content_type: str


def receive(
    files: Sequence[ReceivedFile],
    staged_count: int,
    phone: str,
    known_documents: Callable[[], Collection[KnownDocument]] = tuple,
) -> ReceivedDocuments:
    """Inspect the files of a form. With those already staged for it, at most five are accepted.

    Raises QuotaReached before opening any file when the phone may not send that many. Files that
    are opened and refused are counted here (S5), accepted ones where they are stored. After a
    double click, the files of the ticket that the first click made (`known_documents`) are neither
    opened nor counted again, and the second click gets the same ticket (R4.19).
    """
    verdicts = [
        inspect(file.name or "", file.content)
        if refusal_before_opening(file.name or "", len(file.content))
        else None
        for file in files[:MAX_FILES]
    ]
    if verdicts:
        verdicts = _accept_known(files, verdicts, known_documents())
    try:
        quota.check(phone, verdicts.count(None))
    except quota.QuotaReached:
        # The first click may just have used the rest of the quota, in the transaction of its ticket
        if None in (verdicts := _accept_known(files, verdicts, known_documents())):
            raise
    accepted: list[Document] = []
    problems: list[str] = []
    left_out: list[str] = []
    refused = 0
    for position, file in enumerate(files):
        name = clean_name(file.name or "")
        # From the sixth file on, the upload handler kept the name only (attachments.uploads)
        if staged_count + len(accepted) >= MAX_FILES or position >= MAX_FILES:
            left_out.append(name)
            continue
        verdict = verdicts[position] or inspect(file.name or "", file.content)
        if verdict.accepted:
            accepted.append(Document(name, verdict.content_type, file.content))
        else:
            problems.append(verdict.reason)
            refused += verdicts[position] is None
    quota.count_refused(phone, refused)
    if left_out or staged_count > MAX_FILES:
        problems.append(_too_many_text(staged_count + len(files), left_out))
    return ReceivedDocuments(tuple(accepted), tuple(problems))


def _accept_known(
    files: Sequence[ReceivedFile],
    verdicts: Sequence[Verdict | None],
    known_documents: Collection[KnownDocument],
) -> list[Verdict | None]:
    """Return the verdicts; a known content under a name of the same type is accepted."""
    known = set(known_documents)
    result = list(verdicts)
    for position, verdict in enumerate(verdicts):
        if known and verdict is None:
            file = files[position]
            content_type = content_type_of(file.name or "")
            if KnownDocument(hashlib.sha256(file.content).hexdigest(), content_type) in known:
                result[position] = Verdict(accepted=True, content_type=content_type)
    return result


def _too_many_text(count: int, left_out: list[str]) -> str:
    text = _("Se pueden adjuntar hasta %(limit)d archivos y con estos serían %(count)d.") % {
        "limit": MAX_FILES,
        "count": count,
    }
    if not left_out:
        return text + " " + _("Quite los que sobran.")
    names = ", ".join(f"«{name}»" for name in left_out)
    return text + " " + _("Quedan sin adjuntar: %(names)s.") % {"names": names}
