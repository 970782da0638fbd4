"""The rows of a list as the customer wrote them, with the place of each."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext as _

from tickets.lines.problems import Code

MAX_ROWS = 10_000  # twice the lines of the largest company that is known


class Column(StrEnum):
    """The meaning of a list's column."""

    NUMBER = "number"
    ACTION = "action"
    ID = "id"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a problem: the row and, in a sheet, the letters of the column.

    The row is 0 for lines that were picked on a page. `sheet` is empty when only one sheet of the
    file was read.
    """

    row: int
    column: str = ""
    sheet: str = ""

    def __str__(self) -> str:
        if not self.row:
            return _("líneas elegidas")
        text = _("fila %(row)s") % {"row": self.row}
        if self.column:
            text = _("%(row)s, columna %(column)s") % {"row": text, "column": self.column}
        if self.sheet:
            text = _("hoja «%(sheet)s», %(place)s") % {"sheet": self.sheet, "place": text}
        return text


@dataclass(frozen=True, slots=True)
class Layout:
    """The letters of a sheet's columns, by meaning. All rows of a sheet share one layout."""

    letters: dict[Column, str] = field(default_factory=dict)
    sheet: str = ""

    def place(self, row: int, column: Column) -> Place:
        """Return the place of a cell, or of the row when the sheet has no such column."""
        return Place(row, self.letters.get(column, ""), self.sheet)


TEXT = Layout()  # pasted text has rows only
PICKED = Layout()  # lines picked on a page have no rows either


class Doubt(NamedTuple):
    """A problem found when a row was read, and its column. `detail` completes the sentence."""

    code: Code
    column: Column = Column.NUMBER
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line of a list as written.

    `number` is empty if none could be read; `written` is the original text. `alternatives` are
    other readings of the number, for service numbers inside other words.
    """

    row: int
    number: str = ""
    action: str = ""
    id_number: str = ""
    name: str = ""
    written: str = ""
    alternatives: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    layout: Layout = TEXT


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows read from a text or a file.

    `refusal` says why nothing could be read, and is empty otherwise. `notices` say what was left
    out, such as hidden sheets.
    """

    rows: tuple[ListRow, ...] = ()
    notices: tuple[str, ...] = ()
    refusal: str = ""
