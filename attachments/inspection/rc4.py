"""RC4, which old Excel and PDF files are encrypted with. Read only: nothing of ours is kept secret
by it.
"""

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher

_LENGTHS = frozenset({5, 7, 8, 10, 16, 20, 24, 32})  # bytes that the library takes


def rc4(key: bytes, data: bytes) -> bytes:
    """`data` with the key stream laid over it; the same again undoes it."""
    # RC4 reads its key round and round, so that a key and twice that key are one
    repeated = next((key * times for times in range(1, 6) if len(key) * times in _LENGTHS), key)
    return Cipher(ARC4(repeated), mode=None).decryptor().update(data)
