"""Rows against the directory: what is requested, and each problem in words (A10, A18, A19)."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import pytest

from companies.models import ServiceLine
from tests.tickets.lines import books
from tests.tickets.lines.books import CEDULA, TITLES
from tickets.lines import problems
from tickets.lines.actions import Action
from tickets.lines.numbers import service_key
from tickets.lines.pasted import read_text
from tickets.lines.problems import Code, Severity
from tickets.lines.sheet import read_file
from tickets.lines.understand import CANCELLED, SUMMED_FROM, KnownLine, Understanding, understand

DIRECTORY = [
    KnownLine("0991234567", "C-1", "active", 15),
    KnownLine("0991234568", "C-1", "suspended", 15),
    KnownLine("0991234569", "C-2", CANCELLED, 20),
    KnownLine("0991234570", "C-2", "active", 20, open_ticket="3608314"),
    KnownLine("DEMO-ENLACE-1101", "C-1", "active", 15),
    KnownLine("0991234571", "C-1", CANCELLED, 15),
    KnownLine("0991234571", "C-2", "active", 20),
    KnownLine("0991234572", "C-1", "active", 15),
    KnownLine("0991234572", "C-2", "active", 20),
]


class Directory:
    """A look-up that counts its calls."""

    def __init__(self, lines: Iterable[KnownLine] = tuple(DIRECTORY)) -> None:
        self.questions = 0
        self.by_key: dict[str, list[KnownLine]] = {}
        for line in lines:
            self.by_key.setdefault(service_key(line.number), []).append(line)

    def __call__(self, keys: AbstractSet[str]) -> Mapping[str, Sequence[KnownLine]]:
        self.questions += 1
        return {key: self.by_key[key] for key in keys if key in self.by_key}


def of_text(text: str) -> Understanding:
    return understand(read_text(text).rows, Directory())


def of_cells(*rows: Sequence[object]) -> Understanding:
    return understand(read_file("a.xlsx", books.xlsx([TITLES, *rows])).rows, Directory())


def codes(understanding: Understanding) -> list[list[Code]]:
    return [[problem.code for problem in row.problems] for row in understanding.rows]


def test_lines_are_found_in_any_spelling() -> None:
    found = of_text("+593 99 123 4567\n991234568\nenlace demo-enlace-1101")
    assert [[line.number for line in row.lines] for row in found.requested] == [
        ["0991234567"],
        ["0991234568"],
        ["DEMO-ENLACE-1101"],
    ]
    assert codes(found) == [[], [], []]


def test_the_directory_is_asked_once() -> None:
    directory = Directory()
    understand(read_text("\n".join(f"09912345{last:02}" for last in range(100))).rows, directory)
    assert directory.questions == 1
    understand((), directory)
    assert directory.questions == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0980000000", Code.UNKNOWN),
        ("099 123 456", Code.UNKNOWN),
        ("0991234569", Code.CANCELLED),
        ("no cancelar 0991234567", Code.ACTION_UNCLEAR),
        ("0991234567 prepago Ana Pérez", Code.PREPAID_WITHOUT_ID),
        (f"0991234567 prepago {CEDULA}", Code.PREPAID_WITHOUT_NAME),
        ("0991234567 prepago 9910034065 Ana Pérez", Code.ID_MALFORMED),
    ],
)
def test_a_critical_problem_keeps_the_row_out(text: str, expected: Code) -> None:
    found = of_text(text)
    assert codes(found) == [[expected]]
    assert not found.requested
    assert [finding.code for finding in found.critical] == [expected]
    assert not found.to_confirm


def test_an_open_request_is_shown_and_not_refused() -> None:
    found = of_text("0991234570")
    (finding,) = found.to_confirm
    assert finding.text == "Ya consta en la solicitud #3608314, que está abierta."
    assert len(found.requested) == 1


def test_a_wrong_check_digit_is_pointed_out_and_not_refused() -> None:
    """A19."""
    found = of_text("0991234567 prepago 1710034066 Ana Pérez")
    assert codes(found) == [[Code.ID_CHECK_DIGIT]]
    (row,) = found.requested
    assert (row.action, row.id_number, row.name) == (Action.PREPAID, "1710034066", "Ana Pérez")


def test_a_repetition_is_asked_for_once() -> None:
    found = of_text("0991234567\n0991234568\n+593991234567")
    assert codes(found) == [[], [], [Code.DUPLICATE]]
    assert [row.row.row for row in found.requested] == [1, 2]
    assert "fila 1" in found.to_confirm[0].text


def test_one_line_with_two_requests_is_not_decided_here() -> None:
    found = of_cells(("0991234567", "baja"), ("0991234567", "prepago", CEDULA, "Ana Pérez"))
    assert codes(found) == [[Code.CONFLICT], [Code.CONFLICT]]
    assert [finding.text[:29] for finding in found.critical] == [
        "Está también en la fila 3, co",
        "Está también en la fila 2, co",
    ]
    assert not found.requested


def test_a_line_that_left_one_account_is_requested_in_the_other() -> None:
    (row,) = of_text("0991234571").requested
    assert [line.account for line in row.lines] == ["C-2"]
    assert not row.problems


def test_a_line_of_two_accounts_is_pointed_out() -> None:
    (row,) = of_text("0991234572").requested
    assert [line.account for line in row.lines] == ["C-1", "C-2"]
    assert [problem.code for problem in row.problems] == [Code.SEVERAL_ACCOUNTS]


def test_gaps_of_a_range_are_not_errors() -> None:
    found = of_text("0991234566 a 0991234568")
    assert codes(found) == [[Code.RANGE_GAP], [Code.FROM_RANGE], [Code.FROM_RANGE]]
    assert not found.critical
    assert len(found.requested) == 2
    assert found.unmatched_text() == ""


def test_the_taker_of_a_line_that_ends_is_not_kept() -> None:
    (row,) = of_cells(("0991234567", "Dar de baja", CEDULA, "Ana Pérez")).requested
    assert (row.id_number, row.name) == ("", "")


def test_a_cedula_without_an_action_is_confirmed_before_the_line_ends() -> None:
    """A10: only a move to prepaid needs a cédula."""
    listed = [("Número", "Cédula"), ("0991234567", CEDULA), ("0991234568", "")]
    found = understand(read_file("a.xlsx", books.xlsx(listed)).rows, Directory())
    assert codes(found) == [[Code.ID_WITHOUT_ACTION], []]
    (finding,) = found.to_confirm
    assert finding.text.startswith("Tiene cédula y no dice qué hacer: se pedirá la baja.")
    assert str(finding.places[0]) == "fila 2, columna B"
    assert [row.action for row in found.requested] == [Action.CANCEL, Action.CANCEL]


def test_a_cedula_beside_an_empty_action_is_asked_about_once() -> None:
    found = of_cells(("0991234567", "", CEDULA, "Ana Pérez"), ("0991234568", "baja", CEDULA, "Ana Pérez"))
    assert codes(found) == [[Code.ACTION_MISSING], []]


def test_places_name_the_cell() -> None:
    found = of_cells(("0991234567", "prepago", "171003406", ""), ("0980000000", "baja"))
    assert [str(finding.places[0]) for finding in found.critical] == [
        "fila 2, columna C",
        "fila 2, columna D",
        "fila 3, columna A",
    ]


def test_sixteen_equal_problems_are_one_sentence_by_column() -> None:
    rows = [(f"09800000{last:02}", "baja") for last in range(SUMMED_FROM)]
    assert len(of_cells(*rows[1:]).critical) == SUMMED_FROM - 1
    (finding,) = of_cells(*rows).critical
    assert finding.text.startswith("Columna A, 16 filas: No es un servicio de su empresa.")
    assert len(finding.places) == SUMMED_FROM


def test_what_could_not_be_matched_may_go_as_text() -> None:
    found = of_text("0991234567\n0980000000 la de bodega\nla línea del gerente")
    assert found.unmatched_text() == "fila 2: 0980000000 la de bodega\nfila 3: la línea del gerente"


def test_the_status_is_that_of_the_directory() -> None:
    assert CANCELLED == ServiceLine.Status.CANCELLED


@pytest.mark.parametrize("code", Code)
def test_every_problem_has_its_words(code: Code) -> None:
    for text in (
        problems.sentence(code, "7"),
        problems.summary(code, 20, "B"),
        problems.summary(code, 20, ""),
    ):
        assert text.endswith(".")
        assert "%(" not in text
    assert problems.severity_of(code) in Severity


def test_a_number_of_a_range_is_named_as_customers_write_it() -> None:
    found = understand(read_text("0991234500 a 0991234501").rows, lambda _keys: {})
    numbers = [number for finding in found.to_confirm for number in finding.numbers]
    assert numbers == ["0991234500", "0991234501"]
