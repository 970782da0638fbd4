"""Excel 5 to 2003 workbooks (.xls): macro sheets, and passwords that Excel asks for.

A workbook whose structure was protected is encrypted with a password of Microsoft's own, which Excel tries without
asking. It is opened here too, because its list of sheets has to be read: that password also hides old macros.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from functools import cache, partial

from tickets.attachments.ole import Container
from tickets.attachments.rc4 import rc4
from tickets.attachments.trouble import Trouble, Unacceptable

DEFAULT_PASSWORD = "VelvetSweatshop".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.4.2.3: every reader knows it
_BEGIN, _END, _FILE_PASS, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_MACRO_SHEETS = frozenset({1, 6})  # kinds of sheet: Excel 4 macros, a Visual Basic module of Excel 5
_OLD_BEGINS = frozenset({0x0009, 0x0209, 0x0409})
_MAX_RECORDS = 200_000
_MAX_SHEETS = 10_000
_BLOCK = 1024

KeyOf = Callable[[int], bytes]
Digest = Callable[[bytes], bytes]


def check(container: Container) -> None:
    """`Unacceptable` where it asks for a password or has macros in a sheet."""
    name = "workbook" if ("workbook",) in container.streams else "book"
    stream = container.read(name)
    if int.from_bytes(stream[:2], "little") not in {_BEGIN, *_OLD_BEGINS}:
        raise Unacceptable(Trouble.DAMAGED)
    key_stream: Callable[[int], bytes] | None = None
    sheets = 0
    for record, at, length in _records(stream):
        if record == _FILE_PASS:
            key_stream = cache(partial(_key_stream, _opened(stream[at : at + length])))
        elif record == _SHEET and length > 5:
            sheets += 1
            if sheets > _MAX_SHEETS:
                raise Unacceptable(Trouble.DAMAGED)
            block, offset = divmod(at + 5, _BLOCK)
            covering = key_stream(block)[offset] if key_stream else 0
            if stream[at + 5] ^ covering in _MACRO_SHEETS:
                raise Unacceptable(Trouble.MACROS)


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Number, start and length of each record of the workbook itself, before its sheets."""
    at = 0
    for _step in range(_MAX_RECORDS):
        if at + 4 > len(stream):
            return
        record, length = struct.unpack_from("<2H", stream, at)
        if record == _END:
            return
        yield record, at + 4, length
        at += 4 + length


def _key_stream(key_of: KeyOf, block: int) -> bytes:
    """What is laid over that kilobyte."""
    return rc4(key_of(block), bytes(_BLOCK))


def _opened(record: bytes) -> KeyOf:
    """The key of each block, if Microsoft's own password opens it; `Unacceptable` otherwise."""
    kind, major = struct.unpack_from("<2H", record)
    if kind != 1:  # the XOR of Excel 5: Microsoft's own password is not used with it
        raise Unacceptable(Trouble.LOCKED)
    key_of, verifier, digest = _plain_rc4(record) if major == 1 else _crypto_api(record)
    plain = rc4(key_of(0), verifier)
    proof = digest(plain[:16])
    if plain[16 : 16 + len(proof)] != proof:
        raise Unacceptable(Trouble.LOCKED)
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
