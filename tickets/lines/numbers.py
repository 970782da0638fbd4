"""Normalise service numbers, so that those of lists and of the directory compare equal (A18)."""

import re
import unicodedata

from companies import phones

MAX_NUMBER = 40  # characters, as in the directory
_PLAIN_MOBILE = re.compile(r"(?:\+?593|0)?(9\d{8})", re.ASCII)
_DATE = re.compile(r"(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?:[ T]\d\d:\d\d.*)?")
_SCIENTIFIC = re.compile(r"(\d(?:[.,]\d+)?)[eE]\+?(\d{1,3})")


def service_key(text: str) -> str:
    """Return the key for comparison: a phone in E.164, or any other number's letters and digits.

    Empty if the text has neither. Two spellings of one service have the same key.
    """
    if plain := _PLAIN_MOBILE.fullmatch(text.strip()):
        return f"+593{plain[1]}"
    try:
        return phones.normalise(text)
    except phones.InvalidPhone:
        return other_key(text)


def other_key(text: str) -> str:
    """Return the key of a number that is not a phone, such as a data link's."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(character for character in plain if character.isalnum())[:MAX_NUMBER]


def is_phone(text: str) -> bool:
    """Return whether the whole text is one phone number."""
    return service_key(text).startswith("+")


def is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text.strip()))


def from_scientific(text: str) -> str | None:
    """Return the whole number that a spreadsheet wrote as 9.91234567E+8.

    Empty when digits are missing from it, as in 9.9123E+8; None for any other text.
    """
    found = _SCIENTIFIC.fullmatch(text.strip())
    if not found:
        return None
    digits = re.sub(r"\D", "", found[1])
    return digits if len(digits) == int(found[2]) + 1 else ""


def clean(text: str) -> str:
    """Return the text with plain single spaces and without control and format characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    shown = (
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return " ".join("".join(shown).split())
