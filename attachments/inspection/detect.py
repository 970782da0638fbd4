"""What a file proves to be by its own structure, whatever it is called, and what stands in the way of taking it."""

from dataclasses import dataclass

from attachments.inspection import archive, doc, jpeg, ole, ooxml, pdf, xls
from attachments.inspection.effort import Effort
from attachments.inspection.formats import DOC, JPEG, PDF, XLS, Kind
from attachments.inspection.problems import Trouble, Unacceptable


@dataclass(frozen=True)
class Inside:
    """`kind` is none where nothing accepted was recognised, or trouble came before it could be."""

    kind: Kind | None = None
    trouble: Trouble | None = None


def look_inside(content: bytes, effort: Effort) -> Inside:
    """Never raises, whatever the bytes; it ends when the effort does."""
    try:
        return Inside(_kind_of(content, effort))
    except Unacceptable as found:
        return Inside(trouble=found.trouble)
    except Exception:  # noqa: BLE001  parsers of damaged files raise a dozen kinds, and damaged is all it is
        return Inside(trouble=Trouble.DAMAGED)


def _kind_of(content: bytes, effort: Effort) -> Kind | None:
    if content.startswith(archive.LOCAL):
        return ooxml.kind_of(content, effort)
    if content.startswith(ole.MAGIC):
        return _ole_kind(ole.Container(content, effort), effort)
    if content.startswith(jpeg.START):
        jpeg.check(content)
        return JPEG
    if pdf.begins(content) >= 0:
        pdf.check(content, effort)
        return PDF
    return None


def _ole_kind(container: ole.Container, effort: Effort) -> Kind | None:
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
