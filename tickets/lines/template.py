"""The template of a list of lines (.xlsx): phones as text, and a drop-down for the action.

Excel removes the zero of a phone that is typed into a number cell, so the cells are text.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xlsxwriter
from django.utils.translation import gettext as _

from tickets.lines import problems
from tickets.lines.actions import Action

FILENAME = "plantilla-lineas.xlsx"
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = 5_000  # with the drop-down, and formatted as text
_WIDTHS = (20, 22, 18, 36)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line to write into the template."""

    number: str
    action: Action | None = None
    id_number: str = ""
    name: str = ""


def action_label(action: Action) -> str:
    """Return the label of an action, which `actions` recognises in a list."""
    return {Action.CANCEL: _("Dar de baja"), Action.PREPAID: _("Pasar a prepago")}[action]


def build(lines: Iterable[TemplateLine] = ()) -> bytes:
    """Return the template, with these lines already in it."""
    output = io.BytesIO()
    # Texts of the directory must not become formulas or links
    book = xlsxwriter.Workbook(
        output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    text = book.add_format({"num_format": "@"})
    title = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
    sheet = book.add_worksheet(_("Líneas"))
    for column, (label, width) in enumerate(zip(_titles(), _WIDTHS, strict=True)):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, label, title)
    last = 0
    for last, line in enumerate(lines, 1):
        cells = (line.number, action_label(line.action) if line.action else "", line.id_number, line.name)
        for column, value in enumerate(cells):
            if value:
                sheet.write_string(last, column, value, text)
    sheet.freeze_panes(1, 0)
    sheet.data_validation(
        1,
        1,
        max(ROWS, last),
        1,
        {
            "validate": "list",
            "source": [action_label(action) for action in Action],
            "error_title": _("Acción"),
            "error_message": _("Elija una de las dos opciones de la lista."),
        },
    )
    instructions = book.add_worksheet(problems.instructions_title())
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    instructions.set_column(0, 0, 90, wrapped)
    for row, sentence in enumerate(_instructions()):
        instructions.write_string(row, 0, sentence, wrapped)
    book.close()
    return output.getvalue()


def _titles() -> tuple[str, str, str, str]:
    return _("Número"), _("Acción"), _("Cédula"), _("Nombre completo")


def _instructions() -> Iterator[str]:
    yield _("Escriba una línea por fila en la hoja «Líneas». No cambie los títulos.")
    yield _("Número: el de la línea, con su cero inicial. También el de un enlace de datos o de internet.")
    yield _("Acción: elija qué hacer con la línea. Si la deja vacía, se pedirá la baja.")
    yield _("Cédula y nombre completo: solo para pasar a prepago. Son los de quien recibe la línea.")
    yield _("Guarde el archivo y envíelo con su solicitud. Antes de confirmar verá qué se entendió.")
