"""Decrypt PDFs that open without a password, and refuse the others (ISO 32000-2, 7.6).

Many programs encrypt with an empty password, only to forbid copying or printing. Every reader opens
such a file.
"""

import binascii
import hashlib
import re
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from attachments.inspection.pdf.objects import Decrypt
from attachments.inspection.problems import Problem, Rejected
from attachments.inspection.rc4 import rc4

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_MAX_CANDIDATES = 10  # occurrences of a word to look at, from the end backwards
_MAX_DICTIONARY = 16_384  # bytes of the dictionary that describes the encryption
_REFERENCE = re.compile(rb"/Encrypt\s*(?:(\d{1,10})\s+(\d{1,5})\s+R|(?=<<))")
_FILE_ID = re.compile(rb"/ID\s*\[(?=\s*[<(])")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)
_md5 = partial(hashlib.md5, usedforsecurity=False)  # the format prescribes MD5


@dataclass(frozen=True)
class Encryption:
    """The encryption dictionary; `cipher` of streams is rc4, aes (128 bits), aes256 or none."""

    revision: int
    length: int
    permissions: int
    owner: bytes
    user: bytes
    user_key: bytes
    owner_key: bytes
    covers_metadata: bool
    cipher: str
    file_id: bytes


def decryptor(content: bytes) -> Decrypt | None:
    """Return the function that decrypts streams, None when they are not encrypted.

    Raises Rejected when the file asks for a password.
    """
    dictionary = _encryption_dictionary(content)
    if dictionary is None:
        return None
    if not re.search(rb"/Filter\s*/Standard\b", dictionary):
        raise Rejected(Problem.LOCKED)  # it opens only with a certificate, or in one vendor's program
    encryption = _parse(dictionary, content)
    key = _key_of_256_bits(encryption) if encryption.revision >= 5 else _key_up_to_128_bits(encryption)
    if key is None:
        raise Rejected(Problem.LOCKED)
    return None if encryption.cipher == "none" else partial(_decrypt, encryption.cipher, key)


def _encryption_dictionary(content: bytes) -> bytes | None:
    """Return the dictionary that the trailer names, and some bytes after it."""
    for match in _last_matches(content, b"/Encrypt", _REFERENCE):
        if match[1] is None:
            return content[match.end() : match.end() + _MAX_DICTIONARY]
        header = re.compile(rb"(?<!\d)%d\s+%d\s+obj\b" % (int(match[1]), int(match[2])))
        if headers := deque(header.finditer(content), maxlen=1):
            start = headers[0].end()
            return content[start : start + _MAX_DICTIONARY].partition(b"endobj")[0]
    return None


def _last_matches(content: bytes, word: bytes, pattern: "re.Pattern[bytes]") -> Iterator["re.Match[bytes]"]:
    """Yield the matches at the last few occurrences of a word, from the end backwards."""
    position = len(content)
    for _candidate in range(_MAX_CANDIDATES):
        position = content.rfind(word, 0, position)
        if position < 0:
            return
        if match := pattern.match(content, position):
            yield match


def _parse(dictionary: bytes, content: bytes) -> Encryption:
    version = _number(dictionary, b"V", 0)
    length = _number(dictionary, b"Length", 40)
    method = re.search(rb"/CFM\s*/(\w+)", dictionary)
    cipher = {b"V2": "rc4", b"AESV2": "aes", b"AESV3": "aes256", b"None": "none"}.get(
        method[1] if method else b"", "none"
    )
    if version < 4:
        cipher = "rc4"
    elif re.search(rb"/StmF\s*/Identity\b", dictionary):
        cipher = "none"
    # Updates of a file change only the second half of its id, which is not used here
    ids = list(islice(_last_matches(content, b"/ID", _FILE_ID), 1))
    return Encryption(
        revision=_number(dictionary, b"R", 0),
        length={1: 40, 4: 128}.get(version, length if length >= 40 else length * 8) // 8,
        permissions=_number(dictionary, b"P", 0),
        owner=_string_of(dictionary, b"O"),
        user=_string_of(dictionary, b"U"),
        user_key=_string_of(dictionary, b"UE"),
        owner_key=_string_of(dictionary, b"OE"),
        covers_metadata=not re.search(rb"/EncryptMetadata\s+false", dictionary),
        cipher=cipher,
        file_id=_string_at(content, ids[0].end()) if ids else b"",
    )


def _number(dictionary: bytes, name: bytes, default: int) -> int:
    match = re.search(rb"/" + name + rb"\s+([+-]?\d{1,10})", dictionary)
    return int(match[1]) if match else default


def _string_of(dictionary: bytes, name: bytes) -> bytes:
    match = re.search(rb"/" + name + rb"\s*(?=[(<])", dictionary)
    return _string_at(dictionary, match.end()) if match else b""


def _string_at(text: bytes, position: int) -> bytes:
    """Return the string that begins there, after any blanks: in brackets or in hexadecimal."""
    begin = re.compile(rb"\s*([(<])").match(text, position)
    if not begin:
        return b""
    position = begin.end()
    if begin[1] == b"<":
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", text[position : position + 1_024].partition(b">")[0])
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    depth, end = 1, len(text)
    for match in _IN_STRING.finditer(text, position, position + 2_048):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            end = match.start()
            break
    return _ESCAPED.sub(_unescaped, text[position:end].replace(b"\r\n", b"\n"))


def _unescaped(match: "re.Match[bytes]") -> bytes:
    if match[1]:
        return bytes((int(match[1], 8) & 255,))
    return b"" if match[2] else _ESCAPES.get(match[3], match[3])


def _key_up_to_128_bits(encryption: Encryption) -> bytes | None:
    """Return the key of revisions 2 to 4; None when the empty password does not open the file."""
    seed = (
        _PADDING
        + encryption.owner[:32]
        + struct.pack("<L", encryption.permissions & 0xFFFFFFFF)
        + encryption.file_id
    )
    if encryption.revision >= 4 and not encryption.covers_metadata:
        seed += b"\xff" * 4
    length = 5 if encryption.revision == 2 else encryption.length
    key = _md5(seed).digest()
    for _round in range(50 if encryption.revision >= 3 else 0):
        key = _md5(key[:length]).digest()
    key = key[:length]
    if encryption.revision == 2:
        return key if rc4(key, _PADDING) == encryption.user[:32] else None
    expected = _md5(_PADDING + encryption.file_id).digest()
    for number in range(20):
        expected = rc4(bytes(byte ^ number for byte in key), expected)
    return key if expected == encryption.user[:16] else None


def _key_of_256_bits(encryption: Encryption) -> bytes | None:
    """Return the key of revisions 5 and 6; None when the empty password does not open the file.

    Readers try it as the user's password and as the owner's.
    """
    hashed = _hash_of_revision_6 if encryption.revision >= 6 else _hash_of_revision_5
    user, owner = encryption.user[:48], encryption.owner[:48]
    if len(user) < 48 or len(owner) < 48:
        return None
    if hashed(user[32:40], b"") == user[:32]:
        return _aes(hashed(user[40:], b""), bytes(16), encryption.user_key[:32])
    if hashed(owner[32:40], user) == owner[:32]:
        return _aes(hashed(owner[40:], user), bytes(16), encryption.owner_key[:32])
    return None


def _hash_of_revision_5(salt: bytes, user: bytes) -> bytes:
    return hashlib.sha256(salt + user).digest()


def _hash_of_revision_6(salt: bytes, user: bytes) -> bytes:
    """Algorithm 2.B of the standard, for the empty password."""
    key, count, last = _hash_of_revision_5(salt, user), 0, 0
    while count < 64 or last > count - 32:
        encryptor = Cipher(algorithms.AES(key[:16]), modes.CBC(key[16:32])).encryptor()
        block = encryptor.update((key + user) * 64)
        digest = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[sum(block[:16]) % 3]
        key, last, count = digest(block).digest(), block[-1], count + 1
    return key[:32]


def _decrypt(cipher: str, key: bytes, number: int, generation: int, data: bytes) -> bytes:
    if cipher != "aes256":
        salt = b"sAlT" if cipher == "aes" else b""
        seed = key + struct.pack("<L", number)[:3] + struct.pack("<L", generation)[:2] + salt
        key = _md5(seed).digest()[: min(len(key) + 5, 16)]
    return rc4(key, data) if cipher == "rc4" else _aes(key, data[:16], data[16:])


def _aes(key: bytes, vector: bytes, data: bytes) -> bytes:
    whole = data[: len(data) // 16 * 16]
    return Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor().update(whole)
