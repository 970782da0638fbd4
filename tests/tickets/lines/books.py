"""Lists as files, for the tests: built with openpyxl, XlsxWriter, xlwt and byte by byte."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import openpyxl
import xlsxwriter
import xlwt

TITLES = ("Número", "Acción", "Cédula", "Nombre completo")
CEDULA = "1710034065"


def edited(edit: Callable[[Any, Any], None]) -> bytes:
    """Return a workbook of openpyxl after `edit(book, sheet)`."""
    book = openpyxl.Workbook()
    edit(book, book.active)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def xlsx(rows: Iterable[Sequence[object]]) -> bytes:
    def fill(_book: Any, sheet: Any) -> None:
        for row in rows:
            sheet.append(list(row))

    return edited(fill)


def written(rows: Iterable[Sequence[object]]) -> bytes:
    """Return a workbook with these rows, written by XlsxWriter."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return output.getvalue()


def xls(rows: Iterable[Sequence[object]], edit: Callable[[Any, Any], None] | None = None) -> bytes:
    """Return an old workbook (.xls) with these rows."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Hoja1", cell_overwrite_ok=True)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    if edit:
        edit(book, sheet)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with one part changed."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            data = old.read(each)
            new.writestr(each, change(data) if each == name else data)
    return output.getvalue()


def sheet_xml(content: bytes, body: bytes) -> bytes:
    """Return a workbook whose first sheet has this XML in place of its rows."""
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    whole = b'<worksheet xmlns="' + namespace + b'"><sheetData>' + body + b"</sheetData></worksheet>"
    return with_part(content, "xl/worksheets/sheet1.xml", lambda _old: whole)
