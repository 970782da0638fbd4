"""The OLE container of .doc and .xls: a small file system of sectors, read within the bounds of the
file (R3.10).

Tolerant as Office is (a last sector cut short, a directory out of order), and never more steps than
there are sectors: chains that run in circles end there.
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

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_LAST = 0xFFFFFFFA  # from here on a number is a mark, not a sector
_HEADER_FATS = 109
_MAX_FAT = 1 << 16  # sectors; a file of 2 MiB has 4,096
# Windows Installer packages, patches and transforms: OLE too, and they run
_INSTALLERS = {bytes.fromhex(f"{number}100c0000000000c000000000000046") for number in ("84", "86", "82")}
_VBA = frozenset({"vba", "_vba_project_cur", "_vba_project"})
_NATIVE = "\x01ole10native"
_NATIVE_HEAD = 4_096  # bytes that hold the names and the beginning of the file
_MAX_NATIVES = 500


@dataclass(frozen=True)
class Stream:
    """One entry of the directory; `path` in lower case, `size` as it claims."""

    path: tuple[str, ...]
    start: int
    size: int
    is_storage: bool


class Container:
    """What is in it, and the bytes of any stream. Raises whatever damaged bytes make it raise."""

    def __init__(self, content: bytes, effort: Effort) -> None:
        self._content = content
        self._effort = effort
        sector, mini = struct.unpack_from("<2H", content, 30)
        if sector not in {9, 12} or mini != 6:
            raise Rejected(Problem.DAMAGED)
        self._sector = 1 << sector
        (self._directory, self._cutoff, self._mini_fat_start) = struct.unpack_from("<L4xLL", content, 48)
        self._fat = self._read_fat()
        self._raw_directory = self._chain(self._directory, len(content))
        if len(self._raw_directory) < 128 or self._raw_directory[66] != _ROOT:
            raise Rejected(Problem.DAMAGED)
        self._root_start, self._root_size = struct.unpack_from("<LL", self._raw_directory, 116)

    @cached_property
    def streams(self) -> dict[tuple[str, ...], Stream]:
        """By path; of two alike the first."""
        found: dict[tuple[str, ...], Stream] = {}
        for stream in self._walk():
            found.setdefault(stream.path, stream)
        return found

    @property
    def clsid(self) -> bytes:
        """The class of the whole file."""
        return self._raw_directory[80:96]

    def read(self, *path: str, most: int | None = None) -> bytes:
        """The first `most` bytes of a stream, or all of them."""
        stream = self.streams[path]
        size = stream.size if most is None else min(most, stream.size)
        if stream.size >= self._cutoff:
            return self._chain(stream.start, size)[:size]
        return self._mini_chain(stream.start, size)[:size]

    def refuse_dangers(self) -> None:
        """Installers, passwords, macros and programs, at any depth; whatever kind of document it
        is.
        """
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
            _refuse_program(self.read(*path, most=_NATIVE_HEAD))

    def _read_fat(self) -> "array[int]":
        """The next sector of each; the list of the sectors that hold it starts in the header."""
        numbers = list(struct.unpack_from(f"<{_HEADER_FATS}L", self._content, 76))
        following: int
        following, count = struct.unpack_from("<2L", self._content, 68)
        for _step in range(min(count, len(self._content) // self._sector)):
            self._effort.spend(10)
            block = self._at(following)
            if len(block) < self._sector:
                break
            *more, following = struct.unpack(f"<{self._sector // 4}L", block)
            numbers += more
        table = array("I")
        for number in numbers:
            self._effort.spend()
            block = self._at(number) if number < _LAST else b""
            if not block or len(table) > _MAX_FAT:
                break
            table.frombytes(block[: len(block) // 4 * 4])
        return table

    def _at(self, number: int) -> bytes:
        start = (number + 1) * self._sector
        return self._content[start : start + self._sector]

    def _chain(self, start: int, most: int) -> bytes:
        return b"".join(map(self._at, self._follow(self._fat, start, -(-most // self._sector))))

    def _mini_chain(self, start: int, most: int) -> bytes:
        table, data = self._mini
        steps = self._follow(table, start, -(-most // 64))
        return b"".join(data[number * 64 : number * 64 + 64] for number in steps)

    def _follow(self, table: "array[int]", number: int, most: int) -> Iterator[int]:
        for _step in range(min(most, len(table))):
            if number >= len(table):
                return
            self._effort.spend()
            yield number
            number = table[number]

    @cached_property
    def _mini(self) -> "tuple[array[int], bytes]":
        raw = self._chain(self._mini_fat_start, len(self._content))
        table = array("I")
        table.frombytes(raw[: len(raw) // 4 * 4])
        return table, self._chain(self._root_start, min(self._root_size, len(self._content)))

    def _walk(self) -> Iterator[Stream]:
        """Depth first from the root; an entry that is reached twice counts once."""
        seen = {0}
        waiting: list[tuple[int, tuple[str, ...]]] = [(self._links(0)[2], ())]
        while waiting:
            number, parent = waiting.pop()
            at = number * 128
            if number in seen or at + 128 > len(self._raw_directory):
                continue
            seen.add(number)
            self._effort.spend(5)
            left, right, child = self._links(number)
            waiting += ((left, parent), (right, parent))
            length, kind = struct.unpack_from("<HB", self._raw_directory, at + 64)
            if kind not in {_STORAGE, _STREAM}:
                continue
            name = (
                self._raw_directory[at : at + min(max(length - 2, 0), 62)]
                .decode("utf-16-le", "replace")
                .lower()
            )
            start, size = struct.unpack_from("<LL", self._raw_directory, at + 116)
            path = (*parent, name)
            yield Stream(path, start, min(size, len(self._content)), is_storage=kind == _STORAGE)
            if kind == _STORAGE and len(path) < 32:
                waiting.append((child, path))

    def _links(self, number: int) -> tuple[int, int, int]:
        left, right, child = struct.unpack_from("<3L", self._raw_directory, number * 128 + 68)
        return left, right, child


def _refuse_program(native: bytes) -> None:
    """A file put into a document as an icon: its name, its path and its bytes."""
    texts = re.match(rb"(?s).{4}\x02\0([^\0]{0,260})\0([^\0]{0,260})\0", native)
    names = [text.decode("cp1252", "replace") for text in texts.groups()] if texts else []
    if any(
        executables.extension(name) in executables.EXTENSIONS | executables.PAGES
        for name in names
        if "." in name
    ):
        raise Rejected(Problem.PROGRAM)
    begin = texts.end() if texts else 4
    if any(executables.is_program(native[at : at + 1024]) for at in _starts(native, begin)):
        raise Rejected(Problem.PROGRAM)


def _starts(native: bytes, at: int) -> Iterator[int]:
    """Where the file's own bytes may begin: after the name of a temporary copy and their length."""
    yield 4
    if len(native) >= at + 8:
        length = int.from_bytes(native[at + 4 : at + 8], "little")
        yield at + 8 + length + 4
