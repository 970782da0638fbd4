"""Inspect the parts of a package: programs, objects, fields, remote targets (R3.07, R3.09).

Every part is unpacked to its end, because a declared size can be forged, and read in pieces, so
that no large part is held in memory.
"""

from attachments.inspection import archive, executables
from attachments.inspection.archive import ArchiveEntry
from attachments.inspection.effort import Effort
from attachments.inspection.ole import container
from attachments.inspection.ooxml import fields
from attachments.inspection.ooxml.targets import is_remote
from attachments.inspection.ooxml.xml import Attributes, read_elements
from attachments.inspection.problems import Problem, Rejected

# Bytes of all .rels parts that are parsed. Parts with links and pictures only are not parsed
MAX_RELATIONSHIPS = 1024 * 1024
MAX_EMBEDDED = 4 * 1024 * 1024  # bytes of an embedded object, which is inspected too
MAX_OBJECTS, MAX_OBJECT_ENTRIES = 200, 60  # embedded objects; entries of one that is a package

# Relationships whose target Word loads when it opens the document. A link is followed on a click
# only, and a linked picture is harmless
_LOADED_ON_OPENING = frozenset(
    {"attachedtemplate", "oleobject", "frame", "subdocument", "afchunk", "customui"}
)
# A part without any of these is not parsed; `&#` may begin an escaped letter of one
_WORTH_PARSING = (*(kind.encode() for kind in sorted(_LOADED_ON_OPENING)), b"&#")


class PartInspector:
    """Inspects the parts of one package, and counts its embedded objects and relationships."""

    def __init__(self, content: bytes, effort: Effort) -> None:
        self._content = content
        self._effort = effort
        self._objects = 0
        self._relationship_bytes = 0

    def inspect(self, entry: ArchiveEntry, *, is_xml: bool) -> None:
        """Unpack a part to its end. Raises Rejected if it is dangerous."""
        if entry.name.endswith(".rels"):
            self._inspect_relationships(archive.unpack(self._content, entry, archive.MAX_UNPACKED))
            return
        scanner = fields.FieldScanner(self._effort)
        for number, chunk in enumerate(archive.chunks(self._content, entry)):
            self._effort.spend_on_bytes(len(chunk))
            if not number:
                self._inspect_first_chunk(entry, chunk)
            if is_xml:
                scanner.feed(chunk)
        scanner.close()
        if scanner.needs_parsing:
            fields.parse(archive.unpack(self._content, entry, archive.MAX_UNPACKED), self._effort)

    def _inspect_relationships(self, xml: bytes) -> None:
        self._effort.spend_on_bytes(2 * len(xml))
        plain = xml.translate(None, b"\0") if b"\0" in xml else xml
        if b"<!DOCTYPE" in plain:
            raise Rejected(Problem.DAMAGED)
        lowered = plain.lower()
        if any(word in lowered for word in _WORTH_PARSING):
            self._relationship_bytes += len(xml)
            if self._relationship_bytes > MAX_RELATIONSHIPS:
                raise Rejected(Problem.OVERSIZED)
            read_elements(xml, _refuse_remote, self._effort)

    def _inspect_first_chunk(self, entry: ArchiveEntry, chunk: bytes) -> None:
        """Refuse a program, and inspect an embedded object such as the sheet of a chart.

        Objects inside an embedded object are not opened.
        """
        if executables.is_program(chunk[:1024]):
            raise Rejected(Problem.PROGRAM)
        if not chunk.startswith((container.SIGNATURE, archive.LOCAL_HEADER)):
            return
        self._objects += 1
        if self._objects > MAX_OBJECTS:
            raise Rejected(Problem.OVERSIZED)
        embedded = archive.unpack(self._content, entry, MAX_EMBEDDED)
        if embedded.startswith(container.SIGNATURE):
            container.Container(embedded, self._effort).refuse_active_content()
            return
        names = [each.name for each in archive.entries(embedded, self._effort, MAX_OBJECT_ENTRIES)]
        if any(name.endswith("vbaproject.bin") for name in names):
            raise Rejected(Problem.MACROS)
        executables.refuse_names(names)


def _refuse_remote(tag: str, attributes: Attributes) -> None:
    if tag != "Relationship" or attributes.get("TargetMode", "").lower() != "external":
        return
    is_loaded = attributes.get("Type", "").rpartition("/")[2].lower() in _LOADED_ON_OPENING
    if is_loaded and is_remote(attributes.get("Target", "")):
        raise Rejected(Problem.REMOTE)
