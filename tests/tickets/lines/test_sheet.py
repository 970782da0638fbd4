"""Lists in files: where each cell is, titles in any order, and what Excel does to numbers (A10)."""

import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msoffcrypto
import pytest
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from tests.tickets.lines import books
from tests.tickets.lines.books import CEDULA, TITLES
from tickets.lines.problems import Code
from tickets.lines.rows import MAX_ROWS, Column, ListRow
from tickets.lines.sheet import read_file

WRITERS = {"a.xlsx": books.xlsx, "b.xlsx": books.written, "c.xls": books.xls}


def rows_of(name: str, content: bytes) -> tuple[ListRow, ...]:
    reading = read_file(name, content)
    assert not reading.refusal
    return reading.rows


def numbers(content: bytes, name: str = "a.xlsx") -> list[str]:
    return [row.number for row in rows_of(name, content)]


def codes(row: ListRow) -> set[Code]:
    return {doubt.code for doubt in row.doubts}


@pytest.mark.parametrize("name", WRITERS)
def test_a_row_with_its_place(name: str) -> None:
    listed = [TITLES, ("0991234567", "Dar de baja"), ("0991234568", "prepago", CEDULA, "Ana Pérez")]
    first, second = rows_of(name, WRITERS[name](listed))
    assert (first.number, first.action, first.id_number) == ("0991234567", "Dar de baja", "")
    assert (second.id_number, second.name) == (CEDULA, "Ana Pérez")
    assert str(second.layout.place(second.row, Column.ID)) == "fila 3, columna C"


@pytest.mark.parametrize("name", WRITERS)
def test_titles_in_another_order_under_a_letterhead(name: str) -> None:
    listed = [
        ("Empresa de Prueba S. A.",),
        ("Listado de líneas",),
        ("#", "Nombre de quien recibe", "Plan", "Número de cédula", "¿Qué hacer?", "Celular"),
        (1, "Ana Pérez", "Plan 30", CEDULA, "Pasar a prepago", "0991234567"),
    ]
    (row,) = rows_of(name, WRITERS[name](listed))
    assert (row.number, row.action) == ("0991234567", "Pasar a prepago")
    assert (row.id_number, row.name) == (CEDULA, "Ana Pérez")
    assert str(row.layout.place(row.row, Column.NUMBER)) == "fila 4, columna F"


def test_without_titles_the_content_tells_the_columns() -> None:
    listed = [(CEDULA, "Ana Pérez", "0991234567", "prepago"), ("", "", "0991234568", "baja")]
    first, second = rows_of("a.xlsx", books.xlsx(listed))
    assert (first.number, first.id_number, first.name) == ("0991234567", CEDULA, "Ana Pérez")
    assert (second.row, second.action) == (2, "baja")


@pytest.mark.parametrize("name", WRITERS)
def test_two_rows_of_titles_and_merged_cells(name: str) -> None:
    def merge(_book: Any, sheet: Any) -> None:
        for row in (
            ("Línea", "Acción", "Nuevo titular"),
            (None, None, "Cédula", "Nombre"),
            ("0991234567", "prepago", CEDULA, "Ana Pérez"),
            ("0991234568", None, CEDULA, "Ana Pérez"),
        ):
            sheet.append(row)
        sheet.merge_cells("C1:D1")
        sheet.merge_cells("B3:B4")

    def merge_old(_book: Any, sheet: Any) -> None:
        sheet.write_merge(0, 0, 2, 3, "Nuevo titular")
        sheet.write_merge(2, 3, 1, 1, "prepago")

    old = [
        ("Línea", "Acción"),
        (None, None, "Cédula", "Nombre"),
        ("0991234567", None, CEDULA, "Ana Pérez"),
        ("0991234568", None, CEDULA, "Ana Pérez"),
    ]
    content = books.xls(old, merge_old) if name == "c.xls" else books.edited(merge)
    rows = rows_of(name, content)
    assert [(row.row, row.number, row.action) for row in rows] == [
        (3, "0991234567", "prepago"),
        (4, "0991234568", "prepago"),
    ]
    assert {(row.id_number, row.name) for row in rows} == {(CEDULA, "Ana Pérez")}


def test_hidden_sheets_are_left_out_and_said_so() -> None:
    def hide(book: Any, sheet: Any) -> None:
        sheet.append(["0991234567"])
        for number, state in enumerate(("hidden", "veryHidden")):
            other = book.create_sheet(f"Antes {number}")
            other.sheet_state = state
            other.append(["0990000000"])

    reading = read_file("a.xlsx", books.edited(hide))
    assert [row.number for row in reading.rows] == ["0991234567"]
    assert reading.notices == ("No se leyeron las hojas ocultas «Antes 0», «Antes 1».",)


def test_hidden_sheets_of_an_old_workbook() -> None:
    def hide(book: Any, _sheet: Any) -> None:
        book.add_sheet("Antes").visibility = 1

    assert read_file("a.xls", books.xls([("0991234567",)], hide)).notices == (
        "No se leyó la hoja oculta «Antes».",
    )


def test_two_sheets_with_lists_are_one_list() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.title = "Bajas"
        sheet.append(["0991234567"])
        book.create_sheet("Más").append(["0991234568"])
        book.create_sheet("Notas").append(["solo palabras aquí"])

    reading = read_file("a.xlsx", books.edited(fill))
    assert [str(row.layout.place(row.row, Column.NUMBER)) for row in reading.rows] == [
        "hoja «Bajas», fila 1, columna A",
        "hoja «Más», fila 1, columna A",
    ]
    assert reading.notices == ("La hoja «Notas» no tiene una lista de números y no se leyó.",)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "value", [991234567, 991234567.0, "991234567", "9.91234567E+8", " 099 123 4567\u00a0"]
)
def test_a_number_that_excel_changed(name: str, value: object) -> None:
    (row,) = rows_of(name, WRITERS[name]([("Número",), (value,)]))
    assert row.number in {"991234567", "099 123 4567"}
    assert not row.doubts


@pytest.mark.parametrize("text", ["9.9123E+8", "9,9123E+08", "9E+8"])
def test_a_number_that_lost_its_digits_is_asked_for(text: str) -> None:
    (row,) = rows_of("a.csv", f"Número;Acción\n{text};baja\n".encode())
    assert (row.number, codes(row)) == ("", {Code.DIGITS_LOST})


def test_a_date_in_the_column_of_numbers() -> None:
    day = dt.datetime(2026, 11, 28, tzinfo=None)  # noqa: DTZ001  Excel's dates have no zone
    (row,) = rows_of("a.xlsx", books.xlsx([("Número",), (day,)]))
    assert (row.number, codes(row)) == ("", {Code.DATE_IN_NUMBER})


def test_a_cedula_that_lost_its_zero_is_completed_and_pointed_out() -> None:
    (row,) = rows_of("a.xlsx", books.xlsx([TITLES, ("0991234567", "prepago", 912345675, "Ana Pérez")]))
    assert (row.id_number, codes(row)) == ("0912345675", {Code.ID_ZERO_RESTORED})


def test_a_cedula_with_a_digit_too_few_is_left_as_typed() -> None:
    (row,) = rows_of("a.xlsx", books.xlsx([TITLES, ("0991234567", "prepago", CEDULA[:-1], "Ana Pérez")]))
    assert (row.id_number, row.doubts) == (CEDULA[:-1], ())


def test_a_formula_without_result_is_named_and_one_with_it_is_read() -> None:
    (row,) = rows_of("a.xlsx", books.xlsx([("Número",), ('="0991"&"234567"',)]))
    assert (row.row, row.number, codes(row)) == (2, "", {Code.FORMULA})
    saved = books.sheet_xml(
        books.xlsx([]),
        b'<row r="1"><c r="A1" t="str"><f>"0991"&amp;"234567"</f><v>0991234567</v></c></row>',
    )
    assert numbers(saved) == ["0991234567"]


def test_several_numbers_in_one_cell_and_a_range() -> None:
    listed = [TITLES, ("0991234567 / 0991234568", "baja"), ("0991234500 a 0991234502", "baja")]
    rows = rows_of("a.xlsx", books.xlsx(listed))
    assert [row.row for row in rows] == [2, 2, 3, 3, 3]
    assert codes(rows[-1]) == {Code.FROM_RANGE}


def test_an_empty_action_is_asked_about_where_the_column_exists() -> None:
    rows = rows_of("a.xlsx", books.xlsx([TITLES, ("0991234567", "prepago"), ("0991234568",)]))
    assert [codes(row) for row in rows] == [set(), {Code.ACTION_MISSING}]


def test_a_row_without_number_is_kept() -> None:
    (row,) = rows_of("a.xlsx", books.xlsx([TITLES, (None, "baja", None, "la de bodega")]))
    assert (row.number, row.written, codes(row)) == ("", "baja · la de bodega", {Code.NUMBER_MISSING})


def test_a_second_column_of_phones_is_reported() -> None:
    reading = read_file("a.xlsx", books.xlsx([("Celular", "Otro"), ("0991234567", "0991234568")]))
    assert reading.notices == ("La columna B también tiene números y no se leyó.",)


@pytest.mark.parametrize(
    "content",
    [
        "Número;Acción;Nombre\n0991234567;Dar de baja;Peña\n".encode("latin-1"),
        "\ufeffNúmero,Acción,Nombre\r\n0991234567,Dar de baja,Peña\r\n".encode(),
        "sep=;\nNúmero;Acción;Nombre\n0991234567;Dar de baja;Peña\n".encode(),
        "Número\tAcción\tNombre\n0991234567\tDar de baja\tPeña\n".encode("utf-16"),
        '"Número";"Acción";"Nombre"\n"0991\u00a0234567";"Dar de baja";"Peña"\n'.encode(),
    ],
)
def test_csv_as_programs_write_it(content: bytes) -> None:
    (row,) = rows_of("a.csv", content)
    assert (row.number.replace(" ", ""), row.action, row.name) == ("0991234567", "Dar de baja", "Peña")


def test_the_content_counts_and_not_the_name() -> None:
    listed = [TITLES, ("0991234567", "baja")]
    assert numbers(books.xlsx(listed), "a.csv") == ["0991234567"]
    assert numbers(books.xls(listed), "a.xlsx") == ["0991234567"]
    assert numbers("Número,Acción\n0991234567,baja".encode(), "a.xlsx") == ["0991234567"]


def test_a_password_is_named() -> None:
    output = io.BytesIO()
    OOXMLFile(io.BytesIO(books.xlsx([("0991234567",)]))).encrypt("clave", output)
    assert msoffcrypto.OfficeFile(io.BytesIO(output.getvalue())).is_encrypted()
    assert "contraseña" in read_file("a.xlsx", output.getvalue()).refusal


@pytest.mark.thorough
@pytest.mark.parametrize("name", WRITERS)
def test_too_many_rows(name: str) -> None:
    listed = [(f"0{990_000_000 + number}",) for number in range(MAX_ROWS + 1)]
    assert len(rows_of(name, WRITERS[name](listed[:-1]))) == MAX_ROWS
    assert str(MAX_ROWS) in read_file(name, WRITERS[name](listed)).refusal


@pytest.mark.parametrize("options", [{}, {"constant_memory": True}], ids=["strings shared", "strings inline"])
def test_a_table_of_xlsxwriter_reads_like_the_same_cells_of_openpyxl(options: dict[str, bool]) -> None:
    """With the template's columns, phones as text, amounts, and dates beside them."""
    titles = [*TITLES, "Valor", "Fecha de pedido"]
    listed = [
        ("0991234567", "Dar de baja", "", "", 12.5, dt.datetime(2026, 1, 31)),  # noqa: DTZ001  as in a sheet
        ("0991234568", "Pasar a prepago", CEDULA, "José Ñandú", 30, dt.datetime(2026, 2, 28)),  # noqa: DTZ001
        ("+593 99 123 4569", "baja", "", "", 0, None),
    ]
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {**options, "in_memory": True})
    sheet = book.add_worksheet("Líneas")
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.set_column("A:D", 20, text)
    sheet.add_table(0, 0, len(listed), len(titles) - 1, {"columns": [{"header": each} for each in titles]})
    sheet.write_row(0, 0, titles)
    for number, row in enumerate(listed, 1):
        for column, value in enumerate(row):
            if isinstance(value, dt.datetime):
                sheet.write_datetime(number, column, value, day)
            elif isinstance(value, str):
                sheet.write_string(number, column, value, text)
            elif value is not None:
                sheet.write_number(number, column, value)
    book.close()
    found = rows_of("lista.xlsx", output.getvalue())
    assert found == rows_of("lista.xlsx", books.xlsx([titles, *listed]))
    assert [(row.number, row.action, row.id_number, row.name) for row in found] == [
        ("0991234567", "Dar de baja", "", ""),
        ("0991234568", "Pasar a prepago", CEDULA, "José Ñandú"),
        ("+593 99 123 4569", "baja", "", ""),
    ]
    assert not any(row.doubts for row in found)


def wide_csv(rows: Iterable[Sequence[object]]) -> bytes:
    return "\n".join(";".join(map(str, row)) for row in rows).encode()


@pytest.mark.parametrize(("name", "make"), [*WRITERS.items(), ("d.csv", wide_csv)])
def test_what_is_beyond_the_fiftieth_column_is_reported(name: str, make: Callable[..., bytes]) -> None:
    fifty = ["Número", *("" for _column in range(48)), "Plan"]
    listed = ["0991234567", *("" for _column in range(48)), "Plan 30"]
    said = "No se leyó lo que está a la derecha de la columna AX."
    assert read_file(name, make([fifty, listed])).notices == ()
    assert read_file(name, make([[*fifty, "", "Acción"], [*listed, "", "prepago"]])).notices == (said,)
    far = [["" for _column in range(50)] + ["Número"], ["" for _column in range(50)] + ["0991234567"]]
    reading = read_file(name, make([["Empresa de Prueba"], *far]))
    assert reading.refusal
    assert reading.notices == (said,)


def test_an_empty_cell_with_a_format_beyond_the_fiftieth_column_is_nothing() -> None:
    def edit(_book: Any, sheet: Any) -> None:
        sheet.append(["Número"])
        sheet.append(["0991234567"])
        sheet["AY2"].number_format = "@"

    assert read_file("a.xlsx", books.edited(edit)).notices == ()
