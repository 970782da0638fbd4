"""PDF objects: names however they are written, tokens, and the streams that hold more objects."""

import binascii
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice

from tickets.attachments.trouble import Trouble, Unacceptable

HEADER = re.compile(rb"(?<!\d)(\d{1,10})[\0\t\n\f\r ]{1,9}(\d{1,5})[\0\t\n\f\r ]{1,9}obj\b")
_OBJECT = re.compile(HEADER.pattern + rb"|\btrailer\b")
MAX_UNPACKED = 20 * 1024 * 1024  # bytes of all object streams together
MAX_RATIO = 100  # of one stream, from `RATIO_FROM` bytes on; genuine ones stay below 20
RATIO_FROM = 1024 * 1024
MAX_TOKENS = 40_000  # of a whole file, read to tell a name from a text, and only where a harmful name was seen
MAX_HITS, MAX_STARTS = 5_000, 20_000  # likewise
MAX_STREAMS = 1_000  # of objects; writers put a hundred or more into each
# Where objects may begin in a text, up to a place in it
Starts = Callable[[bytes, int], Iterable[int]]
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
_LONGEST_TABLE = 200_000  # bytes, of some 15,000 objects
_TABLE = re.compile(rb"[\s\d]*")
_PREDICTOR = re.compile(rb"/Predictor\s+(?!1\b)")
_OTHER_FILTERS = re.compile(rb"/(?:LZW|RunLength|RL\b|A(?:SCII)?85|A(?:SCIIHexDecode|Hx)\b)")
_FLATE = re.compile(rb"/Fl(?:ateDecode)?\b")
_HEADER_END = re.compile(HEADER.pattern + rb"\Z")
_NEAREST = 50
_REACH = 16_384  # bytes of one dictionary
_TRIES = 20  # words that may turn out to be no header
_PIECE = 2_048


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
        if not found["skip"]:
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


class Allowance:
    """How much of a file is read token by token; nobody writes one so hard to read without a reason."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, length: int) -> bool:
        """One token and the bytes that it took; false when there is nothing left."""
        self._left -= 1 + length // 128
        return self._left >= 0


class NameSearch:
    """Looks for names that mean harm, in the whole of a file and in each of its object streams, with one allowance.

    `counts` is asked about a name and the bytes behind it.
    """

    def __init__(self, pattern: "re.Pattern[bytes]", counts: Callable[[bytes, bytes], bool]) -> None:
        self._pattern = pattern
        self._counts = counts
        self._allowance = Allowance(MAX_TOKENS)

    def find(self, text: bytes, starts: Starts) -> bytes:
        """The first such name outside the texts and the stream of an object; empty if there is none."""
        hits = {found.start(): plain(found[0])[1:] for found in islice(self._pattern.finditer(text), MAX_HITS)}
        if not hits:
            return b""
        last = max(hits)
        ordered = sorted(start for start in islice(starts(text, last), MAX_STARTS) if start <= last)
        if len(hits) == MAX_HITS or len(ordered) == MAX_STARTS:
            return hits[last]
        # First from the object that seems to hold each; then from all, since «1 0 obj» may stand in a text to mislead
        nearest = [ordered[index - 1] for at in list(hits)[:_NEAREST] if (index := bisect_right(ordered, at))]
        met: set[int] = set()
        for start in (*nearest, *ordered):
            if start not in met and (name := self._read(text, start, last, hits, met)):
                return name
        return b""

    def _read(self, text: bytes, start: int, last: int, hits: dict[int, bytes], met: set[int]) -> bytes:
        reached = start
        for at, end, _token in tokens(text, start):
            if at > last:
                break
            met.add(at)
            if not self._allowance.spend(end - reached):
                return hits[last]
            reached = end
            if at in hits and self._counts(hits[at], text[end : end + 64].lstrip()):
                return hits[at]
        return b""


class ObjectStreams:
    """The streams of a file that hold objects, unpacked one after another and no further than a document goes."""

    _MARKS = re.compile(name_pattern(b"ObjStm") + b"|" + name_pattern(b"First") + rb"\s*\d+(?!\d|\s+\d+\s+R)")

    def __init__(self, content: bytes, decrypt: Decrypt | None) -> None:
        self._content = content
        self._decrypt = decrypt
        self._left = MAX_UNPACKED
        self._raw_left = 2 * len(content)  # streams share no bytes, so that together they have no more than the file
        self._allowance = Allowance(MAX_TOKENS)

    def __iter__(self) -> Iterator[bytes]:
        """The objects of each as one text."""
        begins: set[int] = set()
        for found in self._MARKS.finditer(self._content):
            begins.add(self._data_after(found.end()))
            if len(begins) > MAX_STREAMS:
                raise Unacceptable(Trouble.OVERSIZED)
        for begin in sorted(begins - {0}):
            text = self._unpacked(begin, self._left)
            self._left -= len(text)
            if self._left < 0:
                raise Unacceptable(Trouble.OVERSIZED)
            yield text

    def beginning_after(self, at: int) -> bytes:
        """The first bytes of the stream whose dictionary goes on at `at`."""
        begin = self._data_after(at)
        return self._unpacked(begin, 1_024) if begin else b""

    def _data_after(self, at: int) -> int:
        """Where the data of the stream begin whose dictionary goes on at `at`; 0 if it is no stream."""
        reached = at
        for _start, end, token in tokens(self._content, at):
            if not self._allowance.spend(end - reached):
                raise Unacceptable(Trouble.DAMAGED)
            reached = end
            if token == b"stream" and (gap := _LINE_END.match(self._content, end)):
                return gap.end()
        return 0

    def _unpacked(self, begin: int, most: int) -> bytes:
        """The stream that begins there, up to a little more than `most` bytes."""
        number, generation, at = self._header_before(begin)
        dictionary = plain(self._content[max(at, begin - _REACH) : begin])
        data = self._raw(dictionary, begin)
        if self._decrypt and b"/Identity" not in dictionary:
            data = self._decrypt(number, generation, data)
        return _decoded(dictionary, data, most)

    def _header_before(self, at: int) -> tuple[int, int, int]:
        """Number and generation of the object whose stream begins there, and where its header ends."""
        floor = max(0, at - _REACH)
        for _try in range(_TRIES):
            at = self._content.rfind(b"obj", floor, at)
            if at < 0:
                break
            if found := _HEADER_END.search(self._content, max(0, at - 32), at + 3):
                return int(found[1]), int(found[2]), found.end()
        return 0, 0, 0

    def _raw(self, dictionary: bytes, begin: int) -> bytes:
        length = _LENGTH.search(dictionary)
        end = begin + int(length[1]) if length else 0
        if not length or b"endstream" not in self._content[end : end + 32]:
            end = self._content.find(b"endstream", begin)
        data = self._content[begin : end if end >= 0 else None]
        self._raw_left -= len(data)
        if self._raw_left < 0:
            raise Unacceptable(Trouble.DAMAGED)
        return data


def starts_in_file(content: bytes, last: int) -> Iterator[int]:
    """At every header, also of those that only seem to be one."""
    return (found.start() for found in _OBJECT.finditer(content, 0, last))


def starts_in_stream(text: bytes, _last: int) -> Iterator[int]:
    """Behind the table at the top, and where the table says."""
    table = _TABLE.match(text, 0, _LONGEST_TABLE)
    base = table.end() if table else 0
    yield base
    yield from (base + int(number) for number in text[:base].split()[1::2])


def _decoded(dictionary: bytes, data: bytes, most: int) -> bytes:
    if _OTHER_FILTERS.search(dictionary) or _PREDICTOR.search(dictionary):
        raise Unacceptable(Trouble.DAMAGED)  # readers take it and no program writes it: something is hidden
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
