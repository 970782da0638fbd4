"""A ticket's number as people write it, and the reference under which its messages are stored."""

PREFIX = "ticket:"
NUMBER_DIGITS = 7  # A14


def message_reference(number: int) -> str:
    """Return the `subject_ref` of a ticket's messages; their dedup keys begin with it."""
    return f"{PREFIX}{number}"


def number_of(subject_ref: str) -> int | None:
    """Return the number of the ticket that a message is about; else None."""
    number = subject_ref.removeprefix(PREFIX)
    return int(number) if number != subject_ref and number.isascii() and number.isdigit() else None


def parse_number(text: str) -> int | None:
    """Read a ticket number as staff type it, with or without `#`; None if the text is not one."""
    number = text.strip().removeprefix("#")
    return int(number) if len(number) == NUMBER_DIGITS and number.isascii() and number.isdigit() else None
