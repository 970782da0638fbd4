"""Read a .csv file: UTF-8 or Windows' Latin alphabet, separated by semicolons, commas or tabs."""

import codecs
import csv
import io

from tickets.lines import problems
from tickets.lines.numbers import clean
from tickets.lines.problems import Unreadable
from tickets.lines.rows import MAX_ROWS
from tickets.lines.table import MAX_COLUMNS, Grid

_SAMPLE = 50  # lines that are searched for the separator
_OTHER_FORMATS = (b"%pdf", b"{\\rtf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"mz\x90")
_WEB_PAGE = (b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<script", b"<?xml")


def read(content: bytes) -> tuple[list[Grid], list[str]]:
    """Return the cells of the text. Raises Unreadable for anything that is not text."""
    start = content[:1024].lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    if start.startswith(_WEB_PAGE):
        raise Unreadable(problems.web_page())
    if start.startswith(_OTHER_FORMATS):
        raise Unreadable(problems.unreadable_sheet())
    text = _decoded(content)
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise Unreadable(problems.empty_file())
    first = next(line for line in lines if line.strip()).strip().lower()
    separator = first[4] if first.startswith("sep=") and len(first) == 5 else _separator(lines)
    grid = Grid()
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1):
            row = [clean(cell) for cell in cells[:MAX_COLUMNS]]
            grid.is_wider = grid.is_wider or any(map(clean, cells[MAX_COLUMNS:]))
            if any(row) and not (len(row) <= 2 and row[0].lower().startswith("sep=")):
                grid.rows.append((number, row))
            if len(grid.rows) > MAX_ROWS + 1:
                raise Unreadable(problems.too_many_rows(MAX_ROWS))
    except csv.Error as error:
        raise Unreadable(problems.unreadable_sheet()) from error
    return [grid], []


def _decoded(content: bytes) -> str:
    """Return the text: UTF-16 with its mark, UTF-8, or else Windows-1252.

    Accented letters of Windows-1252 are not valid UTF-8. Raises Unreadable for binary content.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise Unreadable(problems.unreadable_sheet())
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if sum(character < " " and character not in "\t\r\n" for character in text[:4096]) > 8:
        raise Unreadable(problems.unreadable_sheet())
    return text


def _separator(lines: list[str]) -> str:
    """Return the separator that most of the first 50 lines contain."""
    sample = [line for line in lines if line.strip()][:_SAMPLE]
    scores = {
        separator: sum(line.count(separator) > 0 for line in sample) for separator in (";", "\t", "|", ",")
    }
    return max(scores, key=lambda separator: scores[separator])
