"""Turn the cells of a sheet into rows of a list; titles or content give the columns' meaning."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from companies.identity import InvalidTaxId, check_tax_id
from tickets.lines import problems
from tickets.lines.actions import action_of_cell, plain
from tickets.lines.numbers import MAX_NUMBER, clean, from_scientific, is_date, is_phone
from tickets.lines.phrases import PHONE, numbers_in
from tickets.lines.problems import Code
from tickets.lines.rows import MAX_ROWS, Column, Doubt, Layout, ListRow, Reading

MAX_COLUMNS = 50
_HEADER_ROWS = 20  # a title and the operator's letterhead may stand above the titles
_MAX_TITLE = 60  # characters; sentences are not titles
_SAMPLE = 200  # rows whose content is examined to recognise columns without titles
MAX_CELL = 120  # characters of a name or an action
# These titles contain a word of a known column, but name another column
_OTHER = re.compile(
    r"\b(?:tipo|plan|estado|status|fecha|valor|costo|tarifa|cuenta|motivo|observaci\w*|comentario\w*|correo|mail"
    r"|modelo|equipo|imei|iccid|sim|ciudad|provincia|direccion|razon social|empresa|cliente|contacto|cargo|area"
    r"|departamento|contrato|factura|ruc empresa)\b"
)
_OURS = re.compile(r"numero de (?:servicio|linea)|tipo de (?:accion|requerimiento|solicitud|gestion|tramite)")
# In order: «cédula del titular» is an identity, «nombre de quien recibe la línea» a name
_TITLES = (
    (Column.ID, re.compile(r"\b(?:cedulas?|ruc|identificaci\w*|c ?i|documento|dni|ced)\b")),
    (
        Column.ACTION,
        re.compile(r"\b(?:accion(?:es)?|hacer|tramite|requerimiento|solicitud|gestion|pedido)\b"),
    ),
    (Column.NAME, re.compile(r"\b(?:nombres?|apellidos?|titular|beneficiario|responsable|usuario|recibe)\b")),
    (
        Column.NUMBER,
        re.compile(
            r"\b(?:numeros?|num|nro|lineas?|servicios?|celular(?:es)?|telefonos?|movil(?:es)?|msisdn|abonado"
            r"|circuitos?|enlaces?|portador)\b"
        ),
    ),
)
_ID_ZERO = {9: 10, 12: 13}  # digits of a cédula and a RUC without and with their leading zero


@dataclass(slots=True)
class Grid:
    """The cells of one sheet as text.

    `rows` has the number of each row that is not empty, from 1, and its cells. `odd` has the cells
    whose value is not what the customer sees, by row and column from 0.
    """

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    odd: dict[tuple[int, int], Code] = field(default_factory=dict)
    name: str = ""
    cut_at: int = 0  # the last row that was read; 0 if all were read
    is_wider: bool = False  # has values beyond MAX_COLUMNS, which are not read


def letters(column: int) -> str:
    """Return the letters of a column, counted from 0."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def read_grid(grid: Grid, *, with_sheet: bool = False) -> Reading | None:
    """Read the list of a sheet. None when it has no column of numbers."""
    start, columns = _titles(grid.rows)
    body = grid.rows[start:]
    columns = columns if Column.NUMBER in columns else _guess(body, columns)
    if Column.NUMBER not in columns:
        return None
    layout = Layout(
        {column: letters(index) for column, index in columns.items()}, grid.name if with_sheet else ""
    )
    rows: list[ListRow] = []
    for number, cells in body:
        rows += _rows_of(grid, number, cells, columns, layout)
        if len(rows) > MAX_ROWS:
            return Reading(refusal=problems.too_many_rows(MAX_ROWS))
    notices = left_out(grid)
    if others := _other_number_columns(body, columns):
        notices.append(problems.other_number_columns(map(letters, others)))
    return Reading(tuple(rows), tuple(notices))


def left_out(grid: Grid) -> list[str]:
    """Return the notices about rows and columns of the sheet that were not read."""
    rows = [problems.rows_left_out(grid.cut_at)] if grid.cut_at else []
    return [*rows, problems.columns_left_out(letters(MAX_COLUMNS - 1))] if grid.is_wider else rows


def read_titled_text(lines: Sequence[str]) -> Reading | None:
    """Read text whose first line has titles, as cells copied from a sheet. None for other text."""
    first = next((line for line in lines if line.strip()), "")
    for separator in "\t;,|":
        titles = _columns_of([clean(cell) for cell in first.split(separator)])
        if len(titles) > 1 and Column.NUMBER in titles and not PHONE.search(first):
            cells = ([clean(cell) for cell in line.split(separator)] for line in lines)
            numbered = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
            reading = read_grid(Grid(numbered))
            return reading and replace(reading, rows=tuple(map(_without_letters, reading.rows)))
    return None


def _without_letters(row: ListRow) -> ListRow:
    return replace(row, layout=Layout())


def _titles(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, dict[Column, int]]:
    """Return where the data begin and the columns that the titles name.

    Titles may fill two rows. The row that names most columns counts, with its neighbours.
    """
    named: list[dict[Column, int]] = []
    for _number, cells in rows[:_HEADER_ROWS]:
        if _has_number(cells):
            break
        named.append(_columns_of(cells))
    best = max(range(len(named)), key=lambda index: len(named[index]), default=0)
    if not named or not named[best]:
        return 0, {}
    columns = named[best]
    if best and named[best - 1]:
        columns = _merged_titles(named[best - 1], columns)
    if best + 1 < len(named) and named[best + 1]:
        return best + 2, _merged_titles(columns, named[best + 1])
    return best + 1, columns


def _merged_titles(upper: dict[Column, int], lower: dict[Column, int]) -> dict[Column, int]:
    """Return the columns of two rows of titles. The lower row wins, because it is more exact."""
    taken = set(lower.values())
    return {column: index for column, index in upper.items() if index not in taken} | lower


def _has_number(cells: Iterable[str]) -> bool:
    return any(
        PHONE.search(cell) or (sum(map(str.isdigit, cell)) >= 5 and not is_date(cell)) for cell in cells
    )


def _columns_of(cells: Sequence[str]) -> dict[Column, int]:
    """Return the columns that a row of titles names; of two with one meaning, the first."""
    columns: dict[Column, int] = {}
    for index, cell in enumerate(cells[:MAX_COLUMNS]):
        words = plain(cell) if len(cell) <= _MAX_TITLE else ""
        if not words or (_OTHER.search(words) and not _OURS.match(words)):
            continue
        for column, pattern in _TITLES:
            if pattern.search(words):
                columns.setdefault(column, index)
                break
    return columns


def _guess(body: Sequence[tuple[int, list[str]]], named: dict[Column, int]) -> dict[Column, int]:
    """Add the columns that are recognised by the content of more than half of their cells."""
    kinds: dict[int, Counter[Column]] = {}
    filled: Counter[int] = Counter()
    for _number, cells in body[:_SAMPLE]:
        for index, cell in enumerate(cells[:MAX_COLUMNS]):
            if not cell or index in named.values():
                continue
            filled[index] += 1
            if kind := _kind_of(cell):
                kinds.setdefault(index, Counter())[kind] += 1
    columns = dict(named)
    for wanted in (Column.NUMBER, Column.ACTION, Column.ID, Column.NAME):
        if wanted in columns or (wanted is Column.NAME and Column.ID not in columns):
            continue
        best = [
            (count[wanted], -index)
            for index, count in kinds.items()
            if 2 * count[wanted] > filled[index] and index not in columns.values()
        ]
        if best:
            columns[wanted] = -max(best)[1]
    return columns


def _kind_of(cell: str) -> Column | None:
    if action_of_cell(cell):
        return Column.ACTION
    if is_phone(cell) or from_scientific(cell) is not None:
        return Column.NUMBER
    try:
        check_tax_id(cell)
    except InvalidTaxId:
        pass
    else:
        return Column.ID
    if any(row.number for row in numbers_in(cell, 0)):
        return Column.NUMBER
    return Column.NAME if len(cell.split()) > 1 and not any(map(str.isdigit, cell)) else None


def _other_number_columns(body: Sequence[tuple[int, list[str]]], columns: dict[Column, int]) -> list[int]:
    """Return the columns that are not read although more than half of their cells are phones."""
    found: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    for _number, cells in body[:_SAMPLE]:
        for index, cell in enumerate(cells[:MAX_COLUMNS]):
            if cell and index not in columns.values():
                filled[index] += 1
                found[index] += is_phone(cell)
    return sorted(index for index, count in found.items() if 2 * count > filled[index])


def _rows_of(
    grid: Grid, number: int, cells: list[str], columns: dict[Column, int], layout: Layout
) -> Iterator[ListRow]:
    """Read one row of cells: several rows when the cell of the number has several numbers."""

    def cell(column: Column) -> str:
        index = columns.get(column, -1)
        return cells[index] if 0 <= index < len(cells) else ""

    doubts: list[Doubt] = []
    for column, index in columns.items():
        code = grid.odd.get((number, index))
        if code and (column is Column.NUMBER or code is Code.FORMULA):
            doubts.append(Doubt(code, column))
    action = cell(Column.ACTION)[:MAX_CELL]
    if not action and Column.ACTION in columns:
        doubts.append(Doubt(Code.ACTION_MISSING, Column.ACTION))
    id_number, restored = _identity(cell(Column.ID))
    if restored:
        doubts.append(Doubt(Code.ID_ZERO_RESTORED, Column.ID, id_number))
    row = ListRow(
        number,
        action=action,
        id_number=id_number,
        name=cell(Column.NAME)[:MAX_CELL],
        written=" · ".join(filter(None, cells[:MAX_COLUMNS]))[: 2 * MAX_CELL],
        doubts=tuple(doubts),
        layout=layout,
    )
    yield from _numbered(row, cell(Column.NUMBER))


def _numbered(row: ListRow, text: str) -> Iterator[ListRow]:
    """Yield the row with the number or numbers of its cell."""
    text = text.strip("'`´’\"")
    if any(doubt.column is Column.NUMBER for doubt in row.doubts):
        yield row
        return
    if (whole := from_scientific(text)) is not None:
        lost = () if whole else (Doubt(Code.DIGITS_LOST),)
        yield replace(row, number=whole, doubts=row.doubts + lost)
        return
    if not text or is_date(text):
        code = Code.DATE_IN_NUMBER if text else Code.NUMBER_MISSING
        yield replace(row, doubts=(*row.doubts, Doubt(code)))
        return
    found = [] if is_phone(text) else numbers_in(text, row.row)
    if len(found) < 2 and not any(each.doubts for each in found):
        # One number: the whole cell is tried first, because a data link's number may have any form
        inner = tuple(each.number for each in found if each.number != text)
        yield replace(row, number=text[:MAX_NUMBER], alternatives=inner)
        return
    for each in found:
        yield replace(
            row, number=each.number, alternatives=each.alternatives, doubts=row.doubts + each.doubts
        )


def _identity(text: str) -> tuple[str, bool]:
    """Return a cédula or RUC without separators, and whether its lost leading zero was restored."""
    compact = re.sub(r"[\s.\-]", "", text)
    if not (compact.isascii() and compact.isdecimal()):
        return text[:MAX_NUMBER], False
    padded = compact.zfill(_ID_ZERO.get(len(compact), 0))
    return (padded, True) if padded != compact and _is_genuine(padded) else (compact[:MAX_NUMBER], False)


def _is_genuine(number: str) -> bool:
    try:
        return not check_tax_id(number).doubtful
    except InvalidTaxId:
        return False
