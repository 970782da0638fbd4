"""PDF objects: names however they are written, tokens, and the streams that hold more objects."""

import binascii
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain

from attachments.inspection.effort import PLAIN, SLOW, Effort
from attachments.inspection.problems import Problem, Rejected

# Written so that the search skips to the digits, and to the word
HEADER = re.compile(rb"(\d(?<!\d\d)\d{0,9})[\0\t\n\f\r ]{1,9}(\d{1,5})[\0\t\n\f\r ]{1,9}obj\b")
_TRAILER = re.compile(rb"trailer\b(?<=\btrailer)")
MAX_UNPACKED = 20 * 1024 * 1024  # bytes of all object streams together
MAX_RATIO = 100  # of one stream, from `RATIO_FROM` bytes on; genuine ones stay below 20
RATIO_FROM = 1024 * 1024
MAX_STREAMS = 1_000  # of objects; writers put a hundred or more into each
# Where objects may begin in a text, up to a place in it
Starts = Callable[[bytes, int], Iterable[int]]
Decrypt = Callable[[int, int, bytes], bytes]

_BLANKS = rb"\0\t\n\f\r "
_DELIMITERS = rb"\0\t\n\f\r ()<>\[\]{}/%"
_TOKEN = re.compile(
    rb"(?P<skip>(?:["
    + _BLANKS
    + rb"]+|%[^\r\n]*){1,4000}+)|(?P<name>/[^"
    + _DELIMITERS
    + rb"]*)|(?P<text>\()"
    rb"|<<|>>|<[^>]*>?|[\[\]{})>]|(?P<word>[^" + _DELIMITERS + rb"]+)"
)
_IN_TEXT = re.compile(rb"[^()\\]*+(?:\\.[^()\\]*+)*+([()])", re.DOTALL)
_BLANKS_A_STEP = 16  # bytes: each comment may be empty
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_LENGTH = re.compile(rb"/Length\s+(\d{1,8})(?!\s+\d+\s+R)")
_LINE_END = re.compile(rb" *(?:\r\n|\n|\r)?")
_LONGEST_TABLE = 200_000  # bytes, of some 15,000 objects
_TABLE = re.compile(rb"[\s\d]*")
_ENTRY = re.compile(rb"(?<!\d)\d+\s+(\d+)")  # the number of an object, and where it begins
_DIGITS = 10  # no text here is so long
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


def tokens(text: bytes, at: int, effort: Effort) -> Iterator[tuple[int, int, bytes]]:
    """Start, end and text of each name and word from `at` to the end of the object or the start of
    its stream.
    """
    while found := _TOKEN.match(text, at):
        start, at = at, found.end()
        effort.spend(1 + (at - start) // (_BLANKS_A_STEP if found["skip"] else PLAIN))
        if found["text"]:
            at = _end_of_text(text, at, effort)
        if not found["skip"]:
            yield start, at, found[0] if found["name"] or found["word"] else b""
            if found["word"] in {b"endobj", b"stream"}:
                return


def _end_of_text(text: bytes, at: int, effort: Effort) -> int:
    """Each bracket counts: two megabytes of them, met from every object again, would take seconds
    (S5).
    """
    depth = 1
    while found := _IN_TEXT.match(text, at):
        effort.spend(1 + (found.end() - at) // SLOW)
        at = found.end()
        depth += 1 if found[1] == b"(" else -1
        if not depth:
            return at
    effort.read(len(text) - at, SLOW)
    return len(text)


class NameSearch:
    """Looks for names that mean harm, in the whole of a file and in each of its object streams.

    `counts` is asked about a name and the bytes behind it.
    """

    def __init__(
        self, pattern: "re.Pattern[bytes]", counts: Callable[[bytes, bytes], bool], effort: Effort
    ) -> None:
        self._pattern = pattern
        self._counts = counts
        self._effort = effort

    def find(self, text: bytes, starts: Starts) -> bytes:
        """The first such name outside the texts and the stream of an object; empty if there is
        none.
        """
        self._effort.search_names(text)
        hits: dict[int, bytes] = {}
        for found in self._pattern.finditer(text):
            self._effort.spend(3)
            hits[found.start()] = plain(found[0])[1:]
        if not hits:
            return b""
        last = max(hits)
        ordered = sorted(self._counted(starts(text, last), last))
        # First from the object that seems to hold each; then from all, since «1 0 obj» may stand in
        # a text to mislead
        nearest = [ordered[index - 1] for at in list(hits)[:_NEAREST] if (index := bisect_right(ordered, at))]
        met: set[int] = set()
        for start in (*nearest, *ordered):
            if start not in met and (name := self._read(text, start, last, hits, met)):
                return name
        return b""

    def _counted(self, starts: Iterable[int], last: int) -> Iterator[int]:
        for start in starts:
            self._effort.spend()
            if start <= last:
                yield start

    def _read(self, text: bytes, start: int, last: int, hits: dict[int, bytes], met: set[int]) -> bytes:
        for at, end, _token in tokens(text, start, self._effort):
            if at > last:
                break
            met.add(at)
            if at in hits and self._counts(hits[at], text[end : end + 64].lstrip()):
                return hits[at]
        return b""


class ObjectStreams:
    """The streams of a file that hold objects, unpacked one after another and no further than a
    document goes.
    """

    _MARKS = re.compile(name_pattern(b"ObjStm") + b"|" + name_pattern(b"First") + rb"\s*\d+(?!\d|\s+\d+\s+R)")

    def __init__(self, content: bytes, decrypt: Decrypt | None, effort: Effort) -> None:
        self._content = content
        self._decrypt = decrypt
        self._left = MAX_UNPACKED
        # Streams share no bytes, so that together they have no more than the file
        self._raw_left = 2 * len(content)
        self._effort = effort

    def __iter__(self) -> Iterator[bytes]:
        """The objects of each as one text."""
        begins: set[int] = set()
        self._effort.search_names(self._content)
        for found in self._MARKS.finditer(self._content):
            self._effort.spend()
            begins.add(self._data_after(found.end()))
            if len(begins) > MAX_STREAMS:
                raise Rejected(Problem.OVERSIZED)
        for begin in sorted(begins - {0}):
            text = self._unpacked(begin, self._left)
            self._left -= len(text)
            if self._left < 0:
                raise Rejected(Problem.OVERSIZED)
            yield text

    def beginning_after(self, at: int) -> bytes:
        """The first bytes of the stream whose dictionary goes on at `at`."""
        begin = self._data_after(at)
        return self._unpacked(begin, 1_024) if begin else b""

    def _data_after(self, at: int) -> int:
        """Where the data of the stream begin whose dictionary goes on at `at`; 0 if it is no
        stream.
        """
        for _start, end, token in tokens(self._content, at, self._effort):
            if token == b"stream" and (gap := _LINE_END.match(self._content, end)):
                return gap.end()
        return 0

    def _unpacked(self, begin: int, most: int) -> bytes:
        """The stream that begins there, up to a little more than `most` bytes."""
        number, generation, at = self._header_before(begin)
        dictionary = self._content[max(at, begin - _REACH) : begin]
        self._effort.spend(20 + dictionary.count(b"#"))
        dictionary = plain(dictionary)
        data = self._raw(dictionary, begin)
        if self._decrypt and b"/Identity" not in dictionary:
            data = self._decrypt(number, generation, data)
        return _decoded(dictionary, data, most, self._effort)

    def _header_before(self, at: int) -> tuple[int, int, int]:
        """Number and generation of the object whose stream begins
        there, and where its header ends.
        """
        floor = max(0, at - _REACH)
        for _try in range(_TRIES):
            self._effort.spend()
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
            self._effort.read((end if end >= 0 else len(self._content)) - begin)
        data = self._content[begin : end if end >= 0 else None]
        self._raw_left -= len(data)
        if self._raw_left < 0:
            raise Rejected(Problem.DAMAGED)
        return data


def starts_in_file(content: bytes, last: int) -> Iterable[int]:
    """At every header, also of those that only seem to be one."""
    return (
        found.start()
        for found in chain(HEADER.finditer(content, 0, last), _TRAILER.finditer(content, 0, last))
    )


def starts_in_stream(text: bytes, _last: int) -> Iterator[int]:
    """Behind the table at the top, and where the table says."""
    table = _TABLE.match(text, 0, _LONGEST_TABLE)
    base = table.end() if table else 0
    yield base
    for found in _ENTRY.finditer(text, 0, base):
        yield base + int(found[1]) if len(found[1]) < _DIGITS else len(text)


def _decoded(dictionary: bytes, data: bytes, most: int, effort: Effort) -> bytes:
    if _OTHER_FILTERS.search(dictionary) or _PREDICTOR.search(dictionary):
        raise Rejected(Problem.DAMAGED)  # readers take it and no program writes it: something is hidden
    return _inflated(data, most, effort) if _FLATE.search(dictionary) else data


def _inflated(data: bytes, most: int, effort: Effort) -> bytes:
    """As far as it can be read: readers show the objects before a fault, and pay no heed to a wrong
    checksum.
    """
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    size = 0
    for at in range(2, len(data), _PIECE):  # the first two bytes are zlib's own
        effort.spend(10)
        piece, clean = _inflated_piece(inflating, data[at : at + _PIECE], effort)
        pieces.append(piece)
        size += len(piece)
        if size > most or not clean or inflating.eof:
            break
        if size > RATIO_FROM and size > MAX_RATIO * (at + _PIECE):
            raise Rejected(Problem.OVERSIZED)
    return b"".join(pieces)


def _inflated_piece(inflating: "zlib._Decompress", data: bytes, effort: Effort) -> tuple[bytes, bool]:
    before = inflating.copy()
    try:
        return inflating.decompress(data), True
    except zlib.error:
        effort.spend(len(data))
        return b"".join(_inflated_bytes(before, data)), False


def _inflated_bytes(inflating: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """One by one, for what comes before the fault."""
    with suppress(zlib.error):
        for byte in data:
            yield inflating.decompress(bytes((byte,)))
