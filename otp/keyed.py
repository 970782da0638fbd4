"""Names for things that are not to be stored as they are: phones, addresses and browser sessions (R1.28, R8)."""

from django.utils.crypto import salted_hmac


def keyed_hash(kind: str, value: str) -> str:
    """64 hexadecimal digits that stand for `value`, and that nobody without SECRET_KEY can work out or check."""
    return salted_hmac(f"otp.{kind}", value, algorithm="sha256").hexdigest()
