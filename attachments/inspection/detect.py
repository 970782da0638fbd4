"""What a file proves to be by its own structure, whatever it is called, and what stands in the way
of taking it.
"""

from dataclasses import dataclass

from attachments.inspection import archive, jpeg
from attachments.inspection.effort import Effort
from attachments.inspection.formats import DOC, JPEG, PDF, XLS, Format
from attachments.inspection.ole import container as ole
from attachments.inspection.ole import doc, xls
from attachments.inspection.ooxml import package as ooxml
from attachments.inspection.pdf import document as pdf
from attachments.inspection.problems import Problem, Rejected


@dataclass(frozen=True)
class Detected:
    """`kind` is none where nothing accepted was recognised, or problem came before it could be."""

    format: Format | None = None
    problem: Problem | None = None


def detect(content: bytes, effort: Effort) -> Detected:
    """Never raises, whatever the bytes; it ends when the effort does."""
    try:
        return Detected(_format_of(content, effort))
    except Rejected as found:
        return Detected(problem=found.problem)
    except Exception:  # noqa: BLE001  parsers of damaged files raise a dozen kinds, and damaged is all it is
        return Detected(problem=Problem.DAMAGED)


def _format_of(content: bytes, effort: Effort) -> Format | None:
    if content.startswith(archive.LOCAL):
        return ooxml.format_of(content, effort)
    if content.startswith(ole.MAGIC):
        return _ole_format(ole.Container(content, effort), effort)
    if content.startswith(jpeg.START):
        jpeg.check(content)
        return JPEG
    if pdf.begins(content) >= 0:
        pdf.check(content, effort)
        return PDF
    return None


def _ole_format(container: ole.Container, effort: Effort) -> Format | None:
    container.refuse_dangers()
    names = {path[0] for path in container.streams if len(path) == 1}
    is_word, is_excel = "worddocument" in names, bool(names & {"workbook", "book"})
    if is_word is is_excel:
        return None
    if is_word:
        doc.check(container)
        return DOC
    xls.check(container, effort)
    return XLS
