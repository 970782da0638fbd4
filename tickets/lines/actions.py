"""Recognise what a list requests for a line, in the customer's words: cancellation or prepaid."""

import re
import unicodedata
from enum import StrEnum


class Action(StrEnum):
    """The values are those of the form's field `lines_<number>_action`."""

    CANCEL = "cancel"
    PREPAID = "prepaid"


_PREPAID = re.compile(r"\b(?:pre ?pago|pre ?pagos|prepag\w*|prepaid)\b")
_CANCEL = re.compile(
    r"\b(?:bajas?|cancel\w*|anul\w*|elimin\w*|desactiv\w*|termin(?:ar|acion|en)\w*|retir\w*|dar de baja)\b"
)
# Words of lines that stay: another word of the sentence that looks like a request must not end them
_KEEP = re.compile(
    r"\b(?:mantener\w*|manteng\w*|conserv\w*|dejar|dejen|except\w*|salvo|menos|quedan?|suspen\w*|reactiv\w*"
    r"|(?:no|ni|nunca) (?:\w+ ){0,3}(?:cancel|baja|dar|anul|elimin|desactiv|termin|retir|pas[ae]|cambi|migr|toc|inclu|"
    r"prepag|pre ?pago)\w*)\b"
)

# The same for a type of request with one action, where the words above may be the request itself
_STAY = re.compile(
    r"\b(?:mantener\w*|manteng\w*|conserv\w*|except\w*|salvo|menos"
    r"|(?:no|ni|nunca) (?:\w+ ){0,3}(?:cancel|baja|anul|elimin|desactiv|termin|retir|suspen|reactiv|toc|inclu)\w*)\b"
)


def plain(text: str) -> str:
    """Return the words in lower case, without accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.sub(r"[^\w]|_", " ", letters).split())


def actions_in(text: str) -> set[Action] | None:
    """Return the actions that a text names, which may be none. Returns None if it is not clear.

    It is not clear if both actions are named, or if a word says that something stays.
    """
    words = plain(text)
    found = {
        action
        for action, pattern in ((Action.CANCEL, _CANCEL), (Action.PREPAID, _PREPAID))
        if pattern.search(words)
    }
    return None if len(found) > 1 or _KEEP.search(words) else found


def says_stay(text: str) -> bool:
    """Return whether the words may mean that a line stays as it is, whatever the request is."""
    return bool(_STAY.search(plain(text)))


def action_of_cell(text: str) -> Action | None:
    """Return the action that a cell names; None if it names none, or not clearly."""
    found = actions_in(text)
    return next(iter(found)) if found else None


def split_at_action(text: str) -> tuple[str, str]:
    """Return the text before and after the word that requests prepaid."""
    folded = _folded(text)
    found = _PREPAID.search(folded)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def _folded(text: str) -> str:
    """Return the text in lower case without accents, each character at its old position."""
    return "".join(
        unicodedata.normalize("NFKD", character.casefold())[:1] or " " for character in text
    ).replace("-", " ")
