"""Check a PDF: its beginning and end, its password, and what it would run when opened (R3.11).

This is not a full parser: damaged files that every reader repairs have to pass. A fast search looks
for the few dangerous names. Only if it finds one are all objects read token by token, to tell a
name from the same bytes in a picture or a string. Object streams, which can hide names, are
unpacked.
"""

import binascii
import re
from collections.abc import Iterator
from itertools import islice

from attachments.inspection import archive, executables
from attachments.inspection.effort import Effort
from attachments.inspection.pdf import password
from attachments.inspection.pdf.objects import (
    HEADER,
    NameSearch,
    ObjectStarts,
    ObjectStreams,
    name_pattern,
    starts_in_file,
    starts_in_stream,
)
from attachments.inspection.problems import Problem, Rejected

SIGNATURE = b"%PDF-"
WINDOW = 1_024  # bytes within which scanners and ERPs put the signature (R3.11)
MAX_EMBEDDED = 100  # attached files whose first bytes are checked
_ENDS = (b"%%EOF", b"startxref")
# A header of a printer or web server may stand before the signature, but none of these formats may
_OTHER_FILES = (
    archive.LOCAL_HEADER,
    b"\xd0\xcf\x11\xe0",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"{\\rtf",
    b"Rar!",
    b"7z\xbc\xaf",
    b"MSCF",
)
# Searched first because it is faster: the patterns can match only where one of these is, or a `#`,
# which may begin an escaped character. The `#` comes first: the bytes of a picture have one soon
_LITERAL = (b"#", b"/JavaScript", b"/JS", b"/Launch")
_FILES = (b"#", b"/EF")
_HARMFUL = re.compile(rb"|".join(map(name_pattern, (b"JavaScript", b"JS", b"Launch"))))
_FILE_NAME = re.compile(rb"/U?F\s*(?:\(([^()\\]*+(?:\\.[^()\\]*+)*+)\)|<([0-9A-Fa-f\s]{2,800}+)>)", re.DOTALL)
_FILE_BYTES_PER_STEP = 200
_EMBEDDED = re.compile(name_pattern(b"EmbeddedFile"))
# The stream's own type is optional, so attached files are also found by the reference to them. The
# dictionary with the reference may be an object apart from the `/EF` that names it
_ATTACHES = re.compile(name_pattern(b"EF"))
_GAP = rb"(?:[\0\t\n\f\r ]|%[^\r\n]{0,100}+[\r\n]){1,8}+"
_REFERENCE = re.compile(
    rb"(?:"
    + rb"|".join(map(name_pattern, (b"F", b"UF", b"DOS", b"Mac", b"Unix")))
    + rb")"
    + _GAP
    + rb"(\d{1,10})"
    + _GAP
    + rb"\d{1,5}"
    + _GAP
    + rb"R\b"
)


def signature_position(content: bytes) -> int:
    """Return the position of the signature, -1 when it is missing or not within the window."""
    return content.find(SIGNATURE, 0, WINDOW + len(SIGNATURE) - 1)


def check(content: bytes, effort: Effort) -> None:
    """Raise Rejected for a file that is incomplete, locked, polyglot, or would run something."""
    _check_ends(content)
    streams = ObjectStreams(content, password.decryptor(content), effort)
    search = NameSearch(_HARMFUL, _is_harmful, effort)
    _check_objects(search, content, starts_in_file, effort)
    attaches, referenced = _references(content, effort)
    for text in streams:
        _check_objects(search, text, starts_in_stream, effort)
        found, numbers = _references(text, effort)
        attaches |= found
        referenced |= numbers
    for position in islice(_embedded(content, referenced if attaches else set(), effort), MAX_EMBEDDED):
        if executables.is_program(streams.first_bytes(position)):
            raise Rejected(Problem.PROGRAM)


def _references(text: bytes, effort: Effort) -> tuple[bool, set[int]]:
    """Return whether the text attaches files, and the numbers of the objects that may hold them."""
    effort.spend_on_names(text)
    effort.spend(text.count(b"%") // 4)  # up to eight comments are read again from each name
    numbers: set[int] = set()
    for match in _REFERENCE.finditer(text):
        effort.spend()
        numbers.add(int(match[1]))
    return _ATTACHES.search(text) is not None, numbers


def _embedded(content: bytes, referenced: set[int], effort: Effort) -> Iterator[int]:
    """Yield a position in each attached file's dictionary, found by its type or a reference."""
    if b"#" in content or b"/Embedded" in content:  # a name may be written with codes: /Emb#65dded
        yield from (match.end() for match in _EMBEDDED.finditer(content))
    if referenced:
        effort.spend_on_bytes(len(content))
        yield from (match.end() for match in HEADER.finditer(content) if int(match[1]) in referenced)


def _check_ends(content: bytes) -> None:
    head = content[: signature_position(content)]
    if executables.is_program(head) or executables.has_markup(head) or head.lstrip().startswith(_OTHER_FILES):
        raise Rejected(Problem.POLYGLOT)
    end = max(content.rfind(word) for word in _ENDS)
    if end < 0 or not HEADER.search(content):
        raise Rejected(Problem.DAMAGED)
    tail = content[end:]
    if (
        archive.ends_in_archive(content)
        or executables.has_markup(tail)
        or executables.is_program(tail[5:].lstrip())
    ):
        raise Rejected(Problem.POLYGLOT)


def _check_objects(search: NameSearch, text: bytes, starts: ObjectStarts, effort: Effort) -> None:
    effort.spend_on_bytes(len(text))
    if any(name in text for name in _LITERAL) and (harmful := search.find(text, starts)):
        raise Rejected(Problem.LAUNCH if harmful == b"Launch" else Problem.SCRIPT)
    if any(name in text for name in _FILES):
        effort.spend_on_bytes(len(text), _FILE_BYTES_PER_STEP)
        for match in _FILE_NAME.finditer(text):
            effort.spend(4)
            digits = re.sub(rb"\s", b"", match[2] or b"")
            raw = match[1] or binascii.unhexlify(digits + b"0" * (len(digits) % 2))
            name = raw.replace(b"\0", b"").decode("latin-1")
            if "." in name and executables.extension(name) in executables.EXTENSIONS:
                raise Rejected(Problem.PROGRAM)


def _is_harmful(name: bytes, following: bytes) -> bool:
    """Return whether the name runs something. `JS` without a value can be the name of a font."""
    return name != b"JS" or following[:1] in b"(<0123456789"
