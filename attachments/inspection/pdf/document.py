"""PDF: its beginning and its end, passwords, and what it would run on opening (R3.11).

No reader's whole grammar is followed: damaged files that every reader repairs have to pass. A raw
search for the few names that mean harm costs nothing on a file without them. Where one is found,
every object of the file is read token by token to tell a name from the same bytes in a picture or a
text. Object streams, where names can hide, are unpacked.
"""

import binascii
import re
from itertools import islice

from attachments.inspection import archive, executables
from attachments.inspection.effort import Effort
from attachments.inspection.pdf import password as pdf_password
from attachments.inspection.pdf.objects import (
    HEADER,
    NameSearch,
    ObjectStreams,
    Starts,
    name_pattern,
    starts_in_file,
    starts_in_stream,
)
from attachments.inspection.problems import Problem, Rejected

MARK = b"%PDF-"
WINDOW = 1_024  # bytes within which scanners and ERPs still put the mark (R3.11)
MAX_EMBEDDED = 100  # attached files whose first bytes are looked at
_ENDS = (b"%%EOF", b"startxref")
# What comes before the mark may be a printer's or a web server's header, never another kind of file
_OTHER_FILES = (
    archive.LOCAL,
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
# Looked for first, for speed: the patterns are needed where one of these is, or a `#` that may
# stand for a letter
_LITERAL = (b"/JavaScript", b"/JS", b"/Launch", b"#")
_FILES = (b"/EF", b"#")
_HARMFUL = re.compile(rb"|".join(map(name_pattern, (b"JavaScript", b"JS", b"Launch"))))
_FILE_NAME = re.compile(rb"/U?F\s*(?:\(([^()\\]*+(?:\\.[^()\\]*+)*+)\)|<([0-9A-Fa-f\s]{2,800}+)>)", re.DOTALL)
_FILE_BYTES_A_STEP = 200
_EMBEDDED = re.compile(name_pattern(b"EmbeddedFile"))


def begins(content: bytes) -> int:
    """Where the mark is, -1 if it comes too late or never."""
    return content.find(MARK, 0, WINDOW + len(MARK) - 1)


def check(content: bytes, effort: Effort) -> None:
    """`Rejected` where it is cut short, twofold, locked, or would run something."""
    _check_ends(content)
    streams = ObjectStreams(content, pdf_password.opened(content), effort)
    search = NameSearch(_HARMFUL, _is_harmful, effort)
    _check_objects(search, content, starts_in_file, effort)
    for text in streams:
        _check_objects(search, text, starts_in_stream, effort)
    if b"/Embedded" in content:
        for found in islice(_EMBEDDED.finditer(content), MAX_EMBEDDED):
            if executables.is_program(streams.beginning_after(found.end())):
                raise Rejected(Problem.PROGRAM)


def _check_objects(search: NameSearch, text: bytes, starts: Starts, effort: Effort) -> None:
    effort.read(len(text))
    if any(name in text for name in _LITERAL) and (harmful := search.find(text, starts)):
        raise Rejected(Problem.LAUNCH if harmful == b"Launch" else Problem.SCRIPT)
    if any(name in text for name in _FILES):
        effort.read(len(text), _FILE_BYTES_A_STEP)
        for found in _FILE_NAME.finditer(text):
            effort.spend(4)
            if _is_program_name(found):
                raise Rejected(Problem.PROGRAM)


def _is_harmful(name: bytes, following: bytes) -> bool:
    """`JS` alone may be the name of a font; with a text or a
    reference behind it, it is a script.
    """
    return name != b"JS" or following[:1] in b"(<0123456789"


def _check_ends(content: bytes) -> None:
    head = content[: begins(content)]
    if executables.is_program(head) or executables.has_markup(head) or head.lstrip().startswith(_OTHER_FILES):
        raise Rejected(Problem.POLYGLOT)
    end = max(content.rfind(mark) for mark in _ENDS)
    if end < 0 or not HEADER.search(content):
        raise Rejected(Problem.DAMAGED)
    tail = content[end:]
    if (
        archive.ends_in_archive(content)
        or executables.has_markup(tail)
        or executables.is_program(tail[5:].lstrip())
    ):
        raise Rejected(Problem.POLYGLOT)


def _is_program_name(found: "re.Match[bytes]") -> bool:
    digits = re.sub(rb"\s", b"", found[2] or b"")
    raw = found[1] or binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    name = raw.replace(b"\0", b"").decode("latin-1")
    return "." in name and executables.extension(name) in executables.EXTENSIONS
