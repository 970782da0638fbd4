"""Whether a PDF opens without being asked for a password, and the key if it does (ISO 32000-2,
7.6).

Many programs encrypt with an empty password, only to forbid copying or printing; any reader opens
those.
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
_TRIES = 10
_REACH = 16_384  # bytes of the dictionary that describes the encryption
_REFERENCE = re.compile(rb"/Encrypt\s*(?:(\d{1,10})\s+(\d{1,5})\s+R|(?=<<))")
_IDENTITY = re.compile(rb"/ID\s*\[(?=\s*[<(])")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_IN_TEXT = re.compile(rb"\\.|[()]", re.DOTALL)
_md5 = partial(hashlib.md5, usedforsecurity=False)  # what these files are made with


@dataclass(frozen=True)
class Encryption:
    """What the dictionary says. `cipher` is of the streams: RC4, AES (128 bits), AES256 or none at
    all.
    """

    revision: int
    length: int
    permissions: int
    owner: bytes
    user: bytes
    user_key: bytes
    owner_key: bytes
    covers_metadata: bool
    cipher: str
    identity: bytes


def opened(content: bytes) -> Decrypt | None:
    """How its streams are read, `None` if they are not encrypted; `Rejected` if a password is asked
    for.
    """
    found = _dictionary(content)
    if found is None:
        return None
    if not re.search(rb"/Filter\s*/Standard\b", found):
        raise Rejected(Problem.LOCKED)  # for the holders of certain certificates, or of a shop's own program
    encryption = _described(found, content)
    key = _long_key(encryption) if encryption.revision >= 5 else _short_key(encryption)
    if key is None:
        raise Rejected(Problem.LOCKED)
    return None if encryption.cipher == "none" else partial(_decrypted, encryption.cipher, key)


def _dictionary(content: bytes) -> bytes | None:
    """The text of the dictionary that the trailer names, with what follows it."""
    for found in _last_of(content, b"/Encrypt", _REFERENCE):
        if found[1] is None:
            return content[found.end() : found.end() + _REACH]
        header = re.compile(rb"(?<!\d)%d\s+%d\s+obj\b" % (int(found[1]), int(found[2])))
        if places := deque(header.finditer(content), maxlen=1):
            return content[places[0].end() : places[0].end() + _REACH].partition(b"endobj")[0]
    return None


def _last_of(content: bytes, mark: bytes, pattern: "re.Pattern[bytes]") -> Iterator["re.Match[bytes]"]:
    """What the pattern finds, from the end backwards, at the last
    few places where the mark stands.
    """
    at = len(content)
    for _try in range(_TRIES):
        at = content.rfind(mark, 0, at)
        if at < 0:
            return
        if found := pattern.match(content, at):
            yield found


def _described(text: bytes, content: bytes) -> Encryption:
    version = _number(text, b"V", 0)
    length = _number(text, b"Length", 40)
    method = re.search(rb"/CFM\s*/(\w+)", text)
    cipher = {b"V2": "rc4", b"AESV2": "aes", b"AESV3": "aes256", b"None": "none"}.get(
        method[1] if method else b"", "none"
    )
    identity = re.search(rb"/StmF\s*/Identity\b", text)
    # Alike in all of them but for its second half
    ids = list(islice(_last_of(content, b"/ID", _IDENTITY), 1))
    if version < 4:
        cipher = "rc4"
    elif identity:
        cipher = "none"
    return Encryption(
        revision=_number(text, b"R", 0),
        length={1: 40, 4: 128}.get(version, length if length >= 40 else length * 8) // 8,
        permissions=_number(text, b"P", 0),
        owner=_text(text, b"O"),
        user=_text(text, b"U"),
        user_key=_text(text, b"UE"),
        owner_key=_text(text, b"OE"),
        covers_metadata=not re.search(rb"/EncryptMetadata\s+false", text),
        cipher=cipher,
        identity=_string(content, ids[0].end()) if ids else b"",
    )


def _number(text: bytes, name: bytes, default: int) -> int:
    found = re.search(rb"/" + name + rb"\s+([+-]?\d{1,10})", text)
    return int(found[1]) if found else default


def _text(text: bytes, name: bytes) -> bytes:
    found = re.search(rb"/" + name + rb"\s*(?=[(<])", text)
    return _string(text, found.end()) if found else b""


def _string(text: bytes, at: int) -> bytes:
    """The text that begins at or just after `at`, in brackets or in hexadecimal."""
    begin = re.compile(rb"\s*([(<])").match(text, at)
    if not begin:
        return b""
    at = begin.end()
    if begin[1] == b"<":
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", text[at : at + 1_024].partition(b">")[0])
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    depth, end = 1, len(text)
    for found in _IN_TEXT.finditer(text, at, at + 2_048):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            end = found.start()
            break
    return _ESCAPED.sub(_unescaped, text[at:end].replace(b"\r\n", b"\n"))


def _unescaped(found: "re.Match[bytes]") -> bytes:
    if found[1]:
        return bytes((int(found[1], 8) & 255,))
    return b"" if found[2] else _ESCAPES.get(found[3], found[3])


def _short_key(encryption: Encryption) -> bytes | None:
    """Revisions 2 to 4: the key for the empty password, if the file was locked with it."""
    seed = (
        _PADDING
        + encryption.owner[:32]
        + struct.pack("<L", encryption.permissions & 0xFFFFFFFF)
        + encryption.identity
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
    proof = _md5(_PADDING + encryption.identity).digest()
    for turn in range(20):
        proof = rc4(bytes(byte ^ turn for byte in key), proof)
    return key if proof == encryption.user[:16] else None


def _long_key(encryption: Encryption) -> bytes | None:
    """Revisions 5 and 6, of 256 bits: readers try the empty password as the reader's and as the
    owner's.
    """
    hashed = _hardened if encryption.revision >= 6 else _hashed
    user, owner = encryption.user[:48], encryption.owner[:48]
    if len(user) < 48 or len(owner) < 48:
        return None
    if hashed(user[32:40], b"") == user[:32]:
        return _aes(hashed(user[40:], b""), bytes(16), encryption.user_key[:32])
    if hashed(owner[32:40], user) == owner[:32]:
        return _aes(hashed(owner[40:], user), bytes(16), encryption.owner_key[:32])
    return None


def _hashed(salt: bytes, user: bytes) -> bytes:
    return hashlib.sha256(salt + user).digest()


def _hardened(salt: bytes, user: bytes) -> bytes:
    """Algorithm 2.B, for the empty password."""
    key, turn, last = _hashed(salt, user), 0, 0
    while turn < 64 or last > turn - 32:
        encryptor = Cipher(algorithms.AES(key[:16]), modes.CBC(key[16:32])).encryptor()
        block = encryptor.update((key + user) * 64)
        digest = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[sum(block[:16]) % 3]
        key, last, turn = digest(block).digest(), block[-1], turn + 1
    return key[:32]


def _decrypted(cipher: str, key: bytes, number: int, generation: int, data: bytes) -> bytes:
    if cipher != "aes256":
        salt = b"sAlT" if cipher == "aes" else b""
        seed = key + struct.pack("<L", number)[:3] + struct.pack("<L", generation)[:2] + salt
        key = _md5(seed).digest()[: min(len(key) + 5, 16)]
    return rc4(key, data) if cipher == "rc4" else _aes(key, data[:16], data[16:])


def _aes(key: bytes, vector: bytes, data: bytes) -> bytes:
    whole = data[: len(data) // 16 * 16]
    return Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor().update(whole)
