"""Small valid documents, built byte by byte, so that a test can change one thing."""

import struct
import zipfile
from io import BytesIO
from pathlib import Path

OOXML = "application/vnd.openxmlformats-officedocument."
WORD_MAIN = f"{OOXML}wordprocessingml.document.main+xml"
SHEET_MAIN = f"{OOXML}spreadsheetml.sheet.main+xml"
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# Made with qpdf: encrypted files and object streams
SAMPLES = Path(__file__).with_name("samples")
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")

JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000"  # JFIF
    "ffc0000b080010001001011100"  # 16 by 16 pixels, grey
    "ffda0008010100003f0000ffd9"
)


def frame(width: int, height: int, mark: int = 0xC0) -> bytes:
    """Return a picture whose header declares that size."""
    header = struct.pack(">2BHBHH", 0xFF, mark, 11, 8, height, width) + bytes((1, 1, 0x11, 0))
    return JPEG[:20] + header + JPEG[33:]


def pdf(*objects: bytes, catalogue: bytes = b"", trailer: bytes = b"") -> bytes:
    """Return a PDF of one page with further objects, numbered from 4."""
    first = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalogue + b">>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate([*first, *objects], 1))
    return b"%PDF-1.4\n" + body + b"trailer\n<< /Root 1 0 R " + trailer + b">>\nstartxref\n0\n%%EOF\n"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return the text of a stream object."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive of those entries."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def relationships(*ones: tuple[str, str, str]) -> bytes:
    """Return a `.rels` part from the kind, target and mode of each relationship."""
    lines = (
        f'<Relationship Id="r{number}" Type="{RELATIONSHIP}/{kind}" Target="{target}" TargetMode="{mode}"/>'
        for number, (kind, target, mode) in enumerate(ones)
    )
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{namespace}">{"".join(lines)}</Relationships>'.encode()


def package(
    main_type: str = WORD_MAIN,
    *,
    part: str = "word/document.xml",
    head: str = "",
    types: str = "",
    extra: dict[str, bytes] | None = None,
) -> dict[str, bytes]:
    """Return the parts of a package: the main part and those in `extra`."""
    namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
    override = f'<Override PartName="/{part}" ContentType="{main_type}"/>'
    root = "workbook" if "workbook" in part else "document"
    return {
        "[Content_Types].xml": f'{head}<Types xmlns="{namespace}">{override}{types}</Types>'.encode(),
        "_rels/.rels": relationships(("officeDocument", part, "Internal")),
        part: f"<{root}/>".encode(),
        **(extra or {}),
    }


def docx(**parts: bytes) -> bytes:
    """Return a Word document; in the names of parts, `__` stands for `/` and `_dot_` for a dot."""
    return packed(package(extra={_part(name): content for name, content in parts.items()}))


def xlsx(**parts: bytes) -> bytes:
    """Return an Excel workbook, with parts as in `docx`."""
    extra = {_part(name): content for name, content in parts.items()}
    return packed(package(SHEET_MAIN, part="xl/workbook.xml", extra=extra))


def _part(name: str) -> str:
    return name.replace("__", "/").replace("_dot_", ".")


def doc(streams: dict[str, bytes] | None = None, *, flags: int = 0, text: bytes = b"") -> bytes:
    """Return a Word 97 document: header, flags and text."""
    return ole(
        {"WordDocument": struct.pack("<HH6xH", 0xA5EC, 193, flags) + bytes(500) + text, **(streams or {})}
    )


def xls(*sheets: int, streams: dict[str, bytes] | None = None, before: bytes = b"") -> bytes:
    """Return an Excel 97 workbook with sheets of those types."""
    return ole({"Workbook": workbook(*(sheets or (0,)), before=before), **(streams or {})})


def workbook(*sheets: int, before: bytes = b"") -> bytes:
    """Return the stream of a workbook: its beginning, the list of sheets and its end."""
    begin = struct.pack("<2H", 0x0809, 16) + struct.pack("<4H2L", 0x0600, 5, 0, 0, 0, 0)
    listed = (struct.pack("<2HL2B", 0x0085, 12, 100, 0, kind) + b"\x04\0Hoja" for kind in sheets)
    return begin + before + b"".join(listed) + struct.pack("<2H", 0x000A, 0)


def ole(streams: dict[str, bytes], clsid: bytes = bytes(16)) -> bytes:
    """Return a container; `/` in a name separates storages, and short streams are padded."""
    tree: dict[str, bytes | None] = {}
    for path, given in streams.items():
        folders = path.split("/")[:-1]
        tree |= {"/".join(folders[: depth + 1]): None for depth in range(len(folders))}
        tree[path] = given.ljust(4096, b"\0")
    paths = sorted(tree)
    blocks = -(-(1 + len(paths)) * 128 // 512)
    fat = [*range(1, blocks), 0xFFFFFFFE]
    body = b""
    starts = dict.fromkeys(paths, 0xFFFFFFFE)
    for path in paths:
        if (content := tree[path]) is not None:
            count = -(-len(content) // 512)
            starts[path] = len(fat)
            fat += [*range(len(fat) + 1, len(fat) + count), 0xFFFFFFFE]
            body += content.ljust(count * 512, b"\0")
    tables = -(-len(fat) // 127)
    first = len(fat)
    fat += [0xFFFFFFFD] * tables
    table = struct.pack(f"<{len(fat)}L", *fat).ljust(tables * 512, b"\xff")
    entries = b"".join(_entry(tree, paths, starts, path) for path in ("", *paths))
    root = entries[:80] + clsid + entries[96:]
    numbers = [*range(first, first + tables)] + [0xFFFFFFFF] * (109 - tables)
    header = OLE_MAGIC + bytes(16) + struct.pack("<5H6x3L", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, 0)
    header += struct.pack("<6L", 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<109L", *numbers)
    return header + root.ljust(blocks * 512, b"\0") + body + table


def _entry(tree: dict[str, bytes | None], paths: list[str], starts: dict[str, int], path: str) -> bytes:
    """Return a directory entry; the children of a storage are chained to the right of the first."""
    children = [each for each in paths if each != path and each.rpartition("/")[0] == path]
    siblings = [each for each in paths if each.rpartition("/")[0] == path.rpartition("/")[0]] if path else []
    following = siblings[siblings.index(path) + 1 :] if path else []
    content = tree.get(path)
    kind = 5 if not path else 1 if content is None else 2
    name = (path.rpartition("/")[2] or "Root Entry").encode("utf-16-le")

    def number(of: list[str]) -> int:
        return paths.index(of[0]) + 1 if of else 0xFFFFFFFF

    links = struct.pack("<3L", 0xFFFFFFFF, number(following), number(children))
    start = starts[path] if path else 0xFFFFFFFE
    head = name.ljust(64, b"\0") + struct.pack("<H2B", len(name) + 2, kind, 1) + links + bytes(16)
    return head + bytes(20) + struct.pack("<LQ", start, len(content or b""))


PDF = pdf()
GOOD = {"pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "docx": docx(), "xlsx": xlsx(), "doc": doc(), "xls": xls()}
