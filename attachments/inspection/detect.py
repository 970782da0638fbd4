"""Detect a file's format from its structure, whatever its name, and the problem that rules it
out.
"""

from dataclasses import dataclass

from attachments.inspection import archive, jpeg
from attachments.inspection.effort import Effort
from attachments.inspection.formats import DOC, JPEG, PDF, XLS, Format
from attachments.inspection.ole import container, doc, xls
from attachments.inspection.ooxml import package
from attachments.inspection.pdf import document
from attachments.inspection.problems import Problem, Rejected


@dataclass(frozen=True)
class Detected:
    """`format` is None for a format that is not accepted, and when `problem` was found first."""

    format: Format | None = None
    problem: Problem | None = None


def detect(content: bytes, effort: Effort) -> Detected:
    """Detect the format. Never raises, and stops when the effort is used up."""
    try:
        return Detected(_format_of(content, effort))
    except Rejected as rejection:
        return Detected(problem=rejection.problem)
    except Exception:  # noqa: BLE001  damaged bytes make the readers raise many kinds of exception
        return Detected(problem=Problem.DAMAGED)


def _format_of(content: bytes, effort: Effort) -> Format | None:
    if content.startswith(archive.LOCAL_HEADER):
        return package.format_of(content, effort)
    if content.startswith(container.SIGNATURE):
        return _ole_format(container.Container(content, effort), effort)
    if content.startswith(jpeg.SIGNATURE):
        jpeg.check(content)
        return JPEG
    if document.signature_position(content) >= 0:
        document.check(content, effort)
        return PDF
    return None


def _ole_format(ole: container.Container, effort: Effort) -> Format | None:
    ole.refuse_active_content()
    names = {path[0] for path in ole.streams if len(path) == 1}
    is_word, is_excel = "worddocument" in names, bool(names & {"workbook", "book"})
    if is_word is is_excel:
        return None
    if is_word:
        doc.check(ole)
        return DOC
    xls.check(ole, effort)
    return XLS
