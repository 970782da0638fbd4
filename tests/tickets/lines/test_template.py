"""The template: Excel opens it as intended, and what is written into it comes back (A10)."""

import io
import zipfile

import openpyxl

from attachments.inspection import inspect
from tests.tickets.lines.books import CEDULA
from tickets.lines import template
from tickets.lines.actions import Action, action_of_cell
from tickets.lines.sheet import read_file
from tickets.lines.template import TemplateLine, action_label

LINES = [
    TemplateLine("0991234567", Action.CANCEL),
    TemplateLine("0991234568", Action.PREPAID, CEDULA, "Ana Pérez"),
    TemplateLine("=1+1"),
]


def test_what_is_written_comes_back() -> None:
    reading = read_file(template.FILENAME, template.build(LINES))
    assert (reading.refusal, reading.notices) == ("", ())
    assert [(row.number, action_of_cell(row.action), row.id_number, row.name) for row in reading.rows] == [
        ("0991234567", Action.CANCEL, "", ""),
        ("0991234568", Action.PREPAID, CEDULA, "Ana Pérez"),
        ("=1+1", None, "", ""),
    ]


def test_an_empty_template_is_an_empty_list() -> None:
    assert "ningún número" in read_file(template.FILENAME, template.build()).refusal


def test_phones_are_text_and_the_action_a_choice() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template.build(LINES)))
    lines, instructions = book.worksheets
    assert [cell.value for cell in lines[1]] == ["Número", "Acción", "Cédula", "Nombre completo"]
    assert [(cell.data_type, cell.number_format) for cell in lines["A"][1:]] == [("s", "@")] * 3
    (choice,) = lines.data_validations.dataValidation
    assert choice.formula1 == f'"{",".join(action_label(action) for action in Action)}"'
    assert str(choice.sqref) == f"B2:B{template.ROWS + 1}"
    assert instructions.title == "Instrucciones"
    assert instructions.max_row == 5


def test_it_may_be_attached_and_has_no_formula() -> None:
    content = template.build(LINES)
    assert inspect(template.FILENAME, content).accepted
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
