"""PDF objects: names however they are written, tokens, and the streams that hold more objects."""

import base64
import binascii
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from tickets.attachments.trouble import Trouble, Unacceptable

HEADER = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+obj\b")
MAX_UNPACKED = 20 * 1024 * 1024  # bytes of all object streams together
MAX_RATIO = 100  # of one stream, from `RATIO_FROM` bytes on; genuine ones stay below 20
RATIO_FROM = 1024 * 1024
MAX_TOKENS = 60_000  # of a whole file, read to tell a name from a text, and only where a harmful name was seen
Decrypt = Callable[[int, int, bytes], bytes]

_BLANKS = rb"\0\t\n\f\r "
_DELIMITERS = rb"\0\t\n\f\r ()<>\[\]{}/%"
_TOKEN = re.compile(
    rb"(?P<skip>[" + _BLANKS + rb"]+|%[^\r\n]*)|(?P<name>/[^" + _DELIMITERS + rb"]*)|(?P<text>\()"
    rb"|<<|>>|<[^>]*>?|[\[\]{})>]|(?P<word>[^" + _DELIMITERS + rb"]+)"
)
_IN_TEXT = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_LENGTH = re.compile(rb"/Length\s+(\d{1,8})(?!\s+\d+\s+R)")
_LINE_END = re.compile(rb" *(?:\r\n|\n|\r)?")
_TABLE = re.compile(rb"[\s\d]*")
_PREDICTOR = re.compile(rb"/Predictor\s+(?!1\b)")
_LIKE_LZW = re.compile(rb"/(?:LZW|RunLength|RL\b)")
_BASE_85 = re.compile(rb"/A(?:SCII)?85")
_HEX = re.compile(rb"/A(?:SCIIHexDecode|Hx)\b")
_FLATE = re.compile(rb"/Fl(?:ateDecode)?\b")
_HEADER_END = re.compile(rb"(?<!\d)" + HEADER.pattern + rb"\Z")
_NEAREST = 50
_PIECE = 4_096


def name_pattern(name: bytes) -> bytes:
    """A pattern for a name, each character of which may be given as `#xx`."""
    letters = b"".join(b"(?:%c|#(?i:%02x))" % (byte, byte) for byte in name)
    return b"/" + letters + rb"(?=[" + _DELIMITERS + rb"]|$)"


def plain(name: bytes) -> bytes:
    """A name, or a whole dictionary, without its `#xx`."""
    return _ESCAPE.sub(lambda found: binascii.unhexlify(found[1]), name)


def tokens(text: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Start, end and text of each name and word from `at` to the end of the object or the start of its stream."""
    while found := _TOKEN.match(text, at):
        start, at = at, found.end()
        if found["text"]:
            at = _end_of_text(text, at)
        elif not found["skip"]:
            yield start, at, found[0] if found["name"] or found["word"] else b""
            if found["word"] in {b"endobj", b"stream"}:
                return


def _end_of_text(text: bytes, at: int) -> int:
    depth = 1
    for found in _IN_TEXT.finditer(text, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return len(text)


class NameSearch:
    """Looks for names that mean harm, in the whole of a file and in each of its object streams, with one allowance.

    `counts` is asked about a name and the bytes behind it.
    """

    def __init__(self, pattern: "re.Pattern[bytes]", counts: Callable[[bytes, bytes], bool]) -> None:
        self._pattern = pattern
        self._counts = counts
        self._left = MAX_TOKENS

    def find(self, text: bytes, starts: Iterable[int]) -> bytes:
        """The first such name outside the texts and the stream of an object; empty if there is none.

        Objects may begin at `starts`, which are not asked for where the pattern finds nothing.
        """
        hits = {found.start(): plain(found[0])[1:] for found in self._pattern.finditer(text)}
        if not hits:
            return b""
        ordered = sorted(starts)
        # First from the object that seems to hold each; then from all, since «1 0 obj» may stand in a text to mislead
        nearest = [ordered[index - 1] for at in list(hits)[:_NEAREST] if (index := bisect_right(ordered, at))]
        met: set[int] = set()
        for start in (*nearest, *ordered):
            if start not in met and (name := self._read(text, start, hits, met)):
                return name
        return b""

    def _read(self, text: bytes, start: int, hits: dict[int, bytes], met: set[int]) -> bytes:
        last = max(hits)
        for at, end, _token in tokens(text, start):
            if at > last:
                break
            met.add(at)
            self._left -= 1
            if self._left < 0:
                return hits[last]  # nobody writes a file so hard to read without a reason
            if at in hits and self._counts(hits[at], text[end : end + 64].lstrip()):
                return hits[at]
        return b""


class ObjectStreams:
    """The streams of a file that hold objects, unpacked one after another and no further than a document goes."""

    _MARKS = re.compile(name_pattern(b"ObjStm") + b"|" + name_pattern(b"First") + rb"\s*\d+(?!\s+\d+\s+R)")

    def __init__(self, content: bytes, decrypt: Decrypt | None) -> None:
        self._content = content
        self._decrypt = decrypt
        self._left = MAX_UNPACKED

    def __iter__(self) -> Iterator[tuple[bytes, Iterator[int]]]:
        """The objects of each as one text, and where each begins in it."""
        begins = {begin for found in self._MARKS.finditer(self._content) if (begin := self._data_after(found.end()))}
        for begin in sorted(begins):
            text = self._unpacked(begin, self._left)
            self._left -= len(text)
            if self._left < 0:
                raise Unacceptable(Trouble.OVERSIZED)
            yield text, _starts(text)

    def beginning_after(self, at: int) -> bytes:
        """The first bytes of the stream whose dictionary goes on at `at`."""
        begin = self._data_after(at)
        return self._unpacked(begin, 1_024) if begin else b""

    def _data_after(self, at: int) -> int:
        """Where the data of the stream begin whose dictionary goes on at `at`; 0 if it is no stream."""
        for _start, end, token in tokens(self._content, at):
            if token == b"stream" and (gap := _LINE_END.match(self._content, end)):
                return gap.end()
        return 0

    def _unpacked(self, begin: int, most: int) -> bytes:
        """The stream that begins there, up to a little more than `most` bytes."""
        number, generation, at = self._header_before(begin)
        dictionary = plain(self._content[at:begin])
        data = self._raw(dictionary, begin)
        if self._decrypt and b"/Identity" not in dictionary:
            data = self._decrypt(number, generation, data)
        return _decoded(dictionary, data, most)

    def _header_before(self, at: int) -> tuple[int, int, int]:
        """Number and generation of the object whose stream begins there, and where its header ends."""
        at = self._content.rfind(b"obj", 0, at)
        while at >= 0:
            if found := _HEADER_END.search(self._content, max(0, at - 32), at + 3):
                return int(found[1]), int(found[2]), found.end()
            at = self._content.rfind(b"obj", 0, at)
        return 0, 0, 0

    def _raw(self, dictionary: bytes, begin: int) -> bytes:
        length = _LENGTH.search(dictionary)
        end = begin + int(length[1]) if length else 0
        if not length or b"endstream" not in self._content[end : end + 32]:
            end = self._content.find(b"endstream", begin)
        return self._content[begin : end if end >= 0 else None]


def _starts(text: bytes) -> Iterator[int]:
    """Where the table at the top of an object stream says that objects begin, and where they begin at the latest."""
    table = _TABLE.match(text)
    base = table.end() if table else 0
    yield base
    yield from (base + int(number) for number in text[:base].split()[1::2])


def _decoded(dictionary: bytes, data: bytes, most: int) -> bytes:
    if _LIKE_LZW.search(dictionary) or _PREDICTOR.search(dictionary):
        raise Unacceptable(Trouble.DAMAGED)  # readers take it and no program writes it: something is hidden
    if _BASE_85.search(dictionary):
        data = base64.a85decode(data.partition(b"~>")[0].strip().removeprefix(b"<~"), ignorechars=b" \t\n\r\0\f")
    if _HEX.search(dictionary):
        data = binascii.unhexlify(re.sub(rb"[^0-9A-Fa-f]", b"", data.partition(b">")[0]))
    return _inflated(data, most) if _FLATE.search(dictionary) else data


def _inflated(data: bytes, most: int) -> bytes:
    """As far as it can be read: readers show the objects before a fault, and pay no heed to a wrong checksum."""
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    size = 0
    for at in range(2, len(data), _PIECE):  # the first two bytes are zlib's own
        piece, clean = _inflated_piece(inflating, data[at : at + _PIECE])
        pieces.append(piece)
        size += len(piece)
        if size > most or not clean or inflating.eof:
            break
        if size > RATIO_FROM and size > MAX_RATIO * (at + _PIECE):
            raise Unacceptable(Trouble.OVERSIZED)
    return b"".join(pieces)


def _inflated_piece(inflating: "zlib._Decompress", data: bytes) -> tuple[bytes, bool]:
    before = inflating.copy()
    try:
        return inflating.decompress(data), True
    except zlib.error:
        return b"".join(_inflated_bytes(before, data)), False


def _inflated_bytes(inflating: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """One by one, for what comes before the fault."""
    with suppress(zlib.error):
        for byte in data:
            yield inflating.decompress(bytes((byte,)))
