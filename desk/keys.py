"""Check whether text from an address or a form can be the primary key of a row."""

MAX_DIGITS = 18  # a longer number may exceed 64 bits, which makes the database fail


def may_be_key(text: str) -> bool:
    """Return whether the text can be a key; a query for any other text raises an error."""
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
