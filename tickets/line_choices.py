"""Apply the lines chosen on a page, and the corrections of a list, to the list of a form (A10).

The page sends the numbers of the chosen lines, of those that it showed as chosen, and the action
for each line. A line that was shown as chosen, and is no longer chosen, is removed from the list.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Self

from django.http import QueryDict

from tickets.line_lists import KeptList, UnderstoodList
from tickets.lines import problems
from tickets.lines.rows import MAX_ROWS, PICKED, Column, Doubt, ListRow

MAX_CHOSEN = 1_000  # of one post, whose fields the settings limit to 6,000
ACTION_LENGTH, ID_LENGTH, NAME_LENGTH = 20, 20, 150


class TooManyChosen(Exception):
    """More lines than a page may send or a list may have. The message, in Spanish, is shown."""


@dataclass(frozen=True, slots=True)
class LineInput:
    """The page's fields of a chosen line, as typed; they are checked like the cells of a list."""

    action: str
    id_number: str
    name: str


@dataclass(frozen=True)
class Choices:
    """The chosen lines by number, with None if the page has no fields for the line."""

    chosen: Mapping[str, LineInput | None]
    offered: AbstractSet[str]  # the numbers that the page showed as chosen

    @classmethod
    def posted(cls, data: QueryDict) -> Self:
        """Read the fields `lines`, `lines_offered` and `lines_<number>_…`. Raises TooManyChosen."""
        numbers = dict.fromkeys(number for number in data.getlist("lines") if 0 < len(number) <= 40)
        if len(numbers) > MAX_CHOSEN:
            raise TooManyChosen(problems.too_many_chosen(MAX_CHOSEN))
        return cls({number: _input(data, number) for number in numbers}, set(data.getlist("lines_offered")))

    def __bool__(self) -> bool:
        return bool(self.chosen or self.offered)


def change(before: UnderstoodList, choices: Choices) -> KeptList:
    """Return the list after the page's changes: unchosen lines removed, chosen ones added.

    If the page has fields for a line that the list names twice, only one row of it stays. Raises
    TooManyChosen for a list that grows beyond `MAX_ROWS`.
    """
    rows: list[ListRow] = []
    listed: set[str] = set()
    for row in before.understanding.rows:
        numbers = {line.number for line in row.lines}
        on_page = numbers & (choices.chosen.keys() | choices.offered)
        if on_page and len(numbers) > 1:
            rows += _one_by_one(row.row, sorted(numbers - listed), choices)
        elif on_page and not numbers & choices.chosen.keys():
            continue
        elif (given := _first_input(numbers, choices)) is None:
            rows.append(row.row)
        elif not numbers & listed:
            rows.append(_corrected(row.row, given))
        listed |= numbers
    rows += [_picked(number, given) for number, given in choices.chosen.items() if number not in listed]
    if len(rows) > max(MAX_ROWS, len(before.kept.rows)):
        raise TooManyChosen(problems.too_many_rows(MAX_ROWS))
    return replace(before.kept, rows=tuple(rows))


def _input(data: QueryDict, number: str) -> LineInput | None:
    action = data.get(f"lines_{number}_action")
    if action is None:
        return None
    id_number = data.get(f"lines_{number}_id", "").strip()
    name = data.get(f"lines_{number}_name", "").strip()
    return LineInput(action[:ACTION_LENGTH], id_number[:ID_LENGTH], name[:NAME_LENGTH])


def _first_input(numbers: AbstractSet[str], choices: Choices) -> LineInput | None:
    return next((choices.chosen[number] for number in numbers if number in choices.chosen), None)


def _one_by_one(row: ListRow, numbers: Sequence[str], choices: Choices) -> list[ListRow]:
    """Return a row for each spelling of one number, because the page lets each be unchosen."""
    own = LineInput(row.action, row.id_number, row.name)
    left = [number for number in numbers if number in choices.chosen or number not in choices.offered]
    return [_corrected(_picked(number, own), choices.chosen.get(number) or own) for number in left]


def _picked(number: str, given: LineInput | None) -> ListRow:
    given = given or LineInput("", "", "")
    return ListRow(0, number, given.action, given.id_number, given.name, number, layout=PICKED)


def _corrected(row: ListRow, given: LineInput) -> ListRow:
    """Return the row with the page's fields, without the doubts about the columns they replace.

    A page without an action for the line keeps the list's, and its doubts: the customer has not
    answered them yet.
    """
    action = given.action or row.action
    if (row.action or "cancel", row.id_number, row.name) == (action or "cancel", given.id_number, given.name):
        return row
    kept = tuple(doubt for doubt in row.doubts if _is_of_number(doubt) or not given.action)
    return replace(row, action=action, id_number=given.id_number, name=given.name, doubts=kept)


def _is_of_number(doubt: Doubt) -> bool:
    return doubt.column is Column.NUMBER
