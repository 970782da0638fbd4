"""The code itself: derived from the pepper and the challenge's nonce whenever it is needed, and
stored nowhere (R1.09).

Why derived: a worker that dies and tries again sends the same code, and the database alone gives
nothing away.
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
    """128 random bits, in hexadecimal."""
    return secrets.token_hex(16)


def derive(nonce: str, phone: str) -> str:
    """The code of `OTP_DIGITS` digits, leading zeros kept, of the challenge with this nonce for
    this phone (R1.01).
    """
    codes = 10**settings.OTP_DIGITS
    # Draws of the incomplete last round are thrown away: reducing them would favour the low codes
    usable = DRAWS - DRAWS % codes
    drawn = next(draw for draw in _draws(nonce, phone) if draw < usable)
    return f"{drawn % codes:0{settings.OTP_DIGITS}}"


def matches(typed: str, nonce: str, phone: str) -> bool:
    """Whether `typed` is the code, in a time that does not tell how much of it is right (R1.12)."""
    return hmac.compare_digest(typed.encode(), derive(nonce, phone).encode())


def _draws(nonce: str, phone: str) -> Iterator[int]:
    if not settings.OTP_PEPPER:
        raise ImproperlyConfigured("OTP_PEPPER is not set")  # a code anybody could compute is worse than none
    for block in count():
        message = f"{nonce}:{phone}:{block}".encode()
        digest = hmac.new(settings.OTP_PEPPER.encode(), message, sha256).digest()
        for start in range(0, len(digest), DRAW_BYTES):
            yield int.from_bytes(digest[start : start + DRAW_BYTES], "big")
