"""Read the OLE container of .doc and .xls: a small file system made of sectors (R3.10).

It accepts what Office accepts (an incomplete last sector, a directory out of order), reads nothing
beyond the file, and follows a chain for no more steps than there are sectors, so loops end too.
"""

import re
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from attachments.inspection import executables
from attachments.inspection.effort import Effort
from attachments.inspection.problems import Problem, Rejected

SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_FIRST_SPECIAL = 0xFFFFFFFA  # from here on, numbers have a meaning such as "end of chain" and are not sectors
_HEADER_FATS = 109  # sectors of the allocation table that the header lists
_MAX_FAT = 1 << 16  # sectors; a file of 2 MiB has 4,096
# Windows Installer packages, patches and transforms: OLE containers too, and programs
_INSTALLERS = {bytes.fromhex(f"{number}100c0000000000c000000000000046") for number in ("84", "86", "82")}
_VBA = frozenset({"vba", "_vba_project_cur", "_vba_project"})
_NATIVE = "\x01ole10native"  # the stream of a file that is embedded as an icon
_NATIVE_HEAD = 4_096  # bytes, with the names and the beginning of the embedded file
_MAX_NATIVES = 500


@dataclass(frozen=True)
class Stream:
    """An entry of the directory: `path` in lower case, `size` as the entry declares it."""

    path: tuple[str, ...]
    start: int
    size: int
    is_storage: bool


class Container:
    """Reads the streams of a container. Damaged bytes may raise any exception."""

    def __init__(self, content: bytes, effort: Effort) -> None:
        self._content = content
        self._effort = effort
        sector_bits, mini_bits = struct.unpack_from("<2H", content, 30)
        if sector_bits not in {9, 12} or mini_bits != 6:
            raise Rejected(Problem.DAMAGED)
        self._sector_size = 1 << sector_bits
        directory_start, self._cutoff, self._mini_fat_start = struct.unpack_from("<L4xLL", content, 48)
        self._fat = self._read_fat()
        self._directory = self._chain(directory_start, len(content))
        if len(self._directory) < 128 or self._directory[66] != _ROOT:
            raise Rejected(Problem.DAMAGED)
        self._root_start, self._root_size = struct.unpack_from("<LL", self._directory, 116)

    @cached_property
    def streams(self) -> dict[tuple[str, ...], Stream]:
        """The streams by path; of two with the same path, the first."""
        by_path: dict[tuple[str, ...], Stream] = {}
        for stream in self._read_directory():
            by_path.setdefault(stream.path, stream)
        return by_path

    @property
    def clsid(self) -> bytes:
        """The class id of the whole file."""
        return self._directory[80:96]

    def read(self, *path: str, max_bytes: int | None = None) -> bytes:
        """Return the first `max_bytes` bytes of a stream, or all of them."""
        stream = self.streams[path]
        size = stream.size if max_bytes is None else min(max_bytes, stream.size)
        if stream.size >= self._cutoff:
            return self._chain(stream.start, size)[:size]
        table, data = self._mini
        numbers = self._follow(table, stream.start, -(-size // 64))
        return b"".join(data[number * 64 : number * 64 + 64] for number in numbers)[:size]

    def refuse_active_content(self) -> None:
        """Raise Rejected for an installer, and for a password, macro or program at any depth."""
        if self.clsid in _INSTALLERS:
            raise Rejected(Problem.PROGRAM)
        names = {path[-1] for path in self.streams}
        if ("encryptedpackage",) in self.streams or "\x09drmcontent" in names:
            raise Rejected(Problem.LOCKED)
        if names & _VBA:
            raise Rejected(Problem.MACROS)
        natives = [
            path for path, stream in self.streams.items() if path[-1] == _NATIVE and not stream.is_storage
        ]
        if len(natives) > _MAX_NATIVES:
            raise Rejected(Problem.OVERSIZED)
        for path in natives:
            self._effort.spend(20)
            _refuse_program(self.read(*path, max_bytes=_NATIVE_HEAD))

    def _read_fat(self) -> "array[int]":
        """Return the file allocation table: the next sector of each sector.

        The header lists the first sectors of the table; further lists are chained from it.
        """
        numbers = list(struct.unpack_from(f"<{_HEADER_FATS}L", self._content, 76))
        next_list: int
        next_list, count = struct.unpack_from("<2L", self._content, 68)
        for _list in range(min(count, len(self._content) // self._sector_size)):
            self._effort.spend(10)
            block = self._sector(next_list)
            if len(block) < self._sector_size:
                break
            *more, next_list = struct.unpack(f"<{self._sector_size // 4}L", block)
            numbers += more
        table = array("I")
        for number in numbers:
            self._effort.spend()
            block = self._sector(number) if number < _FIRST_SPECIAL else b""
            if not block or len(table) > _MAX_FAT:
                break
            table.frombytes(block[: len(block) // 4 * 4])
        return table

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._sector_size
        return self._content[start : start + self._sector_size]

    def _chain(self, start: int, max_bytes: int) -> bytes:
        return b"".join(map(self._sector, self._follow(self._fat, start, -(-max_bytes // self._sector_size))))

    def _follow(self, table: "array[int]", number: int, max_sectors: int) -> Iterator[int]:
        for _sector in range(min(max_sectors, len(table))):
            if number >= len(table):
                return
            self._effort.spend()
            yield number
            number = table[number]

    @cached_property
    def _mini(self) -> "tuple[array[int], bytes]":
        """The allocation table and the data of the streams shorter than the cutoff."""
        raw = self._chain(self._mini_fat_start, len(self._content))
        table = array("I")
        table.frombytes(raw[: len(raw) // 4 * 4])
        return table, self._chain(self._root_start, min(self._root_size, len(self._content)))

    def _read_directory(self) -> Iterator[Stream]:
        """Yield the entries depth first from the root, each once even if several lead to it."""
        seen = {0}
        pending: list[tuple[int, tuple[str, ...]]] = [(self._links(0)[2], ())]
        while pending:
            number, parent = pending.pop()
            position = number * 128
            if number in seen or position + 128 > len(self._directory):
                continue
            seen.add(number)
            self._effort.spend(5)
            left, right, child = self._links(number)
            pending += ((left, parent), (right, parent))
            length, entry_type = struct.unpack_from("<HB", self._directory, position + 64)
            if entry_type not in {_STORAGE, _STREAM}:
                continue
            raw_name = self._directory[position : position + min(max(length - 2, 0), 62)]
            name = raw_name.decode("utf-16-le", "replace").lower()
            start, size = struct.unpack_from("<LL", self._directory, position + 116)
            path = (*parent, name)
            is_storage = entry_type == _STORAGE
            yield Stream(path, start, min(size, len(self._content)), is_storage)
            if is_storage and len(path) < 32:
                pending.append((child, path))

    def _links(self, number: int) -> tuple[int, int, int]:
        """Return the left sibling, the right sibling and the first child of an entry."""
        left, right, child = struct.unpack_from("<3L", self._directory, number * 128 + 68)
        return left, right, child


def _refuse_program(native: bytes) -> None:
    """Raise Rejected for a program embedded as an icon, by its names or by its first bytes.

    The data hold the file's name, its path, the path of a temporary copy, and the file.
    """
    match = re.match(rb"(?s).{4}\x02\0([^\0]{0,260})\0([^\0]{0,260})\0", native)
    names = [text.decode("cp1252", "replace") for text in match.groups()] if match else []
    refused = executables.EXTENSIONS | executables.PAGES
    if any(executables.extension(name) in refused for name in names if "." in name):
        raise Rejected(Problem.PROGRAM)
    copy_path = (match.end() if match else 4) + 4
    starts = [4]
    if len(native) >= copy_path + 4:
        length = int.from_bytes(native[copy_path : copy_path + 4], "little")
        starts.append(copy_path + 4 + length + 4)
    if any(executables.is_program(native[start : start + 1024]) for start in starts):
        raise Rejected(Problem.PROGRAM)
