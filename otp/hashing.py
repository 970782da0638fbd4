"""Names for things that are not to be stored as they are: phones, addresses and browser sessions
(R1.28, R8.09).
"""

from django.conf import settings
from django.utils.crypto import salted_hmac


def keyed_hash(kind: str, value: str) -> str:
    """64 hexadecimal digits that stand for `value`, and that nobody without SECRET_KEY can work out
    or check.
    """
    return _hash(kind, value, settings.SECRET_KEY)


def keyed_hashes(kind: str, value: str) -> list[str]:
    """The same under the key in use and under each of SECRET_KEY_FALLBACKS, to find what was stored
    before (R8.09).
    """
    return [_hash(kind, value, secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _hash(kind: str, value: str, secret: str) -> str:
    # The kind makes a key of its own out of the secret, so that one kind's hashes say nothing about
    # another's
    return salted_hmac(f"otp.{kind}", value, secret=secret, algorithm="sha256").hexdigest()
