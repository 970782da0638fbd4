"""The zip container of .docx and .xlsx, read from its directory and never beyond what the directory
says (R3.08).

`zipfile` makes an object of each entry before anything can be counted, and believes much that an
attacker wrote. This reader checks first: the sizes, that no two entries share bytes, and that both
headers of an entry tell the same name.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from attachments.inspection.effort import Effort
from attachments.inspection.problems import Problem, Rejected

MAX_ENTRIES = 1_000
MAX_UNPACKED = 20 * 1024 * 1024  # bytes, of all entries together
MAX_RATIO = 100  # of all entries together; pictures of a genuine file reach 170, a genuine file 70
RATIO_FROM = 4 * 1024 * 1024  # bytes unpacked below which no ratio does harm
MAX_ASTRAY = (
    # Bytes by which an entry may outgrow its size in the directory; programs that edit files in
    # place do it
    1_024
)
MAX_TAIL = 16  # stray bytes after the end; genuine files have one, and blanks in any number

LOCAL, CENTRAL, END, LOCATOR_64, END_64 = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\7", b"PK\6\6"
STORED, DEFLATED = 0, 8
_ENCRYPTED = 0x2041  # flags: password, strong encryption, masked headers
_WINDOW = 1024 * 1024  # bytes in memory at a time
_OF_SIZE_64 = 0xFFFFFFFF
_TRIES = 50  # marks that may turn out to be none


@dataclass(frozen=True)
class ArchiveEntry:
    """`name` as parts are compared: lower case, forward slashes. `start` is where its own bytes
    begin.
    """

    name: str
    method: int
    packed: int
    size: int
    offset: int
    start: int


def entries(content: bytes, effort: Effort, most: int = MAX_ENTRIES) -> list[ArchiveEntry]:
    """Every file of the archive, in the order of the directory;
    `Rejected` where it breaks a rule.
    """
    count, start, end = _directory(content)
    if count > most:
        raise Rejected(Problem.OVERSIZED)
    effort.spend(10 * count)
    found = list(_walk(content, count, start, end))
    total = sum(entry.size for entry in found)
    if total > MAX_UNPACKED or (total > RATIO_FROM and total > MAX_RATIO * len(content)):
        raise Rejected(Problem.OVERSIZED)
    names = [entry.name for entry in found]
    if len(set(names)) != len(names):
        raise Rejected(Problem.DAMAGED)
    free = 0
    for entry in sorted(found, key=lambda entry: entry.offset):
        if entry.offset < free:
            raise Rejected(Problem.OVERSIZED)  # the same bytes unpacked twice: how a bomb multiplies
        free = entry.start + entry.packed
    if free > start:
        raise Rejected(Problem.DAMAGED)
    return [entry for entry in found if not entry.name.endswith("/")]


def unpack(content: bytes, entry: ArchiveEntry, most: int) -> bytes:
    """The whole of an entry that is no longer than `most`."""
    if entry.size > most:
        raise Rejected(Problem.OVERSIZED)
    return b"".join(chunks(content, entry))


def chunks(content: bytes, entry: ArchiveEntry) -> Iterator[bytes]:
    """An entry in pieces; `Rejected` as soon as it is longer than the directory says, or at its end
    if shorter.
    """
    data = memoryview(content)[entry.start : entry.start + entry.packed]
    left = entry.size + MAX_ASTRAY
    if entry.method == STORED:
        left -= len(data)
        yield bytes(data)
    else:
        inflating = zlib.decompressobj(-zlib.MAX_WBITS)
        while not inflating.eof and left >= 0:
            chunk = inflating.decompress(data, min(left + 1, _WINDOW))
            data = memoryview(inflating.unconsumed_tail)
            left -= len(chunk)
            if not chunk and not data:
                break
            yield chunk
    if left < 0:
        raise Rejected(Problem.OVERSIZED)
    if left > MAX_ASTRAY:
        raise Rejected(Problem.DAMAGED)


def ends_in_archive(content: bytes) -> bool:
    """Whether a zip tool would open the file by its end, whatever it begins with."""
    at = _end_record(content)
    return at >= 0 and int.from_bytes(content[at + 10 : at + 12], "little") > 0


def _end_record(content: bytes) -> int:
    """Where the end record is, -1 if there is none that the end of the file bears out."""
    floor = max(0, len(content) - 22 - 0xFFFF - MAX_TAIL)
    at = content.rfind(END, floor)
    for _try in range(_TRIES):
        if at < 0:
            break
        tail = content[at + 22 :]
        length = int.from_bytes(content[at + 20 : at + 22], "little")
        if len(content) >= at + 22 + length and _is_stray(tail[length:]):
            return at
        at = content.rfind(END, floor, at)
    return -1


def _is_stray(tail: bytes) -> bool:
    return len(tail) <= MAX_TAIL or not tail.strip(b"\0 \r\n\t")


def _directory(content: bytes) -> tuple[int, int, int]:
    """How many entries the directory has, where it starts and where it ends."""
    at = _end_record(content)
    if at < 0:
        raise Rejected(Problem.DAMAGED)
    disk, first_disk, here, count, size, start = struct.unpack_from("<4H2L", content, at + 4)
    limit = at
    if 0xFFFF in {disk, here, count} or _OF_SIZE_64 in {size, start}:
        if content[at - 20 : at - 16] == LOCATOR_64:
            limit = int.from_bytes(content[at - 12 : at - 4], "little")
            if content[limit : limit + 4] != END_64:
                raise Rejected(Problem.DAMAGED)
            disk, first_disk, here, count, size, start = struct.unpack_from("<2L4Q", content, limit + 16)
        elif count == 0xFFFF:
            raise Rejected(Problem.OVERSIZED)
    if disk or first_disk or here != count or start + size > limit:
        raise Rejected(Problem.DAMAGED)
    return count, start, start + size


def _walk(content: bytes, count: int, at: int, end: int) -> Iterator[ArchiveEntry]:
    for _number in range(count):
        if content[at : at + 4] != CENTRAL or at + 46 > end:
            raise Rejected(Problem.DAMAGED)
        fields = struct.unpack_from("<4x6H3L5H2L", content, at)
        flags, method, attributes = fields[2], fields[3], fields[14]
        packed, size = fields[7], fields[8]
        name_length, extra_length, comment_length, offset = fields[9], fields[10], fields[11], fields[15]
        raw = content[at + 46 : at + 46 + name_length]
        extra = content[at + 46 + name_length : at + 46 + name_length + extra_length]
        size, packed, offset = _of_size_64(extra, size, packed, offset)
        if flags & _ENCRYPTED:
            raise Rejected(Problem.LOCKED)
        is_link = fields[0] >> 8 == 3 and (attributes >> 16) & 0o170000 == 0o120000
        if method not in {STORED, DEFLATED} or is_link:
            raise Rejected(Problem.DAMAGED)
        start = _local(content, offset, raw)
        yield ArchiveEntry(_name(raw, utf8=bool(flags & 0x800)), method, packed, size, offset, start)
        at += 46 + name_length + extra_length + comment_length
    if at != end:
        raise Rejected(Problem.DAMAGED)


def _of_size_64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The three numbers, from the Zip64 field for those that do not fit the old ones."""
    values = [size, packed, offset]
    at = 0
    for _try in range(_TRIES if _OF_SIZE_64 in values else 0):
        if at + 4 > len(extra):
            break
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            wide = iter(range(at + 4, at + 4 + length - 7, 8))
            values = [
                int.from_bytes(extra[where : where + 8], "little")
                if value == _OF_SIZE_64 and (where := next(wide, -1)) >= 0
                else value
                for value in values
            ]
            break
        at += 4 + length
    return values[0], values[1], values[2]


def _local(content: bytes, offset: int, name: bytes) -> int:
    """Where the entry's own bytes begin, if its local header tells the same name."""
    if content[offset : offset + 4] != LOCAL:
        raise Rejected(Problem.DAMAGED)
    name_length, extra_length = struct.unpack_from("<2H", content, offset + 26)
    if content[offset + 30 : offset + 30 + name_length] != name:
        raise Rejected(Problem.DAMAGED)
    return int(offset + 30 + name_length + extra_length)


def _name(raw: bytes, *, utf8: bool) -> str:
    name = raw.decode("utf-8" if utf8 else "cp437", "replace").replace("\\", "/").lower()
    if "\0" in name or name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise Rejected(Problem.DAMAGED)
    return name
