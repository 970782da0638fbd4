"""Word and Excel packages (.docx, .xlsx): proved by their main part, refused for what they carry (R3.07-R3.09).

Every part is unpacked, so that no size is taken on trust; those that say what the program will do are read.
"""

import re
from collections.abc import Iterable

from tickets.attachments import archive, ole, programs
from tickets.attachments.archive import Entry
from tickets.attachments.kinds import DOCX, XLSX, Kind
from tickets.attachments.markup import Attributes, read_elements, root_element
from tickets.attachments.trouble import Trouble, Unacceptable

MAX_CONTENT_TYPES = 256 * 1024  # bytes of [Content_Types].xml; real ones are some 2 kB
MAX_RELATIONSHIPS = 2 * 1024 * 1024  # bytes of one .rels; a sheet of 65,530 links has some 8 MB, and is no document
MAX_EMBEDDED = 4 * 1024 * 1024  # bytes of an object that is opened in its turn

TYPES, RELATIONSHIPS = "[content_types].xml", "_rels/.rels"
# Content type of the main part, alike in transitional and strict OOXML; templates and macro documents have others
MAIN_PARTS = {f"{DOCX.content_type}.main+xml": DOCX, f"{XLSX.content_type}.main+xml": XLSX}
ROOTS = {DOCX: "document", XLSX: "workbook"}
_MAIN_RELATIONSHIP = "/relationships/officedocument"
# Fetched by Word as soon as the document is opened; a link waits for a click, and a linked picture is a picture
_FETCHED = frozenset({"attachedtemplate", "oleobject", "frame", "subdocument", "afchunk", "customui"})
_NETWORK = re.compile(r"(?:file:)?[\\/]{2}(?!/)|file:/{4,}|file:///+\\\\|(?!file:)[a-z][a-z0-9+.-]{2,}:", re.IGNORECASE)
_INSTRUCTION = re.compile(rb"instrText\b[^>]*>([^<]*)<|fldSimple\b[^>]*?instr\s*=\s*(?:\"([^\"]*)|'([^']*))")
_COMMAND_FIELD = re.compile(rb"(?<![A-Za-z0-9])DDE(?:AUTO)?(?![A-Za-z0-9])", re.IGNORECASE)
_OVERLAP = 512  # bytes seen twice where a part is read in pieces


def kind_of(content: bytes) -> Kind | None:
    """Which of the two it proves to be, `None` for any other zip; `Unacceptable` for what must not come in."""
    entries = archive.entries(content)
    parts = {entry.name: entry for entry in entries}
    types = _content_types(content, parts)
    _refuse_macros(parts, types)
    if any(programs.extension(name) in programs.EXTENSIONS for name in parts):
        raise Unacceptable(Trouble.PROGRAM)
    kind = _main_kind(content, parts, types)
    for entry in entries:
        _look_at(content, entry)
    return kind


def _content_types(content: bytes, parts: dict[str, Entry]) -> dict[str, str]:
    """The content type of each part that is there; none at all without `[Content_Types].xml`."""
    if TYPES not in parts:
        return {}
    defaults: dict[str, str] = {}
    overrides: dict[str, str] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Override":
            overrides[_part(attributes["PartName"])] = attributes["ContentType"].lower()
        elif tag == "Default":
            defaults[attributes["Extension"].lower()] = attributes["ContentType"].lower()

    read_elements(archive.unpack(content, parts[TYPES], MAX_CONTENT_TYPES), start)
    return {name: overrides.get(name) or defaults.get(name.rpartition(".")[2], "") for name in parts}


def _refuse_macros(parts: Iterable[str], types: dict[str, str]) -> None:
    for name in parts:
        type_ = types.get(name, "")
        if name.endswith("vbaproject.bin") or any(
            mark in type_ for mark in ("macroenabled", "vbaproject", "macrosheet", "sheet.binary")
        ):
            raise Unacceptable(Trouble.MACROS)
    for name in parts:
        if "/activex/" in name or "activex" in types.get(name, ""):
            raise Unacceptable(Trouble.CONTROLS)


def _main_kind(content: bytes, parts: dict[str, Entry], types: dict[str, str]) -> Kind | None:
    """The kind that the content types, the package's relationship and the root element all tell."""
    proved = {MAIN_PARTS[type_] for type_ in types.values() if type_ in MAIN_PARTS}
    if len(proved) != 1 or RELATIONSHIPS not in parts:
        return None
    targets: set[str] = set()

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes["Type"].lower().endswith(_MAIN_RELATIONSHIP):
            targets.add(_part(attributes["Target"]))

    read_elements(archive.unpack(content, parts[RELATIONSHIPS], MAX_RELATIONSHIPS), start)
    kind = proved.pop()
    if len(targets) != 1 or MAIN_PARTS.get(types.get(main := targets.pop(), "")) is not kind:
        return None
    return kind if root_element(next(archive.chunks(content, parts[main]), b"")) == ROOTS[kind] else None


def _part(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").lstrip("/").lower()


def _look_at(content: bytes, entry: Entry) -> None:
    """Unpack a part to its end, and refuse it for what it is or does."""
    if entry.name.endswith(".rels"):
        read_elements(archive.unpack(content, entry, MAX_RELATIONSHIPS), _refuse_fetched)
        return
    instructions: list[bytes] = []
    kept = b""
    is_markup = entry.name.endswith((".xml", ".vml"))
    for number, chunk in enumerate(archive.chunks(content, entry)):
        if not number and programs.is_program(chunk[:1024]):
            raise Unacceptable(Trouble.PROGRAM)
        if not number and entry.size <= MAX_EMBEDDED and chunk.startswith((ole.MAGIC, archive.LOCAL)):
            _look_into_embedded(archive.unpack(content, entry, MAX_EMBEDDED))
        if is_markup:
            # In 16 bits, as a few programs write, every other byte is nil: without them it can be searched
            kept = kept[-_OVERLAP:] + chunk.replace(b"\0", b"")
            _refuse_entities_and_links(kept)
            if b"instrText" in kept or b"fldSimple" in kept:
                instructions += (b"".join(found) for found in _INSTRUCTION.findall(kept))
    if _COMMAND_FIELD.search(b"".join(instructions)):
        raise Unacceptable(Trouble.COMMANDS)


def _refuse_entities_and_links(xml: bytes) -> None:
    if b"<!DOCTYPE" in xml:
        raise Unacceptable(Trouble.DAMAGED)
    if b"ddeLink" in xml:
        raise Unacceptable(Trouble.COMMANDS)


def _refuse_fetched(tag: str, attributes: Attributes) -> None:
    if tag != "Relationship" or attributes.get("TargetMode", "").lower() != "external":
        return
    fetched = attributes.get("Type", "").rpartition("/")[2].lower() in _FETCHED
    if fetched and _NETWORK.match(attributes.get("Target", "").strip()):
        raise Unacceptable(Trouble.REMOTE)


def _look_into_embedded(content: bytes) -> None:
    """A sheet behind a chart, a document in an icon: macros and programs are refused there too, one level down."""
    if content.startswith(ole.MAGIC):
        ole.Container(content).refuse_dangers()
        return
    parts = [entry.name for entry in archive.entries(content)]
    if any(name.endswith("vbaproject.bin") for name in parts):
        raise Unacceptable(Trouble.MACROS)
    if any(programs.extension(name) in programs.EXTENSIONS for name in parts):
        raise Unacceptable(Trouble.PROGRAM)
