"""Derives codes from the pepper and the challenge's nonce; no code is stored (R1.09).

So a worker that dies and retries sends the same code, and the database alone reveals no code.
"""

import hmac
import secrets
from collections.abc import Iterator
from hashlib import sha256
from itertools import count

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DRAW_BYTES = 4
DRAWS = 256**DRAW_BYTES


def new_nonce() -> str:
    """Return 128 random bits in hexadecimal."""
    return secrets.token_hex(16)


def derive(nonce: str, phone: str) -> str:
    """Return the code of `OTP_DIGITS` digits, with leading zeros, of a challenge (R1.01)."""
    codes = 10**settings.OTP_DIGITS
    # Draws of the incomplete last round are rejected: modulo would make the low codes more likely
    usable = DRAWS - DRAWS % codes
    accepted = next(draw for draw in _draws(nonce, phone) if draw < usable)
    return f"{accepted % codes:0{settings.OTP_DIGITS}}"


def matches(typed: str, nonce: str, phone: str) -> bool:
    """Whether `typed` is the code, compared in constant time (R1.12)."""
    return hmac.compare_digest(typed.encode(), derive(nonce, phone).encode())


def _draws(nonce: str, phone: str) -> Iterator[int]:
    """Yield an endless sequence of numbers below DRAWS, fixed by pepper, nonce and phone."""
    if not settings.OTP_PEPPER:
        raise ImproperlyConfigured("OTP_PEPPER is not set")  # without it anyone could compute the codes

    for block in count():
        message = f"{nonce}:{phone}:{block}".encode()
        digest = hmac.new(settings.OTP_PEPPER.encode(), message, sha256).digest()
        for start in range(0, len(digest), DRAW_BYTES):
            yield int.from_bytes(digest[start : start + DRAW_BYTES], "big")
