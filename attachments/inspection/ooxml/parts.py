"""The parts of a package, one after the other: what they would start, fetch or carry in (R3.07,
R3.09).

Every part is unpacked, so that no size is taken on trust, and none is held whole that need not be.
"""

from attachments.inspection import archive, executables
from attachments.inspection.archive import ArchiveEntry
from attachments.inspection.effort import Effort
from attachments.inspection.ole import container as ole
from attachments.inspection.ooxml import fields
from attachments.inspection.ooxml.targets import is_remote
from attachments.inspection.ooxml.xml import Attributes, read_elements
from attachments.inspection.problems import Problem, Rejected

# Bytes of all .rels that are read; only those with more than links and pictures are
MAX_RELATIONSHIPS = 1024 * 1024
MAX_EMBEDDED = 4 * 1024 * 1024  # bytes of an object that is opened in its turn
MAX_OBJECTS, MAX_OBJECT_ENTRIES = 200, 60  # such objects, and the entries of one that is a package

# Fetched by Word as soon as the document is opened; a link waits for a click, and a linked picture
# is a picture
_FETCHED = frozenset({"attachedtemplate", "oleobject", "frame", "subdocument", "afchunk", "customui"})
_WORTH_READING = (*(kind.encode() for kind in sorted(_FETCHED)), b"&#")  # a letter may be coded


class Examination:
    """Of one package: looks at its parts, and raises `Rejected`
    at the first that must not come in.
    """

    def __init__(self, content: bytes, effort: Effort) -> None:
        self._content = content
        self._effort = effort
        self._objects = 0
        self._relationships = 0

    def look_at(self, entry: ArchiveEntry, *, is_markup: bool) -> None:
        """Unpack a part to its end, and refuse it for what it is or does."""
        if entry.name.endswith(".rels"):
            self._look_at_relationships(archive.unpack(self._content, entry, archive.MAX_UNPACKED))
            return
        text = fields.Text(self._effort)
        for number, chunk in enumerate(archive.chunks(self._content, entry)):
            self._effort.read(len(chunk))
            if not number:
                self._look_at_beginning(entry, chunk)
            if is_markup:
                text.read(chunk)
        text.close()
        if text.is_unsure:
            fields.parse(archive.unpack(self._content, entry, archive.MAX_UNPACKED), self._effort)

    def _look_at_relationships(self, xml: bytes) -> None:
        self._effort.read(2 * len(xml))
        plain = xml.translate(None, b"\0") if b"\0" in xml else xml
        if b"<!DOCTYPE" in plain:
            raise Rejected(Problem.DAMAGED)
        lowered = plain.lower()
        if any(mark in lowered for mark in _WORTH_READING):
            self._relationships += len(xml)
            if self._relationships > MAX_RELATIONSHIPS:
                raise Rejected(Problem.OVERSIZED)
            read_elements(xml, _refuse_fetched, self._effort)

    def _look_at_beginning(self, entry: ArchiveEntry, beginning: bytes) -> None:
        if executables.is_program(beginning[:1024]):
            raise Rejected(Problem.PROGRAM)
        if not beginning.startswith((ole.MAGIC, archive.LOCAL)):
            return
        self._objects += 1
        if self._objects > MAX_OBJECTS:
            raise Rejected(Problem.OVERSIZED)
        _look_into(archive.unpack(self._content, entry, MAX_EMBEDDED), self._effort)


def _refuse_fetched(tag: str, attributes: Attributes) -> None:
    if tag != "Relationship" or attributes.get("TargetMode", "").lower() != "external":
        return
    fetched = attributes.get("Type", "").rpartition("/")[2].lower() in _FETCHED
    if fetched and is_remote(attributes.get("Target", "")):
        raise Rejected(Problem.REMOTE)


def _look_into(content: bytes, effort: Effort) -> None:
    """A sheet behind a chart, a document in an icon: macros and programs are refused there too, one
    level down.
    """
    if content.startswith(ole.MAGIC):
        ole.Container(content, effort).refuse_dangers()
        return
    parts = [entry.name for entry in archive.entries(content, effort, MAX_OBJECT_ENTRIES)]
    if any(name.endswith("vbaproject.bin") for name in parts):
        raise Rejected(Problem.MACROS)
    executables.refuse_names(parts)
