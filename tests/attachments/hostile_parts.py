"""Builders of hostile contents: macros, programs, links, ZIP bombs, false archives."""

import hashlib
import struct
import zipfile
import zlib
from io import BytesIO

from attachments.inspection.ole.xls import _md5, _rc4_keys
from attachments.inspection.rc4 import rc4
from tests.attachments.valid_files import (
    SHEET_MAIN,
    docx,
    ole,
    package,
    packed,
    pdf,
    relationships,
    stream,
)

EXE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\x00\x00\x4c\x01" + bytes(200)
PHP = b"<?php system($_GET['c']); ?>"
INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
SCRIPT = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
DTD = '<!DOCTYPE Types [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def native(name: str, content: bytes) -> bytes:
    """Return the data of a file that a document embeds as an icon."""
    path = name.encode() + b"\0"
    inner = b"\2\0" + path + path + b"\0\0\3\0" + struct.pack("<L", len(path)) + path
    body = inner + struct.pack("<L", len(content)) + content
    return struct.pack("<L", len(body)) + body


def field(instruction: str) -> bytes:
    """Return the main part of a document that contains the field."""
    return f"<w:document><w:instrText>{instruction}</w:instrText></w:document>".encode()


def record(number: int, body: bytes) -> bytes:
    """Return a record of a workbook."""
    return struct.pack("<2H", number, len(body)) + body


def link_to(text: str, *items: int, wide: bool = False) -> bytes:
    """Return a link of Excel 97 with one item for each value of flags."""
    coded = text.encode("utf-16-le" if wide else "latin-1")
    names = b"".join(record(0x23, struct.pack("<HL2B", flags, 0, 2, 0) + b"A1") for flags in items)
    return record(0x1AE, struct.pack("<2HB", 0, len(text), wide) + coded) + names


def old_book(link: bytes, of_sheet: bytes = b"") -> bytes:
    """Return a workbook of Excel 95 with links of the workbook and of its sheet."""

    def linked(text: bytes) -> bytes:
        return record(0x17, bytes((len(text),)) + text) if text else b""

    begin = record(0x0809, struct.pack("<4H", 0x0500, 5, 0, 0))
    size = len(begin) + len(linked(link)) + 4 + 12 + 4
    sheet = record(0x0085, struct.pack("<L3B", size, 0, 0, 5) + b"Hoja1")
    return ole(
        {
            "Book": begin
            + linked(link)
            + sheet
            + record(0x0A, b"")
            + begin
            + linked(of_sheet)
            + record(0x0A, b"")
        }
    )


def default_password_record() -> bytes:
    """Return the record of a workbook that Excel opens with its default password."""
    salt, verifier = b"0123456789abcdef", b"fedcba9876543210"
    key_of, _verifier, _digest = _rc4_keys(bytes(6) + salt + bytes(32))
    return record(0x2F, struct.pack("<3H", 1, 1, 1) + salt + rc4(key_of(0), verifier + _md5(verifier)))


def protected_workbook(stream: bytes) -> bytes:
    """Encrypt a workbook as Excel does, all but record headers and the positions of sheets."""
    key_of, _verifier, _digest = _rc4_keys(bytes(6) + b"0123456789abcdef" + bytes(32))
    length = len(record(0x0809, bytes(16)))
    stream = stream[:length] + PASSWORD + stream[length:]
    key_stream = b"".join(rc4(key_of(block), bytes(1024)) for block in range(len(stream) // 1024 + 1))
    encrypted, at = bytearray(stream), 0
    while at < len(stream):
        number, size = struct.unpack_from("<2H", stream, at)
        begin = at + 4 + (4 if number == 0x85 else 0)
        at += 4 + size
        if number not in {0x0809, 0x2F}:
            encrypted[begin:at] = bytes(
                a ^ b for a, b in zip(stream[begin:at], key_stream[begin:at], strict=True)
            )
    return ole({"Workbook": bytes(encrypted)})


PASSWORD = default_password_record()


def edited(content: bytes, word: bytes, offset: int, value: bytes) -> bytes:
    """Write `value` at `offset` bytes from the beginning of each `word`."""
    changed = bytearray(content)
    position = content.find(word)
    while position >= 0:
        changed[position + offset : position + offset + len(value)] = value
        position = content.find(word, position + 1)
    return bytes(changed)


def object_stream(*objects: bytes, entries: bytes = b"", pack: bool = True) -> bytes:
    """Return a PDF with those objects in an object stream."""
    text, table = b"", b""
    for number, each in enumerate(objects, 10):
        table += b"%d %d " % (number, len(text))
        text += each + b"\n"
    data = zlib.compress(table + text) if pack else table + text
    filters = b"/Filter /FlateDecode " if pack else b""
    about = b"/Type /ObjStm /N %d /First %d " % (len(objects), len(table))
    return pdf(stream(data, about + filters + entries))


def bomb(unpacked: int) -> bytes:
    """Return a document with a part of `unpacked` NUL bytes."""
    return docx(word__big_dot_xml=bytes(unpacked))


def noise(size: int) -> bytes:
    return b"".join(hashlib.blake2b(number.to_bytes(4)).digest() for number in range(size // 64))


def gigabyte() -> bytes:
    """Return a document that unpacks to a gigabyte, built without that much memory."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in package().items():
            archive.writestr(name, content)
        with archive.open("word/big.bin", "w") as part:
            for _turn in range(1024):
                part.write(bytes(1024 * 1024))
    return buffer.getvalue()


def with_false_size(content: bytes) -> bytes:
    """Declare a size of 100 bytes for the last part in the directory of the archive."""
    line, size = content.rfind(b"PK\1\2"), struct.pack("<L", 100)
    return content[: line + 24] + size + content[line + 28 :]


def many_entries(count: int) -> bytes:
    return packed(package(extra={f"p{number}": b"" for number in range(count)}), zipfile.ZIP_STORED)


def overlapping() -> bytes:
    """Return a document with a part inside another, both listed in the directory."""
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
    """Return a package with a symbolic link."""
    info = zipfile.ZipInfo("word/link.xml")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    buffer = BytesIO(docx())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def twice(name: str) -> bytes:
    """Return a package with two parts whose names differ only in case."""
    return packed(package(extra={name: b"<a/>", name.upper(): b"<b/>"}))


def external(kind: str, target: str) -> bytes:
    return docx(word___rels__document_dot_xml_dot_rels=relationships((kind, target, "External")))


def typed(part: str, content_type: str) -> bytes:
    """Return a workbook with another part of that type."""
    types = f'<Override PartName="/{part}" ContentType="{content_type}"/>'
    return packed(package(SHEET_MAIN, part="xl/workbook.xml", types=types, extra={part: b"<a/>"}))


MACRO_SHEET = "application/vnd.ms-excel.macrosheet+xml"
MACROS, PROGRAM, DAMAGED = "contiene macros", "un programa", "no se puede leer"
LOCKED, OVERSIZED, REMOTE = "con contraseña", "demasiado", "de otro equipo"
SCRIPTED, COMMANDS, POLYGLOT = "JavaScript", "DDE", "también otro tipo"
