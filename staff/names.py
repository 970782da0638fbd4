"""Hash usernames, so that events can be found by them, and mask those without an account."""

import unicodedata

from otp.hashing import keyed_hash, keyed_hashes

SHOWN = 2  # characters that `mask` keeps


def key_of(username: str) -> str:
    """Return the keyed hash of a username; spellings that look the same have the same hash."""
    return keyed_hash("staff.name", _folded(username))


def keys_of(username: str) -> list[str]:
    """Return the hashes under the current key and its predecessors, to find earlier events too."""
    return keyed_hashes("staff.name", _folded(username))


def mask(username: str) -> str:
    """Shorten what was typed as a username, which may be a password."""
    return f"{username[:SHOWN]}…"


def _folded(username: str) -> str:
    return unicodedata.normalize("NFKC", username).strip().casefold()
