"""Decide which documents a customer may attach, by name, size and content (A11, R3.01-R3.14).

Pure functions: bytes in, verdict out, no Django. Whatever the bytes, `inspect` returns, after a
limited number of steps (effort.py). Each file is opened with a reader of its format: a type guessed
from the first bytes refuses every third genuine file and accepts dangerous ones. libmagic can only
reject (R3.06), and is asked only about files whose first bytes leave their format open.
"""

from dataclasses import dataclass

from attachments.inspection import archive, jpeg, names, refusals
from attachments.inspection.detect import detect
from attachments.inspection.effort import Effort
from attachments.inspection.formats import EXTENSIONS, FORMATS
from attachments.inspection.libmagic import mime_type
from attachments.inspection.names import MAX_NAME, clean_name, extension_of
from attachments.inspection.ole import container
from attachments.inspection.pdf import document
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
    "refusal_before_opening",
]

MAX_BYTES = 2 * 1024 * 1024  # 2,097,152: the "2 MB" of A11
MAX_FILES = 5
# Types that libmagic gave to none of 9,000 genuine documents (measured)
_CONTRADICTIONS = (
    "application/java-archive application/vnd.android.package-archive application/vnd.microsoft.portable-executable"
    " application/x-dosexec application/x-executable application/x-mach-binary application/x-msi"
    " application/x-pie-executable application/x-sharedlib application/x-shockwave-flash image/svg+xml text/html"
    " text/x-msdos-batch text/x-php text/x-shellscript"
)
CONTRADICTIONS = frozenset(_CONTRADICTIONS.split())
# libmagic never contradicts a file that begins with one of these. It can contradict a ZIP file, and
# a PDF whose signature comes late (decisions.md)
UNAMBIGUOUS = (document.SIGNATURE, jpeg.SIGNATURE, container.SIGNATURE)
# libmagic gets the whole of these files, because what identifies their format may be at the end
CONTAINERS = (archive.LOCAL_HEADER, container.SIGNATURE)
# The first bytes of other files suffice to recognise them; with more, libmagic takes long on a run
# of blank lines
LIBMAGIC_BYTES = 16 * 1024


@dataclass(frozen=True)
class Verdict:
    """The result of an inspection.

    `content_type` comes from the inspection, never from the browser. `reason` is the text for the
    customer, empty when the document is accepted.
    """

    accepted: bool
    content_type: str = ""
    reason: str = ""


def inspect(name: str, content: bytes) -> Verdict:
    """Inspect a document and return whether it can be attached, and if not, why."""
    clean = clean_name(name)
    reason = refusal_before_opening(name, len(content)) or _content_refusal(clean, content)
    if reason:
        prefix = names.temporary_prefix(clean)
        return Verdict(accepted=False, reason=refusals.temporary_file(clean, prefix) if prefix else reason)
    return Verdict(accepted=True, content_type=content_type_of(clean))


def content_type_of(name: str) -> str:
    """Return the content type of an accepted document with this name."""
    return FORMATS[extension_of(clean_name(name))].content_type


def refusal_before_opening(name: str, size: int) -> str:
    """Return why name or size alone rule a document out; empty when it has to be opened."""
    clean = clean_name(name)
    if reason := names.refusal(name):
        return reason
    if not size:
        return refusals.empty_file(clean)
    return refusals.too_large(clean, extension_of(clean)) if size > MAX_BYTES else ""


def _content_refusal(name: str, content: bytes) -> str:
    extension = extension_of(name)
    expected = FORMATS[extension]
    detected = detect(content, Effort())
    if detected.format is expected and (
        content.startswith(UNAMBIGUOUS) or _libmagic_type(content) not in CONTRADICTIONS
    ):
        return ""
    if detected.format is not None and detected.format is not expected:
        return refusals.other_format(name, detected.format)
    if detected.problem is not None:
        return refusals.for_problem(name, expected, detected.problem)
    return refusals.looks_like(name, extension, _libmagic_type(content)) or refusals.unreadable(
        name, expected
    )


def _libmagic_type(content: bytes) -> str:
    return mime_type(content if content.startswith(CONTAINERS) else content[:LIBMAGIC_BYTES])
