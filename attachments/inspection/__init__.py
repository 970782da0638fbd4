"""Which documents a customer may attach (A11, R3.01-R3.14): name, size and content must all say the
same thing.

Pure: bytes in, a verdict out; no Django. No bytes make it raise, and none take it long (effort.py).
The container is opened, because a type guessed from a few bytes refuses every third genuine file
and lets in what must stay out. libmagic has one vote, against what its first bytes leave open.
"""

from dataclasses import dataclass

from attachments.inspection import archive, jpeg, names, refusals
from attachments.inspection.detect import detect
from attachments.inspection.effort import Effort
from attachments.inspection.formats import EXTENSIONS, FORMATS
from attachments.inspection.libmagic import mime_type
from attachments.inspection.names import MAX_NAME, clean_name, extension_of
from attachments.inspection.ole import container as ole
from attachments.inspection.pdf import document as pdf
from attachments.inspection.refusals import HINT

__all__ = [
    "EXTENSIONS",
    "HINT",
    "MAX_BYTES",
    "MAX_FILES",
    "MAX_NAME",
    "Verdict",
    "clean_name",
    "content_type_of",
    "extension_of",
    "inspect",
    "refused_unopened",
]

MAX_BYTES = 2 * 1024 * 1024  # 2,097,152: the "2 MB" of A11
MAX_FILES = 5
# What libmagic takes no genuine document for, whatever else it mistakes them for (measured on 9,000
# of them)
_CONTRADICTIONS = (
    "application/java-archive application/vnd.android.package-archive application/vnd.microsoft.portable-executable"
    " application/x-dosexec application/x-executable application/x-mach-binary application/x-msi"
    " application/x-pie-executable application/x-sharedlib application/x-shockwave-flash image/svg+xml text/html"
    " text/x-msdos-batch text/x-php text/x-shellscript"
)
CONTRADICTIONS = frozenset(_CONTRADICTIONS.split())
# What begins with one of these is never one of those, whatever follows; a zip or a late
# %PDF may be (decisions.md)
OWN_MARKS = (pdf.MARK, jpeg.START, ole.MAGIC)
CONTAINERS = (archive.LOCAL, ole.MAGIC)  # what tells these apart may be at their end
BEGINNING = 16 * 1024  # bytes by which libmagic knows anything else; of blank lines it would take long


@dataclass(frozen=True)
class Verdict:
    """`content_type` is ours, never the browser's; `reason` is for the customer and empty when
    accepted.
    """

    accepted: bool
    content_type: str = ""
    reason: str = ""


def inspect(name: str, content: bytes) -> Verdict:
    """Whether the document can be attached, and if not, why, in words for the customer."""
    clean = clean_name(name)
    reason = refused_unopened(name, len(content)) or _content_refusal(clean, content)
    if reason:
        return Verdict(accepted=False, reason=_of_temporary(clean) or reason)
    return Verdict(accepted=True, content_type=content_type_of(clean))


def content_type_of(name: str) -> str:
    """The type that a document of this name is accepted as; its name was not refused."""
    return FORMATS[extension_of(clean_name(name))].content_type


def refused_unopened(name: str, size: int) -> str:
    """Why a document is refused for its name or its size alone; empty where it has to be opened."""
    clean = clean_name(name)
    return names.refusal(name) or _size_refusal(clean, size)


def _of_temporary(name: str) -> str:
    """A document of such a name that is one all the same is taken."""
    mark = names.temporary_mark(name)
    return refusals.temporary(name, mark) if mark else ""


def _size_refusal(name: str, size: int) -> str:
    if not size:
        return refusals.empty(name)
    return refusals.too_heavy(name, extension_of(name)) if size > MAX_BYTES else ""


def _content_refusal(name: str, content: bytes) -> str:
    extension = extension_of(name)
    expected = FORMATS[extension]
    inside = detect(content, Effort())
    if inside.format is expected and not _contradicted(content):
        return ""
    if inside.format is not None and inside.format is not expected:
        return refusals.of_other_kind(name, inside.format)
    if inside.problem is not None:
        return refusals.in_trouble(name, expected, inside.problem)
    return refusals.seems(name, extension, _seen_as(content)) or refusals.unreadable(name, expected)


def _contradicted(content: bytes) -> bool:
    return not content.startswith(OWN_MARKS) and _seen_as(content) in CONTRADICTIONS


def _seen_as(content: bytes) -> str:
    return mime_type(content if content.startswith(CONTAINERS) else content[:BEGINNING])
