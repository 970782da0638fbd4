"""Hostile, damaged and genuine files: each a table or a sentence, within limits (A10)."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attachments.inspection import MAX_BYTES
from tests.attachments.hostile import HOSTILE
from tests.corpus import ROOT, samples
from tests.tickets.lines import books
from tickets.lines import excel, sheet
from tickets.lines.problems import Unreadable
from tickets.lines.rows import Reading
from tickets.lines.sheet import read_file

LISTED = [books.TITLES, *[("0991234567", "prepago", books.CEDULA, "Ana Pérez")] * 5]
GOOD = books.xlsx([books.TITLES, ("0991234567", "Dar de baja")])


def answered(name: str, content: bytes) -> Reading:
    """Return the reading, after checking that it is either a list or a sentence."""
    reading = read_file(name, content)
    assert bool(reading.rows) is not bool(reading.refusal)
    return reading


def far_away(_book: Any, page: Any) -> None:
    page["A1"] = "0991234567"
    page["XFD1048576"] = "0991234568"


def test_a_cell_at_the_far_end_is_left_out_and_said() -> None:
    content = books.edited(far_away)
    assert len(content) < 6_000
    reading = answered("a.xlsx", content)
    assert [row.number for row in reading.rows] == ["0991234567"]
    assert reading.notices == (
        "No se leyó lo que está debajo de la fila 20000.",
        "No se leyó lo que está a la derecha de la columna AX.",
    )


@pytest.mark.thorough
def test_a_hundred_thousand_rows() -> None:
    row = b'<row r="%d"><c r="A%d"><v>991234567</v></c></row>'
    body = b"".join(row % (number, number) for number in range(1, 100_001))
    assert "más de 10000 filas" in answered("a.xlsx", books.sheet_xml(GOOD, body)).refusal


def test_a_bomb() -> None:
    content = books.sheet_xml(GOOD, b" " * 30_000_000)
    assert len(content) < MAX_BYTES
    assert "ocupa demasiado" in answered("a.xlsx", content).refusal


@pytest.mark.thorough
@pytest.mark.parametrize(
    "body",
    [
        b'<row r="1">' + b"<c/>" * 600_000 + b"</row>",
        b"<row/>" * 1_000_000,
        b'<row r="1"><c ' + b" ".join(b'a%d=""' % number for number in range(200_000)) + b"/></row>",
        b'<row r="1"><c t="inlineStr"><is><t>' + b"x" * 3_000_000 + b"</t></is></c></row>",
    ],
    ids=["cells of a row", "rows", "attributes", "one text"],
)
def test_what_openpyxl_would_keep_in_memory_is_counted_first(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_args, **_options: pytest.fail("was opened"))
    # Noise keeps the ratio below that of a bomb
    output = io.BytesIO(books.sheet_xml(GOOD, body))
    with zipfile.ZipFile(output, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("docProps/noise.bin", bytes(range(256)) * 600)
    reading = answered("a.xlsx", output.getvalue())
    assert "demasiadas celdas" in reading.refusal or "filas" in reading.refusal


def opened(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list to which each opening of a workbook adds what is asked of it."""
    openings: list[bool] = []
    open_book = openpyxl.load_workbook

    def note(*given: Any, **options: Any) -> Any:
        openings.append(options["data_only"])
        return open_book(*given, **options)

    monkeypatch.setattr(openpyxl, "load_workbook", note)
    return openings


def many_styles(count: int) -> bytes:
    font = b'<font><sz val="8"/><name val="A"/></font>'
    return books.with_part(
        GOOD,
        "xl/styles.xml",
        lambda part: part.replace(b"<fonts", b"<fonts>" + font * count + b"</fonts><x", 1),
    )


def test_styles_that_take_seconds_are_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    openings = opened(monkeypatch)
    assert "demasiadas celdas" in answered("a.xlsx", many_styles(50_000)).refusal
    assert openings == []
    answered("a.xlsx", many_styles(5_000))
    assert openings == [True]


@pytest.mark.parametrize(("start", "is_opened"), [(b'<dimension ref="A1:N9"/>', True), (b"", False)])
def test_a_sheet_without_its_size_is_read_twice_and_counted_so(
    start: bytes, is_opened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "MAX_MARKS", 6_000)
    openings = opened(monkeypatch)
    rows = b"".join(b'<row r="%d"><c><v>991234567</v></c></row>' % number for number in range(1, 600))
    content = books.with_part(
        books.sheet_xml(GOOD, rows),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b"<sheetData>", start + b"<sheetData>"),
    )
    assert bool(answered("a.xlsx", content).rows) is is_opened
    assert bool(openings) is is_opened


@pytest.mark.parametrize(
    ("cell", "readings"),
    [
        (b"<c><f>A1</f><v>5</v></c>", [True]),
        (b'<c><f t="shared" si="0"/><v>5</v></c>', [True]),
        (b"<c><f>A1</f></c>", [True, False]),
        (b"<c><f>A1</f><v/></c>", [True, False]),
        (b"<c><f>A1</f><v></v></c>", [True, False]),
        (b'<c><f t="shared" si="0"/></c>', [True, False]),
        (
            b"<x:c xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><x:f>A1</x:f></x:c>",
            [True, False],
        ),
    ],
)
def test_formulas_are_looked_for_only_where_one_has_no_result(
    cell: bytes, readings: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    openings = opened(monkeypatch)
    row = b'<row r="1"><c><v>991234567</v></c>' + cell + b"</row>"
    answered("a.xlsx", books.sheet_xml(GOOD, row))
    assert openings == readings


def test_overlapping_merged_ranges_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MAX_MERGED", 50_000)
    ranges = b'<mergeCell ref="A1:A1048576"/>' * 3
    merged = b"</sheetData><mergeCells>" + ranges + b"</mergeCells>"
    content = books.with_part(
        GOOD, "xl/worksheets/sheet1.xml", lambda part: part.replace(b"</sheetData>", merged)
    )
    assert "demasiadas celdas" in answered("a.xlsx", content).refusal


def test_entities_are_refused() -> None:
    def declare(part: bytes) -> bytes:
        return b'<!DOCTYPE a [<!ENTITY b "0991234567">]>' + part.split(b"?>")[-1]

    assert answered("a.xlsx", books.with_part(GOOD, "xl/worksheets/sheet1.xml", declare)).refusal


def test_a_forged_dimension_hides_no_row() -> None:
    def shrink(part: bytes) -> bytes:
        return part.replace(b'ref="A1:D2"', b'ref="A1:A1"')

    assert len(answered("a.xlsx", books.with_part(GOOD, "xl/worksheets/sheet1.xml", shrink)).rows) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"<html><table><tr><td>0991234567</td></tr></table></html>"),
        ("a.xls", b"\xef\xbb\xbf<!DOCTYPE html><p>0991234567"),
        ("a.xls", b'<?xml version="1.0"?><Workbook/>'),
        ("a.xlsx", b"%PDF-1.4 0991234567"),
        ("a.csv", b"{\\rtf1 0991234567}"),
        ("a.csv", b"0991234567\0\0\0"),
        ("a.csv", bytes(range(1, 32)) * 40),
        ("a.csv", b'"' + b"x" * 200_000),
        ("a.csv", b""),
        ("a.csv", b"\xef\xbb\xbf\n \n"),
        ("a.csv", b"palabras;sin\nnumeros;aqui\n"),
        ("a.csv", b"0991234567\n" * 20_000),
        ("a.csv", b"0" * (MAX_BYTES + 1)),
        ("a.xlsx", b"PK\3\4" + b"x" * 100),
        ("a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600),
        ("a.xlsx", books.xlsx([])),
        ("a.xls", books.xls([])),
    ],
    ids=lambda each: each if isinstance(each, str) else "content",  # a workbook has a time in it
)
def test_what_is_not_a_list_gives_a_sentence(name: str, content: bytes) -> None:
    assert answered(name, content).refusal.endswith(".")


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_the_inspection_of_attachments_refuses(name: str) -> None:
    _name, content, _reason = HOSTILE[name]
    is_office_file = content.startswith((b"PK", b"\xd0\xcf"))
    assert answered("a.xlsx", content).refusal or not is_office_file


@pytest.mark.thorough
def test_the_genuine_files_of_the_corpus() -> None:
    found = {sample.name: answered(sample.name, sample.path.read_bytes()) for sample in samples()}
    assert len(found) > 40


@pytest.mark.thorough
def test_a_genuine_sheet_of_the_corpus_is_read_or_refused_on_purpose() -> None:
    """`read_file` answers any exception; a sheet that the inspection accepts must not raise one."""
    sheets = [sample for sample in samples() if sample.path.suffix in {".xls", ".xlsx"}]
    read = set()
    for sample in (each for each in sheets if each.verdict != "reject"):
        content = sample.path.read_bytes()
        with suppress(Unreadable):
            if sheet._list_in(*sheet._reader_of(sample.name, content)(content)).rows:
                read.add(sample.id)
    assert {"P014", "P016", "P018", "P020", "P060", "P061", "P062"} <= read


@pytest.mark.thorough
@pytest.mark.parametrize(
    "intact",
    [make(LISTED) for make in (books.xlsx, books.xls, books.written)],
    ids=["openpyxl", "xlwt", "xlsxwriter"],
)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_an_answer(intact: bytes, data: st.DataObject) -> None:
    content = bytearray(intact)
    for _change in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    answered("a.xlsx", bytes(content))


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_an_answer(content: bytes) -> None:
    answered("a.csv", content)


MEASURE = """
import resource, sys
import django
django.setup()
from tickets.lines.sheet import read_file
from tickets.lines.understand import KnownLine, understand
content = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF)
reading = read_file("a.xlsx", content)
result = understand(reading.rows, lambda keys: {k: [KnownLine(k, "1", "active", 15)] for k in keys})
after = resource.getrusage(resource.RUSAGE_SELF)
seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(len(result.requested), (after.ru_maxrss - before.ru_maxrss) // 1024, round(seconds, 2))
"""


@pytest.mark.thorough
@pytest.mark.processes
@pytest.mark.parametrize("make", [books.xlsx, books.written, books.xls])
def test_five_thousand_rows_stay_below_100_mb(make: Callable[..., bytes]) -> None:
    """The processor's seconds are shown on failure, and do not decide the result."""
    listed = [
        (f"0{990_000_000 + n}", "prepago", books.CEDULA, "Ana Pérez", "Plan 30", n) for n in range(5_000)
    ]
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE],
        cwd=ROOT,
        input=make([(*books.TITLES, "Plan", "Valor"), *listed]),
        capture_output=True,
        check=True,
    )
    requested, megabytes, _seconds = answer.stdout.split()
    assert (requested, int(megabytes) <= 100) == (b"5000", True), answer.stdout
