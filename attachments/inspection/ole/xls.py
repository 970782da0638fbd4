"""Check Excel 5 to 2003 workbooks (.xls): macro sheets, links that run programs, and passwords.

A formula may ask another program for a value (DDE). Such a link is a SUPBOOK record (up to Excel
95, EXTERNSHEET) with two names separated by a character 3. Links to other workbooks have no such
separator. Objects linked from a file have it, and also an EXTERNNAME record with the flag of an
object ([MS-XLS] 2.4.105, 2.4.271).

Excel encrypts a workbook whose structure is protected with a default password, which it tries
without asking. Such a workbook is decrypted here too, because macro sheets are found in its list of
sheets: that password can also hide old macros.
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
_WORKBOOK_PREFIXES = frozenset({"", "\0", "\1", "\2"})
_SEPARATOR = "\3"  # between a program and the item that the link requests
_OLE_LINK = 0x10  # flag of an EXTERNNAME: the linked item is an object
_BIFF_8 = 0x0600  # Excel 97
_MACRO_SHEETS = frozenset({1, 6})  # sheet types: Excel 4 macros, a Visual Basic module of Excel 5
_OLD_BEGINS = frozenset({0x0009, 0x0209, 0x0409})
_BLOCK = 1024  # bytes encrypted with one key

KeyOf = Callable[[int], bytes]
Digest = Callable[[bytes], bytes]


def check(container: Container, effort: Effort) -> None:
    """Raise Rejected for a password, a macro sheet, or a link that runs a program."""
    Workbook(container.read("workbook" if ("workbook",) in container.streams else "book"), effort).check()


class Workbook:
    """Checks the stream of a workbook: its own records, followed by those of its sheets."""

    def __init__(self, stream: bytes, effort: Effort) -> None:
        self._stream = stream
        self._effort = effort
        self._key_stream: Callable[[int], bytes] | None = None
        self._sheets: list[int] = []
        self._is_old = False  # up to Excel 95
        # Whether an item of the last link to a program is an object; None when the last link is not
        # to a program
        self._link_has_object: bool | None = None

    def check(self) -> None:
        """Read the records of the workbook and, up to Excel 95, of its sheets. Raises Rejected."""
        begin = int.from_bytes(self._stream[:2], "little")
        if begin not in {_BEGIN, *_OLD_BEGINS}:
            raise Rejected(Problem.DAMAGED)
        self._is_old = begin in _OLD_BEGINS or int.from_bytes(self._stream[4:6], "little") != _BIFF_8
        for record, start, length in self._records(0):
            self._check_record(record, start, length)
            self._check_link(record, start, length)
        self._refuse_command_link()
        # Up to Excel 95, each sheet has links too
        for sheet in self._sheets if self._is_old else ():
            for record, start, length in self._records(sheet):
                self._check_link(record, start, length)
            self._refuse_command_link()

    def _records(self, position: int) -> Iterator[tuple[int, int, int]]:
        """Yield number, start and length of each record up to the end of the workbook or sheet."""
        depth = 0
        while position + 4 <= len(self._stream):
            record, length = struct.unpack_from("<2H", self._stream, position)
            self._effort.spend()
            if record == _BEGIN:
                depth += 1
            elif record == _END:
                depth -= 1
                if depth < 1:
                    return
            yield record, position + 4, length
            position += 4 + length

    def _check_record(self, record: int, start: int, length: int) -> None:
        if record == _FILE_PASS:
            if self._key_stream:
                raise Rejected(Problem.DAMAGED)
            self._effort.spend(50)
            key_of = _key_function(self._stream[start : start + length])
            self._key_stream = cache(partial(_block_key_stream, key_of))
        elif record == _SHEET and length > 5:
            self._effort.spend(5)
            self._sheets.append(int.from_bytes(self._stream[start : start + 4], "little"))
            if self._decrypted(start + 5, 1)[0] in _MACRO_SHEETS:
                raise Rejected(Problem.MACROS)

    def _check_link(self, record: int, start: int, length: int) -> None:
        if record == _SUP_BOOK or (record == _EXTERN_SHEET and self._is_old):
            self._refuse_command_link()
            target = _link_target(record, self._decrypted(start, length))
            # The path of a workbook has the separator too, but begins differently
            is_program = target[:1] not in _WORKBOOK_PREFIXES and _SEPARATOR in target[1:]
            self._link_has_object = False if is_program else None
        elif record == _EXTERN_NAME and self._link_has_object is not None:
            if not self._decrypted(start, 2)[0] & _OLE_LINK:
                raise Rejected(Problem.COMMANDS)
            self._link_has_object = True

    def _refuse_command_link(self) -> None:
        """Raise Rejected when the last link is to a program and none of its items is an object."""
        if self._link_has_object is False:
            raise Rejected(Problem.COMMANDS)

    def _decrypted(self, start: int, length: int) -> bytes:
        data = self._stream[start : start + length]
        if not self._key_stream or not data:
            return data
        first, last = start // _BLOCK, (start + len(data) - 1) // _BLOCK
        self._effort.spend(20 * (last - first + 1))
        key_stream = b"".join(map(self._key_stream, range(first, last + 1)))[start % _BLOCK :]
        return bytes(byte ^ key for byte, key in zip(data, key_stream, strict=False))


def _link_target(record: int, data: bytes) -> str:
    """Return the target of a link; empty when it is the workbook itself."""
    if record == _EXTERN_SHEET:
        return data[1 : 1 + data[0]].decode("latin-1") if data else ""
    length, is_wide = int.from_bytes(data[2:4], "little"), len(data) > 4 and data[4] & 1
    text = data[5 : 5 + length * (2 if is_wide else 1)]
    return text.decode("utf-16-le" if is_wide else "latin-1", "replace")


def _block_key_stream(key_of: KeyOf, block: int) -> bytes:
    """Return the bytes that RC4 combines with those of a block."""
    return rc4(key_of(block), bytes(_BLOCK))


def _key_function(record: bytes) -> KeyOf:
    """Return the function that gives the key of each block with the default password.

    Raises Rejected when the workbook has another password.
    """
    encryption, major = struct.unpack_from("<2H", record)
    if encryption != 1:  # XOR, up to Excel 95: the default password is not used with it
        raise Rejected(Problem.LOCKED)
    key_of, verifier, digest = _rc4_keys(record) if major == 1 else _crypto_api_keys(record)
    plain = rc4(key_of(0), verifier)
    expected = digest(plain[:16])
    if plain[16 : 16 + len(expected)] != expected:
        raise Rejected(Problem.LOCKED)
    return key_of


def _rc4_keys(record: bytes) -> tuple[KeyOf, bytes, Digest]:
    """Return key function, verifier and digest of 40-bit keys with MD5 ([MS-OFFCRYPTO] 2.3.6)."""
    salt, verifier = record[6:22], record[22:54]
    base = _md5((_md5(DEFAULT_PASSWORD)[:5] + salt) * 16)[:5]
    return (lambda block: _md5(base + struct.pack("<L", block))), verifier, _md5


def _crypto_api_keys(record: bytes) -> tuple[KeyOf, bytes, Digest]:
    """Return the same for SHA-1 keys with the header's number of bits ([MS-OFFCRYPTO] 2.3.5)."""
    (header_size,) = struct.unpack_from("<L", record, 10)
    (bits,) = struct.unpack_from("<L", record, 14 + 16)
    start = 14 + header_size + 4
    salt, verifier = (
        record[start : start + 16],
        record[start + 16 : start + 32] + record[start + 36 : start + 56],
    )
    base = _sha1(salt + DEFAULT_PASSWORD)
    length = (bits or 40) // 8

    def key_of(block: int) -> bytes:
        key = _sha1(base + struct.pack("<L", block))[:length]
        # [MS-OFFCRYPTO] 2.3.5.2: a key of 40 bits is filled up with zeros to 128
        return key.ljust(16, b"\0") if length == 5 else key

    return key_of, verifier, _sha1


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
