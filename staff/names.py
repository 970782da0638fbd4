"""How a username is compared, hashed and shown where it may not be one."""

import unicodedata

from otp.hashing import keyed_hash, keyed_hashes

SHOWN = 2  # characters of a username that belongs to no account


def key_of(username: str) -> str:
    """The keyed hash that stands for a username: the same for every spelling that a person would
    call the same.
    """
    return keyed_hash("staff.name", _folded(username))


def keys_of(username: str) -> list[str]:
    """The same under the key in use and under those that it replaced, to find earlier events."""
    return keyed_hashes("staff.name", _folded(username))


def mask(username: str) -> str:
    return f"{username[:SHOWN]}…"


def _folded(username: str) -> str:
    return unicodedata.normalize("NFKC", username).strip().casefold()
