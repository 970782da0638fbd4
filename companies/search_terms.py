"""What staff typed into a search box at the desk: a phone in any spelling, the start of a tax id,
or words.

Each kind becomes a condition that an index answers, so that a search costs the same at a million
rows.
"""

from django.db.models import Q

from companies.identity import RUC_DIGITS
from companies.phones import InvalidPhone, normalise

SHORTEST_PREFIX = 4  # digits; fewer would match much of a province
SEPARATORS = str.maketrans("", "", " .-")


def digits_of(term: str) -> str:
    """The digits, when the term is nothing else but them and separators; or an empty text."""
    compact = term.translate(SEPARATORS)
    return compact if compact.isascii() and compact.isdigit() else ""


def phone_of(term: str) -> str:
    """The phone number that the term spells, in E.164, or an empty text."""
    try:
        return normalise(term)
    except InvalidPhone:
        return ""


def tax_id_starts(field: str, term: str) -> Q | None:
    """RUC or cédula equal to the term or starting with it; None where the term cannot be the start
    of one.
    """
    digits = digits_of(term)
    if not SHORTEST_PREFIX <= len(digits) <= RUC_DIGITS:
        return None
    # A range, not LIKE: both engines answer it from a plain index, whatever the collation
    return Q(**{f"{field}__range": (digits, digits.ljust(RUC_DIGITS, "9"))})


def contains_words(field: str, term: str) -> Q:
    """Every word of the term, in any order."""
    condition = Q()
    for word in term.split():
        condition &= Q(**{f"{field}__icontains": word})
    return condition
