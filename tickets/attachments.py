"""Which documents a customer may attach (A11, R3.01-R3.10): name, size and content must all say the same thing.

Pure: bytes in, a verdict out, and no bytes make it raise. libmagic sees the whole file and has one vote. It calls some
genuine files a plain zip, an OLE container or text, so the container is opened too: OOXML by its content types, OLE by
its streams, PDF and JPEG by their marks. Accepted is what the container proves and libmagic does not contradict.
"""

import unicodedata
import zipfile
from dataclasses import dataclass
from io import BytesIO
from xml.parsers import expat

import olefile

from tickets.libmagic import UNKNOWN, mime_type

MAX_BYTES = 2 * 1024 * 1024  # 2,097,152: the "2 MB" of A11
MAX_FILES = 5
MAX_NAME = 100  # characters (R3.16)
MAX_ENTRIES = 1_000  # of a zip (R3.08)
MAX_UNPACKED = 20 * 1024 * 1024  # bytes, added up from the zip's directory before anything is inflated (R3.08)
MAX_CONTENT_TYPES = 256 * 1024  # bytes of [Content_Types].xml; real ones are some 2 kB
PDF_WINDOW = 1_024  # bytes within which scanners and ERPs still put the mark (security.md, note to R3.11)

HINT = "Envíe Word, Excel, PDF o JPG de hasta 2 MB."


@dataclass(frozen=True)
class Kind:
    """A format that is accepted. `vague`: what libmagic may call a genuine one, besides its own type."""

    content_type: str
    label: str
    extensions: tuple[str, ...]
    vague: frozenset[str]


_OOXML = "application/vnd.openxmlformats-officedocument."
_ZIP_LIKE = frozenset({"application/zip", UNKNOWN})
_OLE_LIKE = frozenset({"application/x-ole-storage", "application/CDFV2", "application/vnd.ms-office", UNKNOWN})

DOC = Kind("application/msword", "un documento de Word (.doc)", ("doc",), _OLE_LIKE)
XLS = Kind("application/vnd.ms-excel", "una hoja de Excel (.xls)", ("xls",), _OLE_LIKE)
DOCX = Kind(f"{_OOXML}wordprocessingml.document", "un documento de Word (.docx)", ("docx",), _ZIP_LIKE)
XLSX = Kind(f"{_OOXML}spreadsheetml.sheet", "una hoja de Excel (.xlsx)", ("xlsx",), _ZIP_LIKE)
PDF = Kind("application/pdf", "un documento PDF", ("pdf",), frozenset({"text/plain", UNKNOWN}))
JPEG = Kind("image/jpeg", "una imagen JPG", ("jpg", "jpeg"), frozenset({UNKNOWN}))
KINDS = {extension: kind for kind in (DOC, DOCX, XLS, XLSX, PDF, JPEG) for extension in kind.extensions}
EXTENSIONS = tuple(KINDS)

# Content type of the main part, alike in transitional and strict OOXML; templates and macro documents have others
MAIN_PARTS = {f"{DOCX.content_type}.main+xml": DOCX, f"{XLSX.content_type}.main+xml": XLSX}
OLE_STREAMS = {"worddocument": DOC, "workbook": XLS, "book": XLS}
MACRO_EXTENSIONS = {"docm": ".docx", "dotm": ".docx", "xlsm": ".xlsx", "xltm": ".xlsx", "xlsb": ".xlsx"}
SEEMS = {
    "application/zip": "un archivo ZIP",
    "application/x-dosexec": "un programa",
    "application/vnd.microsoft.portable-executable": "un programa",
    "application/x-executable": "un programa",
    "application/x-pie-executable": "un programa",
    "application/x-sharedlib": "un programa",
    "application/vnd.ms-powerpoint": "una presentación de PowerPoint",
    f"{_OOXML}presentationml.presentation": "una presentación de PowerPoint",
    "application/vnd.ms-outlook": "un mensaje de Outlook",
    "application/vnd.oasis.opendocument.text": "un documento de LibreOffice",
    "application/vnd.oasis.opendocument.spreadsheet": "una hoja de LibreOffice",
    "image/png": "una imagen PNG",
    "image/gif": "una imagen GIF",
    "image/svg+xml": "una imagen SVG",
    "text/html": "una página web",
    "text/plain": "un texto sin formato",
    "text/rtf": "un documento RTF",
} | {kind.content_type: kind.label for kind in KINDS.values()}


@dataclass(frozen=True)
class Verdict:
    """`content_type` is ours, never the browser's; `reason` is for the customer and empty when accepted."""

    accepted: bool
    content_type: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Inside:
    """What a container proves to be, and what stands in the way of taking it."""

    kind: Kind | None = None
    macros: bool = False
    locked: bool = False  # with a password: nobody could check it, nor the advisor open it
    oversized: bool = False
    damaged: bool = False


def judge(name: str, content: bytes) -> Verdict:
    """Whether the document can be attached, and if not, why, in words for the customer."""
    name = clean_name(name)
    extension = extension_of(name)
    reason = _name_refusal(name, extension) or _size_refusal(name, len(content))
    if reason:
        return Verdict(accepted=False, reason=reason)
    expected = KINDS[extension]
    inside, vote = look_inside(content), mime_type(content)
    refused = inside.macros or inside.locked or inside.oversized
    if inside.kind is expected and not refused and vote in {expected.content_type, *expected.vague}:
        return Verdict(accepted=True, content_type=expected.content_type)
    return Verdict(accepted=False, reason=_content_refusal(name, extension, inside, vote))


def clean_name(raw: str) -> str:
    """The last component of the name without control, bidi or other invisible characters, of at most 100 characters."""
    last = raw.replace("\\", "/").rpartition("/")[2]
    visible = "".join(" " if character.isspace() else character for character in last if _is_shown(character))
    name = " ".join(unicodedata.normalize("NFC", visible).split())
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_NAME and dot and len(extension) < MAX_NAME:
        return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}"
    return name[:MAX_NAME].rstrip() or "archivo"


def extension_of(name: str) -> str:
    """What follows the last dot, lower-cased, with look-alikes such as full-width letters folded (R3.04)."""
    return unicodedata.normalize("NFKC", name).rpartition(".")[2].lower() if "." in name else ""


def look_inside(content: bytes) -> Inside:
    """What the content proves to be, by its own structure and whatever it is called."""
    try:
        if content.startswith(b"PK\x03\x04"):
            return _ooxml(content)
        if content.startswith(olefile.MAGIC):
            return _ole(content)
    except Exception:  # noqa: BLE001  both readers raise a dozen kinds on damaged files, and damaged is all it is
        return Inside(damaged=True)
    if content.startswith(b"\xff\xd8\xff"):
        return Inside(JPEG)
    if b"%PDF-" in content[:PDF_WINDOW]:
        return Inside(PDF)
    return Inside()


def _ooxml(content: bytes) -> Inside:
    # Counted by their mark before zipfile makes an object of each: 2 MiB hold tens of thousands
    if content.count(b"PK\x01\x02") > MAX_ENTRIES:
        return Inside(oversized=True)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            return Inside(oversized=True)
        names = {entry.filename.lower() for entry in entries}
        types = _content_types(archive, entries)
    macros = any("macroenabled" in type_.lower() for type_ in types.values()) or any(
        name.endswith("vbaproject.bin") for name in names
    )
    present = {part: type_ for part, type_ in types.items() if part in names}
    kinds = {MAIN_PARTS[type_] for type_ in present.values() if type_ in MAIN_PARTS}
    return Inside(kinds.pop() if len(kinds) == 1 else None, macros=macros)


def _content_types(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, str]:
    """The content type of each part, from `[Content_Types].xml`; none where it is missing, repeated or too long."""
    found = [entry for entry in entries if entry.filename == "[Content_Types].xml"]
    # Only the two methods that office suites write: the others can ask for gigabytes to inflate a few bytes
    if len(found) != 1 or found[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return {}
    with archive.open(found[0]) as stream:
        xml = stream.read(MAX_CONTENT_TYPES)  # longer ones end in the middle, which is no XML
    return _parse_types(xml, [entry.filename.lower() for entry in entries])


def _parse_types(xml: bytes, names: list[str]) -> dict[str, str]:
    defaults: dict[str, str] = {}
    overrides: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.endswith("Override"):
            overrides[attributes["PartName"].lstrip("/").lower()] = attributes["ContentType"]
        elif tag.endswith("Default"):
            defaults[attributes["Extension"].lower()] = attributes["ContentType"]

    def refuse(*_args: object) -> None:
        raise ValueError("a document type has no place here (R3.09)")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(xml, True)
    by_extension = {name: defaults[name.rpartition(".")[2]] for name in names if name.rpartition(".")[2] in defaults}
    return by_extension | overrides


def _ole(content: bytes) -> Inside:
    # As a stream: olefile takes fewer than 1,536 bytes for the name of a file (R3.10)
    with olefile.OleFileIO(BytesIO(content)) as container:
        streams = {path[0].lower() for path in container.listdir() if len(path) == 1}
    if "encryptedpackage" in streams:
        return Inside(locked=True)
    kinds = {kind for stream, kind in OLE_STREAMS.items() if stream in streams}
    return Inside(kinds.pop() if len(kinds) == 1 else None)


def _is_shown(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn", "Co"}


def _name_refusal(name: str, extension: str) -> str:
    if not extension:
        return f"Al nombre del archivo «{name}» le falta la extensión, como .pdf o .docx. {HINT}"
    if extension in MACRO_EXTENSIONS:
        return _with_macros(name, MACRO_EXTENSIONS[extension])
    if extension not in KINDS:
        return f"El archivo «{name}» no se puede adjuntar. {HINT}"
    return ""


def _size_refusal(name: str, size: int) -> str:
    if not size:
        return f"El archivo «{name}» está vacío. Revise que se abra en su equipo y adjúntelo otra vez."
    if size > MAX_BYTES:
        return f"El archivo «{name}» pesa más de 2 MB. Redúzcalo o divídalo y adjúntelo otra vez."
    return ""


def _content_refusal(name: str, extension: str, inside: Inside, vote: str) -> str:
    if inside.locked:
        return f"El archivo «{name}» está protegido con contraseña. Guárdelo sin contraseña y adjúntelo otra vez."
    if inside.macros:
        return _with_macros(name, f".{extension}")
    if inside.oversized:
        return f"El archivo «{name}» ocupa demasiado una vez abierto. Divídalo y adjúntelo otra vez."
    if inside.kind and inside.kind is not KINDS[extension]:
        proper = f".{inside.kind.extensions[0]}"
        return f"El archivo «{name}» es en realidad {inside.kind.label}. Guárdelo como {proper} y adjúntelo otra vez."
    seems = SEEMS.get(vote, "")
    if seems and vote != KINDS[extension].content_type and not inside.damaged:
        return f"El archivo «{name}» no se puede adjuntar: parece {seems}, aunque termina en .{extension}. {HINT}"
    return f"El archivo «{name}» no se puede leer como {KINDS[extension].label}. Ábralo, guárdelo y adjúntelo otra vez."


def _with_macros(name: str, plain: str) -> str:
    return f"El archivo «{name}» contiene macros. Guárdelo sin macros, como {plain}, y adjúntelo otra vez."
