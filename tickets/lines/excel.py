"""Read a workbook (.xlsx) with openpyxl, within limits of parts, tags and cells."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

import openpyxl
from openpyxl.worksheet.cell_range import CellRange

from attachments.inspection import archive
from attachments.inspection.effort import Effort
from tickets.lines import problems
from tickets.lines.numbers import clean
from tickets.lines.problems import Code, Unreadable
from tickets.lines.rows import MAX_ROWS
from tickets.lines.table import MAX_COLUMNS, Grid

MAX_SHEETS = 30
LAST_ROW = 2 * MAX_ROWS  # empty rows between the lines count here
# openpyxl keeps the tags of a row, of the strings and of the styles in memory, and reads some parts
# twice. A list of 10,000 rows and 14 full columns has about this many tags and attributes
MAX_MARKS = 1_000_000
STYLE_MARKS = 4  # openpyxl parses one tag of the styles as slowly as four of a sheet
# Bytes from one tag or row to the next; a cell has up to 32,767 characters
MAX_SPAN = 256 * 1024
MAX_MERGED = 100_000  # cells
_PIECE = 64 * 1024
_OVERLAP = 512  # bytes of the piece before, since a tag may be cut in two
# The start of a row with its number, and the end of the rows
_ROW = re.compile(
    rb"<(?:\w+:)?row(?=[\s/>])(?:[^<>]*?\sr=[\"'](\d{1,7})[\"'])?|<(?P<end>/(?:\w+:)?sheetData)\b"
)
# A cell with content to the right of column AX, the last one that is read. The lengths are limited,
# so that long tags do not slow the search down
_FAR_CELL = re.compile(
    rb"\sr=[\"'](?:A[YZ]|[B-Z][A-Z]|[A-Z]{3})\d{1,7}[\"'][^<>]{0,200}>\s{0,20}<(?:\w{1,20}:)?(?:v|is|f)[\s>]"
)
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)>")
# A formula whose cell has no saved result
_FORMULA = re.compile(
    rb"(?:</(?:\w{1,20}:)?f>|<(?:\w{1,20}:)?f(?:\s[^<>]{0,300})?/>)\s{0,20}"
    rb"(?:<(?:\w{1,20}:)?v\s{0,5}/>|<(?:\w{1,20}:)?v></(?:\w{1,20}:)?v>)?\s{0,20}</(?:\w{1,20}:)?c>"
)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=[\"']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})[\"']")
_STRICT = b"http://purl.oclc.org/ooxml/"  # the strict variant, whose cells openpyxl does not see
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#GETTING_DATA"})


@dataclass(slots=True)
class _Scan:
    """Counts and findings in the parts' bytes, made before openpyxl parses them."""

    marks: int = 0
    sheet_marks: int = 0
    rows: int = 0
    since_row: int = 0  # bytes since the last row began; -1 after the rows
    formulas: bool = False  # whether a formula has no saved result
    far: set[str] = field(default_factory=set)  # sheets with values below LAST_ROW
    wide: set[str] = field(default_factory=set)  # sheets with values beyond MAX_COLUMNS
    merged: dict[str, list[str]] = field(default_factory=dict)  # by part


def read(content: bytes) -> tuple[list[Grid], list[str]]:
    """Return the cells of the visible sheets and the names of the hidden ones.

    Raises Unreadable when there is too much, and openpyxl's exceptions for a damaged workbook.
    """
    scan = _scan(content)
    visible: list[Grid] = []
    hidden: list[str] = []
    with warnings.catch_warnings(), closing(_open(content, values=True)) as book:
        warnings.simplefilter("ignore")  # dates out of range
        for sheet in book.worksheets[:MAX_SHEETS]:
            if sheet.sheet_state == "visible":
                part = sheet._worksheet_path.lstrip("/").lower()  # noqa: SLF001  the only link to the part
                visible.append(_grid(sheet, _merged_origins(scan.merged.get(part, []))))
                visible[-1].cut_at = LAST_ROW if part in scan.far else 0
                visible[-1].is_wider = part in scan.wide
            else:
                hidden.append(sheet.title)
        if scan.formulas:
            _mark_formulas(content, {grid.name: grid for grid in visible})
    return visible, hidden


def cell_text(value: object) -> tuple[str, Code | None]:
    """Return a cell's value as text, and the problem if the customer sees something else."""
    if value is None or isinstance(value, bool):
        return "", None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value)), None
    if isinstance(value, date | time | timedelta):
        return str(value), Code.DATE_IN_NUMBER
    text = clean(str(value))
    return ("", Code.FORMULA) if text in _ERRORS else (text, None)


def _open(content: bytes, *, values: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and extensions that openpyxl does not keep
        return openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=values, keep_links=False, rich_text=False
        )


def _scan(content: bytes) -> _Scan:
    """Scan the parts' bytes without parsing them. Raises Unreadable if a limit is exceeded."""
    scan = _Scan()
    for entry in archive.entries(content, Effort()):
        if not entry.name.endswith((".xml", ".rels")):
            continue
        before, span, scan.since_row, marks, readings = b"", 0, 0, 0, 1
        for chunk in archive.chunks(content, entry):
            for start in range(0, len(chunk), _PIECE):
                piece = chunk[start : start + _PIECE]
                marks += piece.count(b"<") + piece.count(b"=")
                spans = piece.split(b"<")
                span = span + len(piece) if len(spans) == 1 else len(spans[-1])
                if entry.name == "xl/workbook.xml" and _STRICT in before + piece:
                    raise Unreadable(problems.unreadable_sheet())
                if entry.name.startswith("xl/worksheets/"):
                    readings = readings if before else _readings_of(piece)
                    _look_at(scan, entry.name, before + piece, len(before))
                if max(span, scan.since_row, *map(len, spans)) > MAX_SPAN:
                    raise Unreadable(problems.too_complex())
                before = piece[-_OVERLAP:]
        is_sheet = entry.name.startswith("xl/worksheets/")
        scan.marks += marks * (STYLE_MARKS if entry.name == "xl/styles.xml" else readings)
        scan.sheet_marks += marks if is_sheet else 0
        if scan.marks + (scan.sheet_marks if scan.formulas else 0) > MAX_MARKS:
            raise Unreadable(
                problems.too_many_rows(MAX_ROWS) if scan.rows > MAX_ROWS else problems.too_complex()
            )
    return scan


def _readings_of(start: bytes) -> int:
    """Return how often openpyxl reads a sheet: twice if the start does not state its size."""
    return 1 if _DIMENSION.search(start.partition(b"sheetData")[0]) else 2


def _look_at(scan: _Scan, part: str, data: bytes, seen: int) -> None:
    """Record rows, formulas and merged cells; the first `seen` bytes were in the last piece too."""
    start = -1 if part in scan.far else len(data)
    last_row = seen - scan.since_row
    for found in _ROW.finditer(data):
        if found.end() <= seen:
            continue
        if found["end"]:
            scan.since_row = -1
            break
        if found.start() - last_row > MAX_SPAN:
            raise Unreadable(problems.too_complex())
        last_row = found.start()
        scan.rows += 1
        if start == len(data) and found[1] and int(found[1]) > LAST_ROW:
            start = found.end()
    if scan.since_row >= 0:
        scan.since_row = len(data) - last_row
    if start < len(data) and _VALUE.search(data, max(start, 0)):
        scan.far.add(part)
    if part not in scan.wide and _FAR_CELL.search(data):
        scan.wide.add(part)
    scan.formulas = scan.formulas or bool(_FORMULA.search(data))
    merged = scan.merged.setdefault(part, [])
    merged += [found[1].decode() for found in _MERGED.finditer(data) if found.end() > seen]


def _merged_origins(ranges: list[str]) -> dict[tuple[int, int], int]:
    """Map the cells below the top one of each merged range to its row; columns count from 0."""
    origins: dict[tuple[int, int], int] = {}
    left = MAX_MERGED  # ranges may overlap, so the cells are counted and not the entries
    for text in ranges:
        cells = CellRange(text)
        below = range(cells.min_row + 1, min(cells.max_row, LAST_ROW) + 1)
        if cells.min_col > MAX_COLUMNS or not below:
            continue
        left -= len(below)
        if left < 0:
            raise Unreadable(problems.too_complex())
        origins |= {(row, cells.min_col - 1): cells.min_row for row in below}
    return origins


def _rows(sheet: Any, *, values: bool) -> Iterator[tuple[int, tuple[Any, ...]]]:
    return enumerate(sheet.iter_rows(max_row=LAST_ROW, max_col=MAX_COLUMNS, values_only=values), 1)


def _grid(sheet: Any, origins: dict[tuple[int, int], int]) -> Grid:
    grid = Grid(name=sheet.title)
    tops = {(top, column) for (_row, column), top in origins.items()}
    kept: dict[tuple[int, int], str] = {}
    for number, values in _rows(sheet, values=True):
        cells = []
        for column, value in enumerate(values):
            text, code = ("", None) if value is None else cell_text(value)
            if not text and (number, column) in origins:
                text = kept.get((origins[number, column], column), "")
            if (number, column) in tops:
                kept[number, column] = text
            if code:
                grid.odd[number, column] = code
            cells.append(text)
        if any(values):
            grid.rows.append((number, cells))
        if len(grid.rows) > MAX_ROWS + 1:
            raise Unreadable(problems.too_many_rows(MAX_ROWS))
    return grid


def _mark_formulas(content: bytes, grids: dict[str, Grid]) -> None:
    """Mark the cells whose formula has no saved result, which openpyxl reads as empty."""
    with closing(_open(content, values=False)) as book:
        for sheet in book.worksheets[:MAX_SHEETS]:
            if sheet.title not in grids:
                continue
            grid = grids[sheet.title]
            rows = dict(grid.rows)
            for number, cells in _rows(sheet, values=False):
                for column, cell in enumerate(cells):
                    if cell.data_type == "f":
                        known = rows.get(number) or rows.setdefault(number, [""] * len(cells))
                        if column < len(known) and not known[column]:
                            grid.odd[number, column] = Code.FORMULA
            grid.rows = sorted(rows.items())
