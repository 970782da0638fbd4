"""Read the ZIP container of .docx and .xlsx from its central directory, within its limits (R3.08).

`zipfile` creates an object for each entry before anything can be counted, and trusts sizes and
offsets that an attacker can forge. This reader first checks the sizes, that no two entries share
bytes, and that the central directory and the local header of an entry give the same name.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from attachments.inspection.effort import Effort
from attachments.inspection.problems import Problem, Rejected

MAX_ENTRIES = 1_000
MAX_UNPACKED = 20 * 1024 * 1024  # bytes of all entries together
MAX_RATIO = 100  # of all entries together: genuine files reach 70, single pictures in them 170
RATIO_FROM = 4 * 1024 * 1024  # unpacked bytes below which the ratio does not matter
# Bytes by which an entry may exceed its size in the directory: programs that edit files in place
# leave such differences
SIZE_TOLERANCE = 1_024
# Bytes after the end record, without blanks; genuine files have one at most
MAX_TRAILING = 16

LOCAL_HEADER, CENTRAL_HEADER, END_RECORD = b"PK\3\4", b"PK\1\2", b"PK\5\6"
ZIP64_LOCATOR, ZIP64_END_RECORD = b"PK\6\7", b"PK\6\6"
STORED, DEFLATED = 0, 8
_ENCRYPTED = 0x2041  # flags: password, strong encryption, masked headers
_CHUNK = 1024 * 1024  # bytes in memory at a time
_IN_ZIP64 = 0xFFFFFFFF  # says that the number is in the Zip64 field instead
_MAX_CANDIDATES = 50  # signatures to look at: the same bytes can also stand in data


@dataclass(frozen=True)
class ArchiveEntry:
    """A file of the archive. `name` is in lower case with forward slashes.

    `packed` and `size` are its compressed and uncompressed bytes; `offset` is the position of its
    local header, and `start` that of its data.
    """

    name: str
    method: int
    packed: int
    size: int
    offset: int
    start: int


def entries(content: bytes, effort: Effort, max_entries: int = MAX_ENTRIES) -> list[ArchiveEntry]:
    """Return the files of the archive in directory order. Raises Rejected when it breaks a rule."""
    count, start, end = _locate_directory(content)
    if count > max_entries:
        raise Rejected(Problem.OVERSIZED)
    effort.spend(10 * count)
    listed = list(_read_directory(content, count, start, end))
    total = sum(entry.size for entry in listed)
    if total > MAX_UNPACKED or (total > RATIO_FROM and total > MAX_RATIO * len(content)):
        raise Rejected(Problem.OVERSIZED)
    names = [entry.name for entry in listed]
    if len(set(names)) != len(names):
        raise Rejected(Problem.DAMAGED)
    previous_end = 0
    for entry in sorted(listed, key=lambda entry: entry.offset):
        if entry.offset < previous_end:
            raise Rejected(Problem.OVERSIZED)  # overlapping entries unpack the same bytes many times
        previous_end = entry.start + entry.packed
    if previous_end > start:
        raise Rejected(Problem.DAMAGED)
    return [entry for entry in listed if not entry.name.endswith("/")]


def unpack(content: bytes, entry: ArchiveEntry, max_bytes: int) -> bytes:
    """Return a whole entry. Raises Rejected when it has more than `max_bytes`."""
    if entry.size > max_bytes:
        raise Rejected(Problem.OVERSIZED)
    return b"".join(chunks(content, entry))


def chunks(content: bytes, entry: ArchiveEntry) -> Iterator[bytes]:
    """Yield the data of an entry in pieces. Raises Rejected when they are longer than the directory
    says, as soon as they exceed it, and when they are shorter, at their end.
    """
    data = memoryview(content)[entry.start : entry.start + entry.packed]
    allowance = entry.size + SIZE_TOLERANCE
    if entry.method == STORED:
        allowance -= len(data)
        yield bytes(data)
    else:
        decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
        while not decompressor.eof and allowance >= 0:
            chunk = decompressor.decompress(data, min(allowance + 1, _CHUNK))
            data = memoryview(decompressor.unconsumed_tail)
            allowance -= len(chunk)
            if not chunk and not data:
                break
            yield chunk
    if allowance < 0:
        raise Rejected(Problem.OVERSIZED)
    if allowance > SIZE_TOLERANCE:
        raise Rejected(Problem.DAMAGED)


def ends_in_archive(content: bytes) -> bool:
    """Return whether a ZIP program would open the file, whatever its first bytes are."""
    position = _end_record(content)
    return position >= 0 and int.from_bytes(content[position + 10 : position + 12], "little") > 0


def _end_record(content: bytes) -> int:
    """Return the position of the end record, or -1 if none reaches the end of the file."""
    floor = max(0, len(content) - 22 - 0xFFFF - MAX_TRAILING)
    position = content.rfind(END_RECORD, floor)
    for _candidate in range(_MAX_CANDIDATES):
        if position < 0:
            break
        comment_length = int.from_bytes(content[position + 20 : position + 22], "little")
        trailing = content[position + 22 + comment_length :]
        is_complete = len(content) >= position + 22 + comment_length
        if is_complete and (len(trailing) <= MAX_TRAILING or not trailing.strip(b"\0 \r\n\t")):
            return position
        position = content.rfind(END_RECORD, floor, position)
    return -1


def _locate_directory(content: bytes) -> tuple[int, int, int]:
    """Return the directory's number of entries, its start and its end."""
    position = _end_record(content)
    if position < 0:
        raise Rejected(Problem.DAMAGED)
    disk, first_disk, on_disk, count, size, start = struct.unpack_from("<4H2L", content, position + 4)
    limit = position
    if 0xFFFF in {disk, on_disk, count} or _IN_ZIP64 in {size, start}:
        if content[position - 20 : position - 16] == ZIP64_LOCATOR:
            limit = int.from_bytes(content[position - 12 : position - 4], "little")
            if content[limit : limit + 4] != ZIP64_END_RECORD:
                raise Rejected(Problem.DAMAGED)
            disk, first_disk, on_disk, count, size, start = struct.unpack_from("<2L4Q", content, limit + 16)
        elif count == 0xFFFF:
            raise Rejected(Problem.OVERSIZED)
    if disk or first_disk or on_disk != count or start + size > limit:
        raise Rejected(Problem.DAMAGED)
    return count, start, start + size


def _read_directory(content: bytes, count: int, position: int, end: int) -> Iterator[ArchiveEntry]:
    for _entry in range(count):
        if content[position : position + 4] != CENTRAL_HEADER or position + 46 > end:
            raise Rejected(Problem.DAMAGED)
        fields = struct.unpack_from("<4x6H3L5H2L", content, position)
        flags, method, attributes = fields[2], fields[3], fields[14]
        packed, size = fields[7], fields[8]
        name_length, extra_length, comment_length, offset = fields[9], fields[10], fields[11], fields[15]
        raw_name = content[position + 46 : position + 46 + name_length]
        extra = content[position + 46 + name_length : position + 46 + name_length + extra_length]
        size, packed, offset = _zip64_values(extra, size, packed, offset)
        if flags & _ENCRYPTED:
            raise Rejected(Problem.LOCKED)
        is_link = fields[0] >> 8 == 3 and (attributes >> 16) & 0o170000 == 0o120000
        if method not in {STORED, DEFLATED} or is_link:
            raise Rejected(Problem.DAMAGED)
        start = _data_start(content, offset, raw_name)
        name = _part_name(raw_name, utf8=bool(flags & 0x800))
        yield ArchiveEntry(name, method, packed, size, offset, start)
        position += 46 + name_length + extra_length + comment_length
    if position != end:
        raise Rejected(Problem.DAMAGED)


def _zip64_values(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Return the three numbers. The Zip64 field has those that are too large for 32 bits."""
    values = [size, packed, offset]
    position = 0
    for _field in range(_MAX_CANDIDATES if _IN_ZIP64 in values else 0):
        if position + 4 > len(extra):
            break
        tag, length = struct.unpack_from("<2H", extra, position)
        if tag == 1:
            wide = iter(range(position + 4, position + 4 + length - 7, 8))
            values = [
                int.from_bytes(extra[where : where + 8], "little")
                if value == _IN_ZIP64 and (where := next(wide, -1)) >= 0
                else value
                for value in values
            ]
            break
        position += 4 + length
    return values[0], values[1], values[2]


def _data_start(content: bytes, offset: int, name: bytes) -> int:
    """Return where an entry's data start. Raises Rejected if its local header has another name."""
    if content[offset : offset + 4] != LOCAL_HEADER:
        raise Rejected(Problem.DAMAGED)
    name_length, extra_length = struct.unpack_from("<2H", content, offset + 26)
    if content[offset + 30 : offset + 30 + name_length] != name:
        raise Rejected(Problem.DAMAGED)
    return int(offset + 30 + name_length + extra_length)


def _part_name(raw: bytes, *, utf8: bool) -> str:
    name = raw.decode("utf-8" if utf8 else "cp437", "replace").replace("\\", "/").lower()
    if "\0" in name or name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise Rejected(Problem.DAMAGED)
    return name
