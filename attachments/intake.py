"""Documents as they come with a form: each one judged, those accepted kept whatever is wrong with
the others (A11).
"""

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
    """A file that was judged and accepted."""

    name: str
    content_type: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class ReceivedDocuments:
    """What came with a form: the documents accepted, and what is wrong with the others, for the
    customer.
    """

    accepted: tuple[Document, ...] = ()
    problems: tuple[str, ...] = ()


def uploaded_files(request: HttpRequest) -> list[ReceivedFile]:
    """The files of a posted form, as our upload handler left them."""
    return cast("list[ReceivedFile]", request.FILES.getlist("attachments"))


@dataclass(frozen=True)
class KnownDocument:
    """A document that was accepted before: its content and the type found then."""

    sha256: str
    content_type: str


def receive(
    files: Sequence[ReceivedFile],
    held: int,
    phone: str,
    inspected: Callable[[], Collection[KnownDocument]] = tuple,
) -> ReceivedDocuments:
    """Judge the files sent with a form that holds so many documents already; five are the most of
    both together.

    Raises QuotaReached, with none opened, where that phone may not send so many. Those accepted are
    counted where they are kept, those opened and refused here (S5). Those that `inspected` knows,
    which are the ones of the ticket that a first click has made, are neither opened nor counted
    again: the second click gets the same ticket (R4.19).
    """
    verdicts = [_unopened(file) for file in files[:MAX_FILES]]
    if verdicts:
        verdicts = _known(files, verdicts, inspected())
    try:
        quota.check(phone, verdicts.count(None))
    except quota.QuotaReached:
        # The first click may have taken the last of it meanwhile, in the transaction that made its
        # ticket
        if None in (verdicts := _known(files, verdicts, inspected())):
            raise
    accepted: list[Document] = []
    problems: list[str] = []
    left_out: list[str] = []
    refused = 0
    for position, file in enumerate(files):
        name = clean_name(file.name or "")
        # Of the sixth and later ones only the name was kept while they came in
        # (`attachments.uploads`)
        if held + len(accepted) >= MAX_FILES or position >= MAX_FILES:
            left_out.append(name)
            continue
        verdict = verdicts[position] or inspect(file.name or "", file.content)
        if verdict.accepted:
            accepted.append(Document(name, verdict.content_type, file.content))
        else:
            problems.append(verdict.reason)
            refused += verdicts[position] is None
    quota.count_refused(phone, refused)
    if left_out or held > MAX_FILES:
        problems.append(_count_refused(held + len(files), left_out))
    return ReceivedDocuments(tuple(accepted), tuple(problems))


def _unopened(file: ReceivedFile) -> Verdict | None:
    """The verdict by name and size alone; none where the file has to be opened."""
    reason = refusal_before_opening(file.name or "", len(file.content))
    return inspect(file.name or "", file.content) if reason else None


def _known(
    files: Sequence[ReceivedFile], verdicts: Sequence[Verdict | None], inspected: Collection[KnownDocument]
) -> list[Verdict | None]:
    """The verdicts, with those of documents that were accepted before, under a name of the same
    type.
    """
    known = set(inspected)
    return [
        verdict or _again(file, known) if known else verdict
        for file, verdict in zip(files, verdicts, strict=False)
    ]


def _again(file: ReceivedFile, known: Collection[KnownDocument]) -> Verdict | None:
    content_type = content_type_of(file.name or "")
    sha256 = hashlib.sha256(file.content).hexdigest()
    return (
        Verdict(accepted=True, content_type=content_type)
        if KnownDocument(sha256, content_type) in known
        else None
    )


def _count_refused(count: int, left_out: list[str]) -> str:
    text = _("Se pueden adjuntar hasta %(limit)d archivos y con estos serían %(count)d.") % {
        "limit": MAX_FILES,
        "count": count,
    }
    if not left_out:
        return text + " " + _("Quite los que sobran.")
    names = ", ".join(f"«{name}»" for name in left_out)
    return text + " " + _("Quedan sin adjuntar: %(names)s.") % {"names": names}
