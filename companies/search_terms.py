"""Turns a search term typed at the desk into a phone number, the start of a tax id, or words.

Phone numbers and tax ids become conditions on indexed columns, so that a search takes equally long
with a million rows.
"""

from django.db.models import Q

from companies.identity import RUC_DIGITS
from companies.phones import InvalidPhone, normalise

SHORTEST_PREFIX = 4  # digits; two are a province's code, so fewer would match most of a province
SEPARATORS = str.maketrans("", "", " .-")


def digits_of(term: str) -> str:
    """Return the digits of a term of only digits and separators, else an empty string."""
    compact = term.translate(SEPARATORS)
    return compact if compact.isascii() and compact.isdigit() else ""


def phone_of(term: str) -> str:
    """Return the term as a phone number in E.164, or an empty string if it is not one."""
    try:
        return normalise(term)
    except InvalidPhone:
        return ""


def tax_id_starts(field: str, term: str) -> Q | None:
    """Return the condition that a RUC or cédula starts with the term; None if none can."""
    digits = digits_of(term)
    if not SHORTEST_PREFIX <= len(digits) <= RUC_DIGITS:
        return None
    # A range instead of LIKE: both engines use a plain index for it with any collation
    return Q(**{f"{field}__range": (digits, digits.ljust(RUC_DIGITS, "9"))})


def contains_words(field: str, term: str) -> Q:
    """Return the condition that the field contains every word of the term, in any order."""
    condition = Q()
    for word in term.split():
        condition &= Q(**{f"{field}__icontains": word})
    return condition
