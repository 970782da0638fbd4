"""Excel 5 to 2003 workbooks (.xls): macro sheets, links that start a program, and passwords that
Excel asks for.

A formula may ask another program for a value (DDE): the link is a SUPBOOK record of two names
parted by a 3, up to Excel 95 an EXTERNSHEET. Links to other workbooks have no such mark; objects
linked from a file have it, and an EXTERNNAME that says so ([MS-XLS] 2.4.105, 2.4.271).

A workbook whose structure was protected is encrypted with a password of Microsoft's own, which
Excel tries without asking. It is opened here too, because its list of sheets has to be read: that
password also hides old macros.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from functools import cache, partial

from attachments.inspection.effort import Effort
from attachments.inspection.ole.container import Container
from attachments.inspection.problems import Problem, Rejected
from attachments.inspection.rc4 import rc4

DEFAULT_PASSWORD = "VelvetSweatshop".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.4.2.3: every reader knows it
_BEGIN, _END, _FILE_PASS, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_SUP_BOOK, _EXTERN_NAME, _EXTERN_SHEET = 0x01AE, 0x0023, 0x0017
_OF_WORKBOOK = frozenset({"", "\0", "\1", "\2"})
_APART = "\3"  # between a program and what is asked of it
_OLE_LINK = 0x10  # of an item of a link: it is shown as an object
_BIFF_8 = 0x0600  # Excel 97
_MACRO_SHEETS = frozenset({1, 6})  # kinds of sheet: Excel 4 macros, a Visual Basic module of Excel 5
_OLD_BEGINS = frozenset({0x0009, 0x0209, 0x0409})
_BLOCK = 1024

KeyOf = Callable[[int], bytes]
Digest = Callable[[bytes], bytes]


def check(container: Container, effort: Effort) -> None:
    """`Rejected` where it asks for a password, has macros in a sheet, or would start a program."""
    Workbook(container.read("workbook" if ("workbook",) in container.streams else "book"), effort).check()


class Workbook:
    """The stream of a workbook: the records of the workbook itself, and behind them those of its
    sheets.
    """

    def __init__(self, stream: bytes, effort: Effort) -> None:
        self._stream = stream
        self._effort = effort
        self._key_stream: Callable[[int], bytes] | None = None
        self._sheets: list[int] = []
        self._is_old = False  # up to Excel 95
        # Of the last link: none if to no program, true if an item of it is an object, false until
        # one is
        self._link: bool | None = None

    def check(self) -> None:
        """See the function of this name."""
        begin = int.from_bytes(self._stream[:2], "little")
        if begin not in {_BEGIN, *_OLD_BEGINS}:
            raise Rejected(Problem.DAMAGED)
        self._is_old = begin in _OLD_BEGINS or int.from_bytes(self._stream[4:6], "little") != _BIFF_8
        for record, at, length in self._records(0):
            self._look_at(record, at, length)
            self._look_at_links(record, at, length)
        self._refuse_command()
        # Each names the workbooks and programs that it asks
        for start in self._sheets if self._is_old else ():
            for record, at, length in self._records(start):
                self._look_at_links(record, at, length)
            self._refuse_command()

    def _records(self, at: int) -> Iterator[tuple[int, int, int]]:
        """Number, start and length of each record there, up to the end of the workbook itself or of
        a sheet.
        """
        depth = 0
        while at + 4 <= len(self._stream):
            record, length = struct.unpack_from("<2H", self._stream, at)
            self._effort.spend()
            if record == _BEGIN:
                depth += 1
            elif record == _END:
                depth -= 1
                if depth < 1:
                    return
            yield record, at + 4, length
            at += 4 + length

    def _look_at(self, record: int, at: int, length: int) -> None:
        if record == _FILE_PASS:
            if self._key_stream:
                raise Rejected(Problem.DAMAGED)
            self._effort.spend(50)
            self._key_stream = cache(partial(_key_stream, _opened(self._stream[at : at + length])))
        elif record == _SHEET and length > 5:
            self._effort.spend(5)
            self._sheets.append(int.from_bytes(self._stream[at : at + 4], "little"))
            if self._plain(at + 5, 1)[0] in _MACRO_SHEETS:
                raise Rejected(Problem.MACROS)

    def _look_at_links(self, record: int, at: int, length: int) -> None:
        if record == _SUP_BOOK or (record == _EXTERN_SHEET and self._is_old):
            self._refuse_command()
            text = _old_text if record == _EXTERN_SHEET else _text
            self._link = False if _is_of_program(text(self._plain(at, length))) else None
        elif record == _EXTERN_NAME and self._link is not None:
            if not self._plain(at, 2)[0] & _OLE_LINK:
                raise Rejected(Problem.COMMANDS)
            self._link = True

    def _refuse_command(self) -> None:
        """A link to a program of which no item says that it is an object put in and linked."""
        if self._link is False:
            raise Rejected(Problem.COMMANDS)

    def _plain(self, at: int, length: int) -> bytes:
        """Those bytes without what is laid over them."""
        covered = self._stream[at : at + length]
        if not self._key_stream or not covered:
            return covered
        first, last = at // _BLOCK, (at + len(covered) - 1) // _BLOCK
        self._effort.spend(20 * (last - first + 1))
        laid = b"".join(map(self._key_stream, range(first, last + 1)))[at % _BLOCK :]
        return bytes(byte ^ over for byte, over in zip(covered, laid, strict=False))


def _is_of_program(text: str) -> bool:
    """Whether the text names a program. A workbook's path has the separator 3 too, but begins
    otherwise.
    """
    return text[:1] not in _OF_WORKBOOK and _APART in text[1:]


def _text(record: bytes) -> str:
    """What a SUPBOOK links to; nothing where it is the workbook itself."""
    length, wide = int.from_bytes(record[2:4], "little"), len(record) > 4 and record[4] & 1
    return record[5 : 5 + length * (2 if wide else 1)].decode("utf-16-le" if wide else "latin-1", "replace")


def _old_text(record: bytes) -> str:
    return record[1 : 1 + record[0]].decode("latin-1") if record else ""


def _key_stream(key_of: KeyOf, block: int) -> bytes:
    """What is laid over that kilobyte."""
    return rc4(key_of(block), bytes(_BLOCK))


def _opened(record: bytes) -> KeyOf:
    """The key of each block, if Microsoft's own password opens it; `Rejected` otherwise."""
    kind, major = struct.unpack_from("<2H", record)
    if kind != 1:  # the XOR of Excel 5: Microsoft's own password is not used with it
        raise Rejected(Problem.LOCKED)
    key_of, verifier, digest = _plain_rc4(record) if major == 1 else _crypto_api(record)
    plain = rc4(key_of(0), verifier)
    proof = digest(plain[:16])
    if plain[16 : 16 + len(proof)] != proof:
        raise Rejected(Problem.LOCKED)
    return key_of


def _plain_rc4(record: bytes) -> tuple[KeyOf, bytes, Digest]:
    """[MS-OFFCRYPTO] 2.3.6: 40 bits of MD5."""
    salt, verifier = record[6:22], record[22:54]
    short = _md5((_md5(DEFAULT_PASSWORD)[:5] + salt) * 16)[:5]
    return (lambda block: _md5(short + struct.pack("<L", block))), verifier, _md5


def _crypto_api(record: bytes) -> tuple[KeyOf, bytes, Digest]:
    """[MS-OFFCRYPTO] 2.3.5: SHA-1, with the number of bits that the header says."""
    (header_size,) = struct.unpack_from("<L", record, 10)
    (bits,) = struct.unpack_from("<L", record, 14 + 16)
    at = 14 + header_size + 4
    salt, verifier = record[at : at + 16], record[at + 16 : at + 32] + record[at + 36 : at + 56]
    base = _sha1(salt + DEFAULT_PASSWORD)
    length = (bits or 40) // 8

    def key_of(block: int) -> bytes:
        key = _sha1(base + struct.pack("<L", block))[:length]
        return key.ljust(16, b"\0") if length == 5 else key

    return key_of, verifier, _sha1


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
