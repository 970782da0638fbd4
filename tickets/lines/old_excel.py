"""Read an old workbook (.xls) with xlrd."""

import io

import xlrd

from tickets.lines import problems
from tickets.lines.excel import LAST_ROW, MAX_MERGED, cell_text
from tickets.lines.problems import Code, Unreadable
from tickets.lines.rows import MAX_ROWS
from tickets.lines.table import MAX_COLUMNS, Grid

MAX_SHEETS = 30


def read(content: bytes) -> tuple[list[Grid], list[str]]:
    """Return the cells of the visible sheets and the names of the hidden ones."""
    # xlrd reads merged cells only with `formatting_info`
    book = xlrd.open_workbook(
        file_contents=content, logfile=io.StringIO(), formatting_info=True, on_demand=True, ragged_rows=True
    )
    visible, hidden = [], []
    for index in range(min(book.nsheets, MAX_SHEETS)):
        sheet = book.sheet_by_index(index)
        if sheet.visibility:
            hidden.append(sheet.name)
        else:
            visible.append(_grid(book, sheet))
        book.unload_sheet(index)
    return visible, hidden


def _grid(book: xlrd.book.Book, sheet: xlrd.sheet.Sheet) -> Grid:
    grid = Grid(name=sheet.name)
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    for top, bottom, left, _right in sheet.merged_cells:
        below = range(top + 1, min(bottom, LAST_ROW))
        if left < MAX_COLUMNS and len(merged) + len(below) <= MAX_MERGED:
            merged |= {(row, left): (top, left) for row in below}
    for index in range(sheet.nrows):
        cells = []
        for column in range(min(sheet.row_len(index), MAX_COLUMNS)):
            top, left = merged.get((index, column), (index, column))
            text, code = _text(book, sheet.cell(top, left))
            cells.append(text)
            if code:
                grid.odd[index + 1, column] = code
        beyond = sheet.row_values(index, MAX_COLUMNS) if sheet.row_len(index) > MAX_COLUMNS else []
        grid.is_wider = grid.is_wider or any(value != "" for value in beyond)
        if any(cells):
            grid.rows.append((index + 1, cells))
        if len(grid.rows) > MAX_ROWS + 1:
            raise Unreadable(problems.too_many_rows(MAX_ROWS))
    return grid


def _text(book: xlrd.book.Book, cell: xlrd.sheet.Cell) -> tuple[str, Code | None]:
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return cell_text(xlrd.xldate_as_datetime(float(cell.value), book.datemode))
        except (ValueError, OverflowError):
            return "", Code.DATE_IN_NUMBER
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return "", Code.FORMULA
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "", None
    return cell_text(cell.value)
