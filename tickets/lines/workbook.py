"""The lines of a request as an Excel sheet, for the people who carry it out."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import xlsxwriter
from django.utils.translation import gettext as _

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS = (20, 20, 18, 14, 18, 36)


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of the sheet. `action` is a label; the holder is empty for readers without a right."""

    number: str
    account: str
    action: str
    effective_date: date | None
    holder_tax_id: str = ""
    holder_name: str = ""


def build(lines: Iterable[SheetLine]) -> bytes:
    """Return the sheet. Numbers are text, so that Excel keeps their zeros and runs no formula."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(
        output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    title = book.add_format({"bold": True, "bottom": 1})
    sheet = book.add_worksheet(_("Líneas"))
    for column, (label, width) in enumerate(zip(_titles(), _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, label, title)
    last = 0
    for last, line in enumerate(lines, 1):
        texts = (line.number, line.account, line.action, "", line.holder_tax_id, line.holder_name)
        for column, value in enumerate(texts):
            if value:
                sheet.write_string(last, column, value, text)
        if line.effective_date:
            sheet.write_datetime(last, 3, line.effective_date, day)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last, 1), len(_WIDTHS) - 1)
    book.close()
    return output.getvalue()


def _titles() -> tuple[str, ...]:
    return (
        _("Número"),
        _("Cuenta"),
        _("Qué se pide"),
        _("Fecha efectiva"),
        _("Cédula de quien la recibe"),
        _("Nombre de quien la recibe"),
    )
