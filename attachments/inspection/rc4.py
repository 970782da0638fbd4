"""Decrypt RC4, the cipher of old Excel and PDF files. The product encrypts nothing with it."""

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher

_LENGTHS = frozenset({5, 7, 8, 10, 16, 20, 24, 32})  # of keys, in bytes, that the library accepts


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt the data: with RC4 both are the same operation."""
    # RC4 repeats its key, so a key written twice gives the same result as the key itself
    repeated = next((key * times for times in range(1, 6) if len(key) * times in _LENGTHS), key)
    return Cipher(ARC4(repeated), mode=None).decryptor().update(data)
