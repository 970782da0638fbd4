"""Read PDF objects: names with escaped characters, tokens, and object streams."""

import binascii
import re
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain

from attachments.inspection.effort import FAST, SLOW, Effort
from attachments.inspection.problems import Problem, Rejected

# These two patterns let the regular expression engine skip quickly to a digit, or to the word
HEADER = re.compile(rb"(\d(?<!\d\d)\d{0,9})[\0\t\n\f\r ]{1,9}(\d{1,5})[\0\t\n\f\r ]{1,9}obj\b")
_TRAILER = re.compile(rb"trailer\b(?<=\btrailer)")
MAX_UNPACKED = 20 * 1024 * 1024  # bytes of all object streams together
MAX_RATIO = 100  # of one stream, from RATIO_FROM bytes on; genuine ones stay below 20
RATIO_FROM = 1024 * 1024
MAX_STREAMS = 1_000  # object streams; programs put a hundred objects or more into each
ObjectStarts = Callable[[bytes, int], Iterable[int]]  # where objects may begin in a text, up to a position
Decrypt = Callable[[int, int, bytes], bytes]  # from object number, generation and data

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
_IN_STRING = re.compile(rb"[^()\\]*+(?:\\.[^()\\]*+)*+([()])", re.DOTALL)
_BLANKS_PER_STEP = 16  # bytes: among blanks, each comment may be empty
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_LENGTH = re.compile(rb"/Length\s+(\d{1,8})(?!\s+\d+\s+R)")
_LINE_END = re.compile(rb" *(?:\r\n|\n|\r)?")
_MAX_TABLE = 200_000  # bytes, for about 15,000 objects
_TABLE = re.compile(rb"[\s\d]*")
_TABLE_ENTRY = re.compile(rb"(?<!\d)\d+\s+(\d+)")  # an object's number and its position
_MAX_DIGITS = 10  # a position of this many digits is beyond the end of any text
_PREDICTOR = re.compile(rb"/Predictor\s+(?!1\b)")
_OTHER_FILTERS = re.compile(rb"/(?:LZW|RunLength|RL\b|A(?:SCII)?85|A(?:SCIIHexDecode|Hx)\b)")
_FLATE = re.compile(rb"/Fl(?:ateDecode)?\b")
_HEADER_END = re.compile(HEADER.pattern + rb"\Z")
_MAX_NEAREST = 50  # harmful names whose nearest object is read first
_MAX_DICTIONARY = 16_384  # bytes
_MAX_CANDIDATES = 20  # places to look at: `obj` is not always part of a header
_PIECE = 2_048  # bytes that are decompressed at a time


def name_pattern(name: bytes) -> bytes:
    """Return a pattern for a name, any character of which may be escaped as `#xx`."""
    letters = b"".join(b"(?:%c|#(?i:%02x))" % (byte, byte) for byte in name)
    return b"/" + letters + rb"(?=[" + _DELIMITERS + rb"]|$)"


def unescape(text: bytes) -> bytes:
    """Decode the `#xx` of a name, or of all names of a dictionary."""
    return _ESCAPE.sub(lambda match: binascii.unhexlify(match[1]), text)


def tokens(text: bytes, position: int, effort: Effort) -> Iterator[tuple[int, int, bytes]]:
    """Yield start, end and text of each token up to the object's end or its stream.

    The text is empty for tokens other than names and words.
    """
    while match := _TOKEN.match(text, position):
        start, position = position, match.end()
        effort.spend(1 + (position - start) // (_BLANKS_PER_STEP if match["skip"] else FAST))
        if match["text"]:
            position = _string_end(text, position, effort)
        if not match["skip"]:
            yield start, position, match[0] if match["name"] or match["word"] else b""
            if match["word"] in {b"endobj", b"stream"}:
                return


def _string_end(text: bytes, position: int, effort: Effort) -> int:
    """Return the end of a string.

    Each bracket costs a step: a file of two megabytes of them, read again from every object, would
    take seconds (S5).
    """
    depth = 1
    while match := _IN_STRING.match(text, position):
        effort.spend(1 + (match.end() - position) // SLOW)
        position = match.end()
        depth += 1 if match[1] == b"(" else -1
        if not depth:
            return position
    effort.spend_on_bytes(len(text) - position, SLOW)
    return len(text)


class NameSearch:
    """Searches a file, and each of its object streams, for harmful names.

    `is_harmful` decides from the name and the bytes after it.
    """

    def __init__(
        self, pattern: "re.Pattern[bytes]", is_harmful: Callable[[bytes, bytes], bool], effort: Effort
    ) -> None:
        self._pattern = pattern
        self._is_harmful = is_harmful
        self._effort = effort

    def find(self, text: bytes, starts: ObjectStarts) -> bytes:
        """Return the first harmful name outside strings and streams; empty when there is none."""
        self._effort.spend_on_names(text)
        candidates: dict[int, bytes] = {}
        for match in self._pattern.finditer(text):
            self._effort.spend(3)
            candidates[match.start()] = unescape(match[0])[1:]
        if not candidates:
            return b""
        last = max(candidates)
        ordered: list[int] = []
        for start in starts(text, last):
            self._effort.spend()
            if start <= last:
                ordered.append(start)
        ordered.sort()
        # First the object that seems to hold each candidate, then all objects: a «1 0 obj» in a
        # string may be there to mislead
        nearest = [
            ordered[index - 1]
            for position in list(candidates)[:_MAX_NEAREST]
            if (index := bisect_right(ordered, position))
        ]
        seen: set[int] = set()
        for start in (*nearest, *ordered):
            if start not in seen and (name := self._harmful_name(text, start, last, candidates, seen)):
                return name
        return b""

    def _harmful_name(
        self, text: bytes, start: int, last: int, candidates: dict[int, bytes], seen: set[int]
    ) -> bytes:
        """Read the object that begins at `start`; add the positions of its tokens to `seen`."""
        for position, end, _token in tokens(text, start, self._effort):
            if position > last:
                break
            seen.add(position)
            name = candidates.get(position)
            if name is not None and self._is_harmful(name, text[end : end + 64].lstrip()):
                return name
        return b""


class ObjectStreams:
    """Iterates over the unpacked object streams of a file, within the limits of size and ratio."""

    # Names that only the dictionary of an object stream has
    _STREAM_NAMES = re.compile(
        name_pattern(b"ObjStm") + b"|" + name_pattern(b"First") + rb"\s*\d+(?!\d|\s+\d+\s+R)"
    )

    def __init__(self, content: bytes, decrypt: Decrypt | None, effort: Effort) -> None:
        self._content = content
        self._decrypt = decrypt
        self._unpacked_left = MAX_UNPACKED
        # Genuine streams share no bytes, so together they are no longer than the file
        self._raw_left = 2 * len(content)
        self._effort = effort

    def __iter__(self) -> Iterator[bytes]:
        """Yield the objects of each stream as one text."""
        begins: set[int] = set()
        self._effort.spend_on_names(self._content)
        for match in self._STREAM_NAMES.finditer(self._content):
            self._effort.spend()
            begins.add(self._data_start(match.end()))
            if len(begins) > MAX_STREAMS:
                raise Rejected(Problem.OVERSIZED)
        for begin in sorted(begins - {0}):
            text = self._unpack(begin, self._unpacked_left)
            self._unpacked_left -= len(text)
            if self._unpacked_left < 0:
                raise Rejected(Problem.OVERSIZED)
            yield text

    def first_bytes(self, position: int) -> bytes:
        """Return the first bytes of the stream whose dictionary contains `position`."""
        begin = self._data_start(position)
        return self._unpack(begin, 1_024) if begin else b""

    def _data_start(self, position: int) -> int:
        """Return where the data of that stream begin; 0 when the object has no stream."""
        for _start, end, token in tokens(self._content, position, self._effort):
            if token == b"stream" and (gap := _LINE_END.match(self._content, end)):
                return gap.end()
        return 0

    def _unpack(self, begin: int, max_bytes: int) -> bytes:
        """Return the stream that begins there, up to a little more than `max_bytes`."""
        number, generation, header_end = self._header_before(begin)
        dictionary = self._content[max(header_end, begin - _MAX_DICTIONARY) : begin]
        self._effort.spend(20 + dictionary.count(b"#"))
        dictionary = unescape(dictionary)
        data = self._raw(dictionary, begin)
        if self._decrypt and b"/Identity" not in dictionary:
            data = self._decrypt(number, generation, data)
        if _OTHER_FILTERS.search(dictionary) or _PREDICTOR.search(dictionary):
            raise Rejected(Problem.DAMAGED)  # readers accept it and no program writes it: it hides something
        return _inflate(data, max_bytes, self._effort) if _FLATE.search(dictionary) else data

    def _header_before(self, position: int) -> tuple[int, int, int]:
        """Return number, generation and header end of the object whose stream begins there."""
        floor = max(0, position - _MAX_DICTIONARY)
        for _candidate in range(_MAX_CANDIDATES):
            self._effort.spend()
            position = self._content.rfind(b"obj", floor, position)
            if position < 0:
                break
            if match := _HEADER_END.search(self._content, max(0, position - 32), position + 3):
                return int(match[1]), int(match[2]), match.end()
        return 0, 0, 0

    def _raw(self, dictionary: bytes, begin: int) -> bytes:
        """Return the packed data, by the declared length or else up to `endstream`."""
        length = _LENGTH.search(dictionary)
        end = begin + int(length[1]) if length else 0
        if not length or b"endstream" not in self._content[end : end + 32]:
            end = self._content.find(b"endstream", begin)
            self._effort.spend_on_bytes((end if end >= 0 else len(self._content)) - begin)
        data = self._content[begin : end if end >= 0 else None]
        self._raw_left -= len(data)
        if self._raw_left < 0:
            raise Rejected(Problem.DAMAGED)
        return data


def starts_in_file(content: bytes, last: int) -> Iterable[int]:
    """Return the position of each object header and trailer, false ones included."""
    return (
        match.start()
        for match in chain(HEADER.finditer(content, 0, last), _TRAILER.finditer(content, 0, last))
    )


def starts_in_stream(text: bytes, _last: int) -> Iterator[int]:
    """Yield the end of the table at the top of an object stream, and the positions in it."""
    table = _TABLE.match(text, 0, _MAX_TABLE)
    base = table.end() if table else 0
    yield base
    for entry in _TABLE_ENTRY.finditer(text, 0, base):
        yield base + int(entry[1]) if len(entry[1]) < _MAX_DIGITS else len(text)


def _inflate(data: bytes, max_bytes: int, effort: Effort) -> bytes:
    """Decompress as much as readers do: up to the first fault, and whatever the checksum."""
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    size = 0
    for position in range(2, len(data), _PIECE):  # the first two bytes are zlib's header
        effort.spend(10)
        piece, is_intact = _inflate_piece(decompressor, data[position : position + _PIECE], effort)
        pieces.append(piece)
        size += len(piece)
        if size > max_bytes or not is_intact or decompressor.eof:
            break
        if size > RATIO_FROM and size > MAX_RATIO * (position + _PIECE):
            raise Rejected(Problem.OVERSIZED)
    return b"".join(pieces)


def _inflate_piece(decompressor: "zlib._Decompress", data: bytes, effort: Effort) -> tuple[bytes, bool]:
    """Return the decompressed piece and True, or what precedes a fault and False."""
    before = decompressor.copy()
    try:
        return decompressor.decompress(data), True
    except zlib.error:
        effort.spend(len(data))
    recovered: list[bytes] = []
    with suppress(zlib.error):
        for byte in data:
            recovered.append(before.decompress(bytes((byte,))))  # noqa: PERF401  keeps what precedes a fault
    return b"".join(recovered), False
