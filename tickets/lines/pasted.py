"""Read a list that was pasted or typed as text (A10); `phrases` finds its numbers.

A line without words requests the cancellation of its services. A line that cannot be read stays as
text, with its row.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from companies.identity import CEDULA_DIGITS, RUC_DIGITS, InvalidTaxId, check_tax_id
from tickets.lines import problems, table
from tickets.lines.actions import Action, actions_in, split_at_action
from tickets.lines.numbers import clean, is_phone
from tickets.lines.phrases import PHONE, PHONE_BODY, TOKEN, is_long_enough, numbers_in
from tickets.lines.problems import Code
from tickets.lines.rows import MAX_ROWS, Column, Doubt, ListRow, Reading

MAX_TEXT = 256 * 1024  # characters; a form may have this many bytes (DATA_UPLOAD_MAX_MEMORY_SIZE)
MAX_NAME = 120
_ORDINAL = re.compile(
    r"^\s*(?:\d{1,4}\s*[.)\]]|\d{1,4}\s+-)\s+(?=\S)"  # 1. 2) 3 -
    r"|^\s*[-*•·▪–]+\s*(?=\S)"
    rf"|^\s*\d{{1,4}}[.)\]]?\s*(?<=[\s.)\]])(?={PHONE_BODY})",  # an index before a phone
    re.ASCII,
)
_ABBREVIATED_NUMBER = re.compile(r"\bN(?:o\.|[º°]\.?)", re.IGNORECASE)
_ID = re.compile(rf"(?<![\w.\-])(?:\d{{{RUC_DIGITS}}}|\d{{{CEDULA_DIGITS}}}|\d{{9}}-\d)(?![\w\-])", re.ASCII)
# Words around the name of a line's new holder: «a nombre de Ana Pérez, con cédula»
_AROUND_NAMES = re.compile(
    r"\b(?:a (?:nombre|favor) de|nombres?(?: completos?)?|con|c[eé]dula|c\.? ?i\.?|ruc|identificaci[oó]n"
    r"|n[uú]mero|nro\.?|no\.|titular|sra?\.?|srta\.?|se|que|de la l[ií]nea|l[ií]neas?|a|y|e"
    r"|pas(?:ar?|an|en|e)(?:las?)?|cambi(?:ar|o)|migrar?|convertir|por favor|para|plan|modalidad)(?!\w)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w.\-]+")
# Only from the start of a word: if each letter of a long word were tried, it would take minutes
_NAME = re.compile(r"(?<![^\W\d_])[^\W\d_][^\W\d_.'’]*(?:[ \-][^\W\d_][^\W\d_.'’]*)+")


@dataclass(frozen=True, slots=True)
class _Heading:
    """What a heading such as «Pasar a prepago:» requests for the lines below it."""

    action: str = ""
    words: str = ""


def read_text(text: str) -> Reading:
    """Read a pasted list: a row for each number, and one for each line that has none.

    A list that begins with titles, as cells copied from a sheet do, is read as a table.
    """
    if len(text) > MAX_TEXT:
        return Reading(refusal=problems.text_too_long())
    lines = list(_lines(text))
    if (titled := table.read_titled_text(lines)) is not None:
        return titled
    rows: list[ListRow] = []
    heading = _Heading()
    for place, line in enumerate(lines, 1):
        found = list(_rows_of_line(line, place, heading))
        if not any(row.number for row in found):
            heading = _heading(line, heading)
        rows += found
        if len(rows) > MAX_ROWS:
            return Reading(refusal=problems.too_many_rows(MAX_ROWS))
    nothing = all(doubt.code is Code.TEXT_ONLY for row in rows for doubt in row.doubts)
    if nothing and not any(row.number for row in rows):
        return Reading(tuple(rows), refusal=problems.empty_list())
    return Reading(tuple(rows))


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with plain digits, dashes and spaces; tabs stay, because they separate."""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        yield line if line.isascii() and line.isprintable() else "".join(map(_plain_character, line))


def _plain_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character == "\t":
        return character
    category = unicodedata.category(character)
    if category == "Pd":
        return "-"
    if character.isspace():
        return " "
    if category in {"Cf", "Cc", "Cs", "Co", "Cn"}:
        return ""
    return {"＋": "+", "，": ",", "、": ",", "；": ";", "／": "/"}.get(character, character)


def _rows_of_line(line: str, place: int, heading: _Heading) -> Iterator[ListRow]:
    written = clean(line)
    if not any(map(str.isalnum, written)):
        return
    # A line such as «094 900 0000 93 000 0000» begins with a phone: its first group is not the
    # position in a numbered list, and must stay
    rest = line if PHONE.match(line.lstrip()) else _ORDINAL.sub("", line, count=1)
    asked = actions_in(_words(rest))
    inherits = asked == set() and bool(heading.action)
    if asked == {Action.PREPAID} or (inherits and heading.action == Action.PREPAID):
        found = list(_prepaid_rows(rest, place))
    else:
        action = written if asked is None else heading.action if inherits else Action.CANCEL
        found = [replace(row, action=action) for row in numbers_in(rest, place)]
    if not found and not asked:  # a heading such as «Pasar a prepago:» gives no row
        yield ListRow(place, written=written, doubts=(Doubt(Code.TEXT_ONLY),))
    inherited = (Doubt(Code.ACTION_FROM_HEADING, Column.ACTION, heading.words),) if inherits else ()
    for row in found:
        yield replace(row, doubts=row.doubts + inherited) if row.number else row


def _heading(line: str, before: _Heading) -> _Heading:
    """Return the heading that is valid below a line without numbers."""
    asked, words = actions_in(_words(line)), clean(line)[:60]
    if asked is None:
        return _Heading(words, words)
    if asked == {Action.PREPAID}:
        return _Heading(Action.PREPAID, words)
    return _Heading() if asked else before


def _prepaid_rows(line: str, place: int) -> Iterator[ListRow]:
    """Read a line that requests prepaid: its numbers and, if it has only one, the new holder."""
    before, after = split_at_action(line)
    name = _name_in(after) or _name_in(before)
    # Below a heading, no word separates the number from the holder; a name shows that there is one
    action_at = len(before) if before != line else 0 if name else len(line)
    taker = _id_of(line, action_at)
    without_id = line[: taker.start()] + "\t" + line[taker.end() :] if taker else line
    found = numbers_in(without_id, place)
    alone = len(found) == 1
    for row in found:
        yield replace(
            row,
            action=Action.PREPAID,
            id_number=taker[0].replace("-", "") if taker and alone else "",
            name=name if alone else "",
        )


def _id_of(line: str, action_at: int) -> re.Match[str] | None:
    """Return the cédula or RUC in a line.

    One that could also be a mobile number counts only after the line's number and the word that
    requests prepaid.
    """
    first = PHONE.search(line) or next(
        (word for word in TOKEN.finditer(line) if is_long_enough(word[0])), None
    )
    for found in _ID.finditer(line):
        if first and found.start() < first.end() and found.end() > first.start():
            continue
        if not is_phone(found[0]):
            return found
        if first and found.start() > max(first.start(), action_at) and _is_well_formed(found[0]):
            return found
    return None


def _is_well_formed(number: str) -> bool:
    try:
        check_tax_id(number)
    except InvalidTaxId:
        return False
    return True


def _name_in(text: str) -> str:
    parts = re.split(r"[,;:()\t/|]", _AROUND_NAMES.sub(",", _words(text)))
    names = [clean(found) for part in parts for found in _NAME.findall(clean(part))]
    return max(names, key=len, default="")[:MAX_NAME]


def _words(line: str) -> str:
    """Return the line without words that have digits, and without «No.» before a number."""
    text = _ABBREVIATED_NUMBER.sub(" ", line)
    return _WORD.sub(lambda word: " " if any(map(str.isdecimal, word[0])) else word[0], text)
