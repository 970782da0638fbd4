"""The arithmetic of `make bench`, and its table in docs/performance.md."""

import math
import secrets
from pathlib import Path

import pytest

from bench import table
from bench.figures import Line, Spread, figure, mann_whitney
from bench.rounds import share_of_floor
from tests.conformance.project import BASE, imports


def test_figures_are_written_as_people_here_write_them() -> None:
    assert [figure(value) for value in (1234.5, 56.78, 0.894)] == ["1.234", "56,8", "0,89"]


def test_a_share_of_the_floor_is_that_of_the_medians() -> None:
    line = share_of_floor("x", Spread.of([50, 60, 100]), Spread.of([100, 120, 90]), 0.5)
    assert (line.ratio, line.goal, line.holds) == ("60 %", "≥ 50 %", True)
    assert line.product == "60,0 (50,0–100) /s"


def test_two_samples_of_one_thing_do_not_differ_and_two_things_do() -> None:
    """A textbook example: 5 against 5 without overlap gives p = 0.009, without correction."""
    assert math.isclose(mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 0.00902, rel_tol=0.01)
    assert mann_whitney([1, 1, 1], [1, 1, 1]) == 1.0
    same = [[secrets.randbelow(10**6) for _ in range(300)] for _ in range(2)]
    assert mann_whitney(same[0], [value + 200_000 for value in same[1]]) < 0.001


def test_the_table_replaces_the_last_one_and_nothing_around_it(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"Antes\n{table.BEGIN}\nvieja\n{table.END}\ndespués\n", encoding="utf-8")
    for work in ("primera", "segunda"):
        table.write([Line(work, "1 /s", goal="≥ 2 /s", holds=False)], 12, document)
    text = document.read_text(encoding="utf-8")
    assert text.startswith("Antes\n")
    assert text.endswith(f"{table.END}\ndespués\n")
    assert "| segunda | 1 /s |  |  | ≥ 2 /s | ✗ |" in text
    assert "vieja" not in text
    assert "primera" not in text


def test_the_document_describes_every_row_and_has_room_for_the_table() -> None:
    text = table.DOCUMENT.read_text(encoding="utf-8")
    rows = {path.stem for path in (BASE / "bench" / "rows").glob("*.py")} - {"__init__"}
    assert {row for row in rows if f"| `{row}` |" not in text} == set()
    assert text.index(table.BEGIN) < text.index(table.END)


@pytest.mark.parametrize("path", sorted((BASE / "bench" / "floor").rglob("*.py")), ids=lambda path: path.stem)
def test_the_floor_uses_nothing_of_the_product(path: Path) -> None:
    assert imports(path) <= {"django", "environ", "bench", "os", "pathlib", "secrets", "typing", "uuid"}
