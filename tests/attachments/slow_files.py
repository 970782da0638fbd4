"""`SLOW_FILES`: the files that are slowest to inspect, one per loop of the readers (R7.06, S5)."""

import struct
import zlib
from collections.abc import Callable
from functools import partial
from hashlib import md5 as hashlib_md5

from attachments.inspection.rc4 import rc4
from tests.attachments.hostile_parts import many_entries, native, noise, object_stream
from tests.attachments.valid_files import JPEG, PDF, SHEET_MAIN, doc, ole, package, packed, pdf, stream

md5 = partial(hashlib_md5, usedforsecurity=False)


def filled(
    piece: bytes, head: bytes = b"%PDF-1.4\n", tail: bytes = b"\nendobj\n%%EOF\n"
) -> Callable[[], bytes]:
    """Repeat a piece up to two megabytes. A reader without limits would read it many times."""
    return lambda: head + piece * ((2_000_000 - len(head) - len(tail)) // len(piece)) + tail


def part_filled(part: str, piece: bytes, size: int = 19_000_000) -> Callable[[], bytes]:
    """Repeat a piece in a part of a package, with noise that keeps its ratio below the limit."""
    return lambda: packed(
        package(extra={part: b"<a>" + piece * (size // len(piece)), "word/noise.bin": noise(300_000)})
    )


def looping_chains() -> bytes:
    """Return a container in which every chain of sectors leads back to its start."""
    content = bytearray(doc(text=bytes(1_900_000)))
    table = len(content) // 512 - 1 - 31
    for at in range((table + 1) * 512, len(content), 4):
        content[at : at + 4] = b"\0\0\0\0"
    return bytes(content)


def streams(data: bytes, count: int) -> bytes:
    """Return a PDF with that many identical object streams."""
    return pdf(*[stream(data, b"/Type /ObjStm /N 1 /First 0 /Filter /FlateDecode")] * count)


def directory(size: int = 3_900_000) -> bytes:
    """Return a container that is nearly all directory, in which each entry leads to the next."""
    content = bytearray(doc(text=bytes(size)))
    head = 1024 + 512  # after the existing directory
    count = size // 128 - 64
    start = -(-head // 512) * 512
    for number in range(count):
        name = f"{number}".encode("utf-16-le").ljust(64, b"\0")
        content[start + number * 128 : start + number * 128 + 128] = name + struct.pack(
            "<H2B3L40xLQ", 20, 2, 1, 0xFFFFFFFF, number + 2, 0xFFFFFFFF, 0, 0
        )
    root = content[512 : 512 + 128]
    struct.pack_into("<L", root, 76, 1)
    content[start : start + 128] = root
    struct.pack_into("<L", content, 48, start // 512 - 1)
    return bytes(content)


def rows() -> bytes:
    """Return a valid workbook of almost the largest size that is accepted."""
    lines = b"".join(b'<row r="%d"><c t="n"><v>%d</v></c></row>' % (n, n % 97) for n in range(700_000))
    return packed(
        package(SHEET_MAIN, part="xl/workbook.xml", extra={"xl/worksheets/sheet1.xml": lines[:20_900_000]})
    )


def passwords() -> bytes:
    """Return a workbook that declares Excel's default password many times."""
    password = "VelvetSweatshop".encode("utf-16-le")
    salt, verifier = b"0123456789abcdef", b"fedcba9876543210"
    short = md5((md5(password).digest()[:5] + salt) * 16).digest()[:5]
    encrypted = rc4(md5(short + bytes(4)).digest(), verifier + md5(verifier).digest())
    record = struct.pack("<2H3H", 0x2F, 54, 1, 1, 1) + salt + encrypted
    return ole({"Workbook": struct.pack("<2H", 0x0809, 0) + record * 32_000})


WITH_SCRIPT = b"%PDF-1.4\n1 0 obj stream\n/JS (x)\n"
# The name and the builder of each file, by what the file repeats
SLOW_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "references to an encryption": ("a.pdf", filled(b"/Encrypt 1 0 R ")),
    "encryptions of many numbers": ("a.pdf", filled(b"/Encrypt 1 0 R 1 0 obj ")),
    "identities": (
        "a.pdf",
        filled(b"/ID[<", b"%PDF-1.4\n1 0 obj << /Encrypt 1 0 R /Filter /Standard >> endobj "),
    ),
    "headers": ("a.pdf", filled(b"1 0 obj ", WITH_SCRIPT)),
    "open texts": ("a.pdf", filled(b"1 0 obj (", WITH_SCRIPT, b")/JS (x) endobj %%EOF")),
    "open texts and comments": ("a.pdf", filled(b"1 0 obj %(\n(", WITH_SCRIPT, b")/JS (x) endobj %%EOF")),
    "brackets": ("a.pdf", filled(b"(", WITH_SCRIPT + b"1 0 obj ")),
    "digits and blanks": ("a.pdf", filled(b"1" * 10 + b" " * 1000)),
    "names of scripts in a stream": (
        "a.pdf",
        filled(b"/JS 1 ", b"%PDF-1.4\n1 0 obj stream\n", b"endstream endobj %%EOF"),
    ),
    "scripts without a value": ("a.pdf", filled(b"/JS /a ")),
    "objects before a false script": ("a.pdf", filled(b"1 0 obj <</A 1/B 2>> endobj\n", WITH_SCRIPT)),
    "objects before a script in a text": (
        "a.pdf",
        filled(b"1 0 obj <</A 1/B 2>> endobj\n", tail=b"1 0 obj (/JS (x)) endobj %%EOF"),
    ),
    "headers before a script in a text": (
        "a.pdf",
        filled(b"1 0 obj ", tail=b"1 0 obj (/JS (x)) endobj %%EOF"),
    ),
    "object streams without an end": ("a.pdf", filled(b"/ObjStm ")),
    "object streams of nothing": ("a.pdf", filled(b"1 0 obj /ObjStm stream\n", tail=b"%%EOF")),
    "packed streams of nothing": (
        "a.pdf",
        filled(b"1 0 obj /ObjStm /FlateDecode stream\nxx\xff\xff", tail=b"%%EOF"),
    ),
    "999 streams far from a header": (
        "a.pdf",
        filled(b"obj" * 600 + b" /First 1 stream\nendstream ", tail=b"1 0 obj %%EOF"),
    ),
    "streams far from a header": ("a.pdf", filled(b"obj /First 1 stream\nendstream ", tail=b"1 0 obj %%EOF")),
    "outlines": ("a.pdf", filled(b"1 0 obj << /First 12 0 R >> endobj\n")),
    "attached files": ("a.pdf", filled(b"/EmbeddedFile ")),
    "names of files": ("a.pdf", filled(b"/EF/F(" + b"a" * 399)),
    "blanks after a name": ("a.pdf", filled(b"/EF/F" + b" " * 5000)),
    "numbers in an object stream": (
        "a.pdf",
        lambda: object_stream(
            b"/JS 1", noise(1_500_000).hex().translate(str.maketrans("abcdef", "123 5 ")).encode()
        ),
    ),
    "page marks after the end": ("a.pdf", filled(b"<!doctype ", PDF, b"")),
    "ends of a zip": ("a.jpg", filled(b"PK\5\6", JPEG, b"")),
    "marks of a picture": ("a.jpg", filled(b"\xff\xe1\0\2", JPEG[:20], b"")),
    "stray bytes of a picture": ("a.jpg", filled(b"\xff\0", JPEG[:20], b"")),
    "elements": ("a.docx", part_filled("word/_rels/a.xml.rels", b"&#<a/>", 1_000_000)),
    "fields": ("a.docx", part_filled("word/a.xml", b"<w:fldSimple ")),
    "fields without an end": ("a.docx", part_filled("word/a.xml", b"fldSimple instrText")),
    "field texts": ("a.docx", part_filled("word/a.xml", b"<w:instrText>x</w:instrText>")),
    "fields beside comments": ("a.docx", part_filled("word/a.xml", b"<!----><instrText>D</instrText>")),
    "small fields beside comments": (
        "a.docx",
        part_filled("word/a.xml", b"<!----><instrText>D</instrText>", 4_000_000),
    ),
    "elements beside an odd field": ("a.docx", part_filled("word/a.xml", b"<!----><b a=''/>", 4_000_000)),
    "attributes beside an odd field": (
        "a.docx",
        lambda: packed(
            package(
                extra={
                    "word/noise.bin": noise(300_000),
                    "word/a.xml": b"<a><!----><instrText/><b "
                    + b" ".join(b"a%x=''" % n for n in range(350_000))
                    + b"/></a>",
                }
            )
        ),
    ),
    "letters beside an odd field": (
        "a.docx",
        part_filled("word/a.xml", b"<!----><instrText>" + b"&#65;" * 200_000, 3_500_000),
    ),
    "text without an end": ("a.docx", part_filled("word/a.xml", b"\0 ")),
    "packages in a package": (
        "a.docx",
        lambda: packed(package(extra={f"word/{n}.bin": many_entries(50) for n in range(190)})),
    ),
    "an ole of circles": ("a.doc", looping_chains),
    "records": ("a.xls", lambda: ole({"Workbook": struct.pack("<2H", 0x0809, 0) + b"\1\0\0\0" * 480_000})),
    "sheets": ("a.xls", lambda: ole({"Workbook": struct.pack("<2H", 0x0809, 0) + b"\x85\0\6\0" * 190_000})),
    "icons": ("a.doc", lambda: doc({f"{n}/\1Ole10Native": native("a.txt", b"") for n in range(400)})),
    "brackets in a text": ("a.pdf", filled(b"(", b"%PDF-1.4\n" + b"1 0 obj (" * 9, b"/JS (x) endobj %%EOF")),
    "escapes in a text": ("a.pdf", filled(b"\\a", b"%PDF-1.4\n" + b"1 0 obj (" * 9, b"/JS (x) endobj %%EOF")),
    "brackets after an object stream": ("a.pdf", filled(b"(", b"%PDF-1.4\n" + b"1 0 obj /ObjStm (" * 9)),
    "headers in comments": (
        "a.pdf",
        filled(b"%\n", b"%PDF-1.4\n" + b"%1 0 obj \n" * 9_000, b"1 0 obj (/JS (x)) endobj %%EOF"),
    ),
    "comments after object streams": ("a.pdf", filled(b"%\n", b"%PDF-1.4\n" + b"1 0 obj /ObjStm " * 900)),
    "comments": ("a.pdf", filled(b"%\n", b"%PDF-1.4\n1 0 obj ", b"/JS /a (/JS (x)) endobj %%EOF")),
    "coded names before 999 streams": (
        "a.pdf",
        lambda: (
            b"%PDF-1.4\n1 0 obj "
            + b"#41" * 5_000
            + b" /First 1 stream\nendstream " * 500
            + b"1 0 obj endobj\n%%EOF"
        ),
    ),
    "faults at the end of streams": (
        "a.pdf",
        lambda: streams(zlib.compress(noise(1_900), 0)[:-8] + b"\xff" * 8, 990),
    ),
    "slashes in object streams": ("a.pdf", lambda: streams(zlib.compress(b"#" + b"/" * 1_000_000), 20)),
    "coded letters in object streams": ("a.pdf", lambda: streams(zlib.compress(b"/#4a#4A/#4" * 100_000), 20)),
    "number signs in object streams": ("a.pdf", lambda: streams(zlib.compress(b"#" * 1_000_000), 20)),
    "names of scripts in object streams": (
        "a.pdf",
        lambda: streams(zlib.compress(b"%" + b"/JS 1" * 4_999), 800),
    ),
    "names of files in object streams": (
        "a.pdf",
        lambda: streams(zlib.compress(b"/EF" + (b"/F(" + b"a" * 399 + b" ") * 2_500), 20),
    ),
    "tables of object streams": (
        "a.pdf",
        lambda: streams(zlib.compress(b"1 9999999 " * 19_990 + b"/JS /a "), 99),
    ),
    "many elements": (
        "a.docx",
        lambda: packed(package(extra={"word/_rels/a.xml.rels": b"<a>&#65;" + b"<a/>" * 260_000 + b"</a>"})),
    ),
    "many attributes": (
        "a.docx",
        lambda: packed(
            package(
                extra={
                    "word/_rels/a.xml.rels": b"<a b='&#65;' "
                    + b"".join(b"a%x='' " % n for n in range(90_000))
                    + b"></a>"
                }
            )
        ),
    ),
    "coded letters in fields": (
        "a.docx",
        part_filled("word/a.xml", b"<w:instrText>" + b"&#1;" * 240_000 + b"</w:instrText>"),
    ),
    "unknown letters in fields": (
        "a.docx",
        part_filled("word/a.xml", b"<w:instrText>" + (b"&" + b"a" * 32) * 30_000 + b"</w:instrText>"),
    ),
    "tags before fields": (
        "a.docx",
        part_filled("word/a.xml", b"<w:instrText>" + b"<aaaaaaaaaaaaaaaa" * 60_000),
    ),
    "signs before fields": ("a.docx", part_filled("word/a.xml", b"<w:instrText>" + b"<" * 1_000_000)),
    "a field without an end": ("a.docx", part_filled("word/a.xml", b"<w:instrText " + b" " * 3_000_000)),
    "twenty megabytes of rows": ("a.xlsx", rows),
    "relationships of nils": ("a.docx", part_filled("word/_rels/a.xml.rels", b"\0 ", 18_000_000)),
    "directories inside": (
        "a.docx",
        lambda: packed(
            package(
                extra={
                    **{f"word/{n}.bin": each for n, each in enumerate([directory()] * 4)},
                    "word/noise.bin": noise(300_000),
                }
            )
        ),
    ),
    "a directory": ("a.doc", lambda: directory(1_900_000)),
    "passwords of excel": ("a.xls", passwords),
    "blank lines": ("a.pdf", filled(b"\n", b"", b"")),
    "blank lines around a document": ("a.pdf", lambda: b"\n" * 1_000 + PDF + b"\n" * 1_900_000),
    "server code": ("a.jpg", filled(b"<", JPEG, b"")),
    "half of server code": ("a.jpg", filled(b"<scrip", JPEG, b"")),
}
