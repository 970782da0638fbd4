"""Find the service numbers in a phrase or a cell: any separators, and ranges (A10, A18).

A phone is made of whole groups of digits, so a number with a digit too few never takes the first
digit of the next one.
"""

import re
from collections.abc import Iterator

from tickets.lines.numbers import MAX_NUMBER, clean, is_date, other_key, service_key
from tickets.lines.problems import Code
from tickets.lines.rows import Doubt, ListRow

MAX_RANGE = 1_000  # numbers
_GAP = r"[ .()\-]{0,3}"
_COUNTRY = rf"(?:(?:\+|\b00)?\(?593{_GAP}(?:0{_GAP})?)"
_MOBILE = rf"(?:{_COUNTRY}|0{_GAP})?9(?:{_GAP}\d){{8}}"
_LANDLINE = rf"(?:{_COUNTRY}|0{_GAP})[2-7]{_GAP}[2-9](?:{_GAP}\d){{6}}"
PHONE_BODY = rf"\(?(?:{_MOBILE}|{_LANDLINE})(?!\w)"
# The end of a circuit such as «ABC-XY-0220» does not begin a phone, unless all digits are together
_TOGETHER = r"(?:(?:\+?593|0)?9\d{8}|(?:\+?593|0)[2-7]\d{7})(?!\w)"
PHONE = re.compile(rf"(?<![\w+.])(?:(?<![A-Z]-){PHONE_BODY}|(?<=[A-Z]-){_TOGETHER})", re.ASCII)
_TO = r"\s*\b(?:a|al|hasta)\b(?:\s+(?:el|la)\b)?\s*"
# Each of these three also matches a phone alone, so that the search goes on behind it: the end of a
# phone and the beginning of the next can look like a third one
_RANGE = re.compile(
    rf"({PHONE.pattern})(?:{_TO}|\s*(?:-|\.\.+)\s*)({PHONE_BODY})|{PHONE.pattern}", re.ASCII | re.IGNORECASE
)
# Three or more numbers with dashes between them are a list, not a range
_CHAIN = re.compile(rf"({PHONE.pattern}(?:\s*-\s*{PHONE_BODY}){{2,}})|{PHONE.pattern}", re.ASCII)
_CHAINED = re.compile(rf"({PHONE_BODY})\s*-\s*(?={PHONE_BODY})", re.ASCII)
# «0991234500 al 520» and «0991234500-20»: an end with seven digits or more is another number
_SHORT_RANGE = re.compile(
    rf"({PHONE.pattern}(?:{_TO}|-)\d{{1,6}}(?!\w))|{PHONE.pattern}", re.ASCII | re.IGNORECASE
)
_SEPARATORS = re.compile(r"[,;|/\t]|\s+[yeou&]\s+", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
# A misspelt phone that is written in groups
_GROUPS = re.compile(r"(?<![\w.\-])\(?\d{1,4}(?:[ .()\-]{1,3}\d{1,4})+(?!\w)", re.ASCII)
_MIN_GROUPED = 6  # digits
# A word with a digit: the number of a data link, a circuit, or a phone that is misspelt
TOKEN = re.compile(r"\+?\w[\w.\-]*\w|\w")
_MIN_TOKEN = 4  # characters of a service number that is not a phone
_MIN_DIGITS = 5  # of one that has digits only


def numbers_in(text: str, place: int) -> list[ListRow]:
    """Return a row for each number in the text, those of ranges one by one.

    A range that is too long or not clear is one row without a number.
    """
    if not _DIGIT.search(text):
        return []
    rows: list[ListRow] = []
    for piece in _SEPARATORS.split(_take_ranges(text, place, rows)):
        rows += _numbers_of_piece(piece, place)
    return rows


def is_long_enough(token: str) -> bool:
    """Return whether a word can be a service number, and is not a quantity in a sentence."""
    key = other_key(token)
    return bool(_DIGIT.search(token)) and len(key) >= (_MIN_DIGITS if key.isdigit() else _MIN_TOKEN)


def _take_ranges(text: str, place: int, rows: list[ListRow]) -> str:
    """Add the numbers of the ranges to the rows, and return the text without them."""

    def expand(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        first, last = sorted(int(service_key(found[end])[1:]) for end in (1, 2))
        written = clean(found[0])
        if last - first >= MAX_RANGE:
            rows.append(
                ListRow(place, written=written, doubts=(Doubt(Code.RANGE_TOO_LONG, detail=str(MAX_RANGE)),))
            )
        else:
            offered = (Doubt(Code.FROM_RANGE),)
            rows.extend(
                ListRow(place, f"+{number}", written=written, doubts=offered)
                for number in range(first, last + 1)
            )
        return "\t"

    def unclear(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        rows.append(ListRow(place, written=clean(found[0]), doubts=(Doubt(Code.RANGE_UNCLEAR),)))
        return "\t"

    text = _CHAIN.sub(lambda found: _CHAINED.sub(r"\1,", found[0]) if found[1] else found[0], text)
    return _SHORT_RANGE.sub(unclear, _RANGE.sub(expand, text))


def _numbers_of_piece(piece: str, place: int) -> Iterator[ListRow]:
    """Read the numbers of the text between two separators."""
    end, written = 0, clean(piece)
    for found in PHONE.finditer(piece):
        yield from _other_numbers(piece[end : found.start()], place, alone=False)
        yield ListRow(place, clean(found[0]), written=written)
        end = found.end()
    yield from _other_numbers(piece[end:], place, alone=not end)


def _other_numbers(text: str, place: int, *, alone: bool) -> Iterator[ListRow]:
    """Read the numbers that are not phones; short ones only if the text has little else."""
    if not _DIGIT.search(text) or is_date(text):
        return
    written = clean(text)
    grouped = [
        found[0]
        for found in _GROUPS.finditer(text)
        if len(other_key(found[0])) >= _MIN_GROUPED and not is_date(found[0])
    ]
    words = [
        word for word in TOKEN.findall(_GROUPS.sub(" ", text) if grouped else text) if _DIGIT.search(word)
    ]
    found_numbers = grouped + [word for word in words if is_long_enough(word) and not is_date(word)]
    if (
        not found_numbers
        and words
        and ((alone and len(written.split()) <= 3) or not re.search(r"[^\W\d_]", written))
    ):
        found_numbers = [written]
    for number in found_numbers:
        whole = len(found_numbers) == 1 and written != number and len(written) <= MAX_NUMBER
        yield ListRow(
            place,
            clean(number)[:MAX_NUMBER],
            written=written,
            alternatives=(written,) if whole else (),
        )
