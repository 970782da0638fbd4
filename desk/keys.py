"""Reading the primary key of a row from an address or a form."""

MAX_DIGITS = 18  # a longer number may exceed 64 bits, which makes the database fail


def may_be_key(text: str) -> bool:
    """Return whether the text can be the key of a row; any other text would raise an error."""
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
