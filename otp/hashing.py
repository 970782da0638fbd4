"""Keyed hashes, stored instead of phones, addresses and browser sessions (R1.28, R8.09)."""

from django.conf import settings
from django.utils.crypto import salted_hmac


def keyed_hash(kind: str, value: str) -> str:
    """Return a hash of 64 hexadecimal digits that cannot be computed without SECRET_KEY."""
    return _hash(kind, value, settings.SECRET_KEY)


def keyed_hashes(kind: str, value: str) -> list[str]:
    """Return the hashes under SECRET_KEY and its fallbacks, to find older rows too (R8.09)."""
    return [_hash(kind, value, secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _hash(kind: str, value: str, secret: str) -> str:
    # The kind is part of the key, so that equal values of two kinds have unrelated hashes
    return salted_hmac(f"otp.{kind}", value, secret=secret, algorithm="sha256").hexdigest()
