"""Pasted lists: spellings, separators, ranges, sentences, what cannot be read (A10, A18)."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.lines import pasted
from tickets.lines.actions import Action
from tickets.lines.numbers import service_key
from tickets.lines.pasted import MAX_TEXT, read_text
from tickets.lines.phrases import MAX_RANGE
from tickets.lines.problems import Code
from tickets.lines.rows import MAX_ROWS, ListRow

SEPARATORS = ["\n", "\r\n", ", ", ",", ";", "\t", " / ", "/", " y ", " ", "\n\n", " e ", "|", ".\n", " \n- "]
mobiles = st.integers(930_000_000, 999_999_999).map(str)
circuits = st.from_regex(r"[A-Z]{3,8}-[A-Z]{2,6}-[0-9]{4,6}", fullmatch=True)


@st.composite
def spelt(draw: st.DrawFn) -> tuple[str, str]:
    """A number, and one of the ways to write it."""
    if draw(st.integers(0, 4)) == 0:
        circuit = draw(circuits)
        return circuit, circuit
    digits = draw(mobiles)
    start = draw(st.sampled_from(["0", "", "+593", "593", "+593 ", "+593-", "(+593) ", "00593 "]))
    gap = draw(st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2011", "\u2009"]))
    groups = [digits[:2], digits[2:5], digits[5:]]
    return digits, start + gap.join(groups)


def keys(rows: tuple[ListRow, ...]) -> list[str]:
    return [service_key(row.number) for row in rows]


def codes(row: ListRow) -> set[Code]:
    return {doubt.code for doubt in row.doubts}


def test_the_first_group_of_a_phone_is_no_index_of_the_list() -> None:
    assert keys(read_text("094 900 0000 93 000 0000").rows) == ["+593949000000", "+593930000000"]
    assert keys(read_text("1 0991234500\n2. 099 123 4501").rows) == ["+593991234500", "+593991234501"]


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(spelt(), st.sampled_from(SEPARATORS)), min_size=1, max_size=30))
def test_a_list_in_any_spelling_comes_back_the_same(listed: list[tuple[tuple[str, str], str]]) -> None:
    text = "".join(spelling + separator for (_number, spelling), separator in listed)
    reading = read_text(text)
    assert not reading.refusal
    assert keys(reading.rows) == [service_key(number) for (number, _spelling), _separator in listed]
    assert {row.action for row in reading.rows} == {Action.CANCEL}
    assert not any(row.doubts for row in reading.rows)


@pytest.mark.thorough
@settings(max_examples=400, deadline=None)
@given(st.text(alphabet="0123456789+-.,;/() \t\nayhs prepgo09\u00a0:", max_size=120) | st.text(max_size=120))
def test_any_text_is_an_answer(text: str) -> None:
    reading = read_text(text)
    assert reading.refusal or reading.rows
    assert all(row.row <= text.count("\n") + text.count("\r") + 1 for row in reading.rows)
    assert all(row.number or row.written for row in reading.rows)


def test_numbers_inside_a_sentence() -> None:
    text = "Por favor dar de baja el 099 123 4567 (ventas), el 099-123-4568 y el +593991234569. Gracias."
    assert keys(read_text(text).rows) == ["+593991234567", "+593991234568", "+593991234569"]


@pytest.mark.parametrize(
    "text",
    [
        "0991234500 a 0991234503",
        "0991234500-0991234503",
        "del 099 123 4500 al 099 123 4503",
        "desde +593991234500 hasta el 0991234503",
        "0991234503 – 0991234500",
    ],
)
def test_a_range_is_offered_line_by_line(text: str) -> None:
    rows = read_text(text).rows
    assert keys(rows) == [f"+59399123450{last}" for last in range(4)]
    assert all(codes(row) == {Code.FROM_RANGE} for row in rows)


def test_a_range_has_a_limit() -> None:
    first = 991_000_000
    assert len(read_text(f"0{first} a 0{first + MAX_RANGE - 1}").rows) == MAX_RANGE
    (row,) = read_text(f"0{first} a 0{first + MAX_RANGE}").rows
    assert (row.number, codes(row)) == ("", {Code.RANGE_TOO_LONG})


def test_many_ranges_are_not_expanded_without_limit() -> None:
    reading = read_text("0991000000 a 0991000999\n" * (MAX_TEXT // 30))
    assert not reading.rows
    assert str(MAX_ROWS) in reading.refusal


@pytest.mark.parametrize("text", ["0991234500 al 520", "0991234500 a 20", "0991234500-20"])
def test_a_range_with_an_abbreviated_end_is_asked_about(text: str) -> None:
    (row,) = read_text(text).rows
    assert (row.number, codes(row), row.written) == ("", {Code.RANGE_UNCLEAR}, text)


def test_three_numbers_with_dashes_are_a_list() -> None:
    rows = read_text("0991234500 - 0991234600 - 0991234700").rows
    assert keys(rows) == ["+593991234500", "+593991234600", "+593991234700"]
    assert not any(row.doubts for row in rows)


@pytest.mark.parametrize("short", ["099 123 456", "099123456", "0991-234-56"])
def test_a_short_number_borrows_no_digit_of_the_next(short: str) -> None:
    rows = read_text(f"{short} 0991234568").rows
    assert [service_key(row.number) for row in rows] == ["".join(filter(str.isdigit, short)), "+593991234568"]


@pytest.mark.parametrize("text", ["0991234567 8", "0991234567/8", "099 123 4567, 68"])
def test_left_over_digits_are_not_lost(text: str) -> None:
    assert len(read_text(text).rows) == 2


@pytest.mark.parametrize("index", ["1. ", "1) ", "12 ", "3 - ", "- ", "• ", "7\t", "4."])
def test_an_index_is_not_a_number(index: str) -> None:
    assert keys(read_text(f"{index}0991234567").rows) == ["+593991234567"]


def test_service_numbers_that_are_not_phones() -> None:
    rows = read_text("enlace DEMO-ENLACE-1101, circuito 12345 y UIO.GYE.77").rows
    assert [row.number for row in rows] == ["DEMO-ENLACE-1101", "12345", "UIO.GYE.77"]
    assert rows[0].alternatives == ("enlace DEMO-ENLACE-1101",)


def test_what_has_no_number_stays_as_text_with_its_row() -> None:
    rows = read_text("0991234567\n\nla línea de la bodega").rows
    assert [(row.row, row.number, row.written) for row in rows] == [
        (1, "0991234567", "0991234567"),
        (3, "", "la línea de la bodega"),
    ]
    assert codes(rows[1]) == {Code.TEXT_ONLY}


@pytest.mark.parametrize(
    "text",
    [
        "0991234567 prepago 1710034065 Ana Pérez",
        "pasar a prepago 0991234567 1710034065 Ana Pérez",
        "0991234567, pre-pago, 171003406-5, Ana Pérez",
        "La línea 0991234567 se pasa a prepago a nombre de Ana Pérez con cédula 1710034065",
        "Prepago:\n0991234567 1710034065 Ana Pérez",
        "0991234567\tPasar a prepago\t1710034065\tAna Pérez",
    ],
)
def test_prepaid_with_who_takes_the_line(text: str) -> None:
    (row,) = read_text(text).rows
    assert (service_key(row.number), row.action) == ("+593991234567", Action.PREPAID)
    assert (row.id_number, row.name) == ("1710034065", "Ana Pérez")


def test_a_cedula_that_looks_like_a_mobile_is_read_by_its_place() -> None:
    (row,) = read_text("0991234567 prepago 0951234567 Luis Ñato").rows
    assert (row.number, row.id_number, row.name) == ("0991234567", "0951234567", "Luis Ñato")
    both = read_text("0991234567 y 0951234567 pasan a prepago").rows
    assert keys(both) == ["+593991234567", "+593951234567"]


def test_a_heading_asks_for_the_lines_below_it() -> None:
    rows = read_text("Pasar a prepago:\n0991234567\n0991234568\nDar de baja:\n0991234569").rows
    assert [(row.row, row.action) for row in rows] == [
        (2, Action.PREPAID),
        (3, Action.PREPAID),
        (5, Action.CANCEL),
    ]
    assert codes(rows[0]) == {Code.ACTION_FROM_HEADING}


@pytest.mark.parametrize(
    "text",
    [
        "no cancelar 0991234567",
        "mantener 0991234567",
        "todas menos 0991234567",
        "suspender 0991234567",
        "cancelar 0991234567 y pasar a prepago 0991234568",
        "Mantener:\n0991234567",
    ],
)
def test_a_line_that_may_have_to_stay_is_not_cancelled(text: str) -> None:
    assert all(
        row.action not in {Action.CANCEL, Action.PREPAID} for row in read_text(text).rows if row.number
    )


def test_no_as_an_abbreviation_or_in_a_reason_is_no_refusal() -> None:
    for text in ("No. 0991234567 baja", "Nº 0991234567", "0991234567 ya no se utiliza"):
        assert [row.action for row in read_text(text).rows] == [Action.CANCEL]


def test_cells_copied_with_titles_are_read_as_a_table() -> None:
    text = (
        "Nombre\tCédula\tQué hacer\tCelular\nAna Pérez\t1710034065\tprepago\t991234567\n\t\tbaja\t991234568"
    )
    first, second = read_text(text).rows
    assert (first.row, first.number, first.id_number, first.name) == (
        2,
        "991234567",
        "1710034065",
        "Ana Pérez",
    )
    assert (second.row, second.number, second.action) == (3, "991234568", "baja")


def test_a_long_text_is_refused() -> None:
    assert read_text("0991234567 " * MAX_TEXT).refusal
    assert pasted.MAX_TEXT == 256 * 1024


@pytest.mark.parametrize("text", ["", "  \n\t", "hola"])
def test_a_text_without_numbers_is_refused(text: str) -> None:
    assert "ningún número" in read_text(text).refusal


@pytest.mark.thorough
@pytest.mark.parametrize("unit", ["a", "a.", "0-9 ", "0991234567 ", "(", "593 ", "9-", "pasar a prepago a"])
def test_the_work_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    """A text of the largest size is read in about a second; a square would take many minutes."""
    text = (unit * MAX_TEXT)[:MAX_TEXT]
    started = process_time()
    read_text(text)
    assert process_time() - started < 60
