"""Check Word and Excel packages (.docx, .xlsx): the main part, then every part (R3.07-R3.09)."""

from collections.abc import Iterable

from attachments.inspection import archive, executables
from attachments.inspection.archive import ArchiveEntry
from attachments.inspection.effort import Effort
from attachments.inspection.formats import DOCX, XLSX, Format
from attachments.inspection.ooxml.parts import MAX_RELATIONSHIPS, PartInspector
from attachments.inspection.ooxml.xml import Attributes, read_elements, root_element
from attachments.inspection.problems import Problem, Rejected

MAX_CONTENT_TYPES = 256 * 1024  # bytes of [Content_Types].xml; genuine ones have about 2 kB

TYPES, RELATIONSHIPS = "[content_types].xml", "_rels/.rels"
# Content types of the main part, the same in transitional and strict OOXML; templates and documents
# with macros have others
MAIN_PARTS = {f"{DOCX.content_type}.main+xml": DOCX, f"{XLSX.content_type}.main+xml": XLSX}
ROOTS = {DOCX: "document", XLSX: "workbook"}
_MAIN_RELATIONSHIP = "/relationships/officedocument"


def format_of(content: bytes, effort: Effort) -> Format | None:
    """Return DOCX, XLSX, or None for another ZIP file. Raises Rejected for a dangerous package."""
    entries = archive.entries(content, effort)
    parts = {entry.name: entry for entry in entries}
    types = _content_types(content, parts, effort)
    _refuse_macros(parts, types)
    executables.refuse_names(parts)
    main_format = _main_format(content, parts, types, effort)
    inspector = PartInspector(content, effort)
    for entry in entries:
        is_xml = entry.name.endswith((".xml", ".vml")) or types.get(entry.name, "").endswith("xml")
        inspector.inspect(entry, is_xml=is_xml)
    return main_format


def _content_types(content: bytes, parts: dict[str, ArchiveEntry], effort: Effort) -> dict[str, str]:
    """Return the content type of each part; nothing when `[Content_Types].xml` is missing."""
    if TYPES not in parts:
        return {}
    defaults: dict[str, str] = {}
    overrides: dict[str, str] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Override":
            overrides[_part(attributes["PartName"])] = attributes["ContentType"].lower()
        elif tag == "Default":
            defaults[attributes["Extension"].lower()] = attributes["ContentType"].lower()

    read_elements(archive.unpack(content, parts[TYPES], MAX_CONTENT_TYPES), start, effort)
    return {name: overrides.get(name) or defaults.get(name.rpartition(".")[2], "") for name in parts}


def _refuse_macros(parts: Iterable[str], types: dict[str, str]) -> None:
    for name in parts:
        content_type = types.get(name, "")
        if name.endswith("vbaproject.bin") or any(
            word in content_type for word in ("macroenabled", "vbaproject", "macrosheet", "sheet.binary")
        ):
            raise Rejected(Problem.MACROS)
    for name in parts:
        if "/activex/" in name or "activex" in types.get(name, ""):
            raise Rejected(Problem.CONTROLS)


def _main_format(
    content: bytes, parts: dict[str, ArchiveEntry], types: dict[str, str], effort: Effort
) -> Format | None:
    """Return the format on which content type, package relationship and root element agree."""
    declared = {MAIN_PARTS[content_type] for content_type in types.values() if content_type in MAIN_PARTS}
    if len(declared) != 1 or RELATIONSHIPS not in parts:
        return None
    targets: set[str] = set()

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes["Type"].lower().endswith(_MAIN_RELATIONSHIP):
            targets.add(_part(attributes["Target"]))

    read_elements(archive.unpack(content, parts[RELATIONSHIPS], MAX_RELATIONSHIPS), start, effort)
    main_format = declared.pop()
    if len(targets) != 1 or MAIN_PARTS.get(types.get(main := targets.pop(), "")) is not main_format:
        return None
    root = root_element(next(archive.chunks(content, parts[main]), b""))
    return main_format if root == ROOTS[main_format] else None


def _part(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").lstrip("/").lower()
