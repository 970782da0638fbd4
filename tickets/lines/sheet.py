"""Read a list from a file: .xlsx, .xls or .csv, by its content and not by its name (A10).

A hostile or damaged file gives a sentence, never an exception, within limits of cells and bytes.
Workbooks pass the inspection of attachments first, as if they were attached.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from attachments.inspection import MAX_BYTES, clean_name, refusals
from attachments.inspection.archive import LOCAL_HEADER
from attachments.inspection.detect import detect
from attachments.inspection.effort import Effort
from attachments.inspection.formats import XLS, XLSX
from attachments.inspection.ole.container import SIGNATURE
from attachments.inspection.problems import Problem
from tickets.lines import csv_text, excel, old_excel, problems
from tickets.lines.problems import Unreadable
from tickets.lines.rows import ListRow, Reading
from tickets.lines.table import Grid, left_out, read_grid

Book = tuple[list[Grid], list[str]]  # visible sheets, and the names of the hidden ones


def read_file(name: str, content: bytes) -> Reading:
    """Read the list in a file. Never raises: `refusal` says what is wrong and what to do."""
    if not content:
        return Reading(refusal=problems.empty_file())
    if len(content) > MAX_BYTES:
        return Reading(refusal=problems.file_too_large())
    try:
        return _list_in(*_reader_of(clean_name(name), content)(content))
    except Unreadable as error:
        return Reading(refusal=str(error))
    except Exception:  # noqa: BLE001  damaged files make the libraries raise many kinds of exception
        return Reading(refusal=problems.unreadable_sheet())


def _reader_of(name: str, content: bytes) -> Callable[[bytes], Book]:
    """Return the function for the content's format. Raises Unreadable when there is none."""
    if not content.startswith((LOCAL_HEADER, SIGNATURE)):
        return csv_text.read
    detected = detect(content, Effort())
    expected = XLSX if content.startswith(LOCAL_HEADER) else XLS
    if detected.problem is not None:
        shown = XLSX if detected.problem is Problem.LOCKED else expected
        raise Unreadable(refusals.for_problem(name, shown, detected.problem))
    if detected.format is XLSX:
        return excel.read
    if detected.format is XLS:
        return old_excel.read
    raise Unreadable(
        problems.not_a_sheet(detected.format.label) if detected.format else problems.unreadable_sheet()
    )


def _list_in(visible: list[Grid], hidden: list[str]) -> Reading:
    """Read the lists of the visible sheets as one."""
    filled = [grid for grid in visible if grid.rows]
    notices = [problems.hidden_sheets(hidden)] if hidden else []
    if not filled:
        refusal = problems.all_hidden() if hidden and not visible else problems.empty_list()
        return Reading(notices=tuple(notices), refusal=refusal)
    readings = [read_grid(grid, with_sheet=len(filled) > 1) for grid in filled]
    lists = [reading for reading in readings if reading]
    refusal = next((reading.refusal for reading in lists if reading.refusal), "")
    if not lists:  # the numbers may be in what was left out
        notices += dict.fromkeys(notice for grid in filled for notice in left_out(grid))
    if refusal or not lists:
        return Reading(notices=tuple(notices), refusal=refusal or problems.no_number_column())
    names = [grid.name for grid, reading in zip(filled, readings, strict=True) if not reading]
    if without := [name for name in names if name != problems.instructions_title()]:
        notices.append(problems.sheets_without_list(without))
    notices += dict.fromkeys(notice for reading in lists for notice in reading.notices)
    return _joined((row for reading in lists for row in reading.rows), notices, single=len(lists) == 1)


def _joined(rows: Iterable[ListRow], notices: list[str], *, single: bool) -> Reading:
    found = tuple(replace(row, layout=replace(row.layout, sheet="")) if single else row for row in rows)
    return Reading(found, tuple(notices), "" if found else problems.empty_list())
