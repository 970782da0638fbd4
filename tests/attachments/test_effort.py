"""The inspection of any file ends within its steps, which are the same everywhere (R7.06, S5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attachments.inspection import inspect
from attachments.inspection.detect import detect
from attachments.inspection.effort import MAX_STEPS, Effort
from tests.attachments.hostile_parts import noise
from tests.attachments.slow_files import SLOW_FILES
from tests.attachments.valid_files import GOOD, packed, pdf
from tests.corpus import samples
from tests.trace import lines_run

pytestmark = pytest.mark.thorough

# Lines of Python that a reader may run per step that it counts
LINES_PER_STEP = 16
TOO_COMPLEX = "es demasiado complejo para revisarlo"


def steps_of(content: bytes) -> int:
    effort = Effort()
    detect(content, effort)
    return effort.steps


@pytest.mark.parametrize("what", SLOW_FILES)
def test_s5_each_step_runs_a_limited_number_of_lines(what: str) -> None:
    """Count the lines of Python that run: many lines for few steps show a loop that counts none."""
    _name, make = SLOW_FILES[what]
    content = make()
    effort = Effort()
    lines = lines_run(lambda: detect(content, effort), most=LINES_PER_STEP * MAX_STEPS)
    assert 0 < lines < LINES_PER_STEP * MAX_STEPS


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("brackets in a text", "Imprímalo como PDF y adjunte el PDF nuevo."),
        ("brackets after an object stream", "Imprímalo como PDF y adjunte el PDF nuevo."),
        ("headers in comments", "Imprímalo como PDF y adjunte el PDF nuevo."),
        ("coded letters in fields", "Guárdelo como PDF y adjunte el PDF."),
        ("records", "Guárdelo como PDF y adjunte el PDF."),
    ],
)
def test_s5_a_file_that_takes_too_many_steps_is_refused_with_advice(what: str, says: str) -> None:
    name, make = SLOW_FILES[what]
    reason = inspect(name, make()).reason
    assert TOO_COMPLEX in reason
    assert reason.endswith(says)


def test_s5_the_largest_workbook_is_not_too_complex() -> None:
    name, make = SLOW_FILES["twenty megabytes of rows"]
    assert inspect(name, make()).accepted


def test_s5_public_documents_take_less_than_half_of_the_steps() -> None:
    assert max(steps_of(sample.path.read_bytes()) for sample in samples()) < MAX_STEPS // 2


PIECES = st.sampled_from(
    rb"( ) \a #4a /JS /JS(x) /First /ObjStm obj stream endstream endobj << >> [ ] < /EF /F(a trailer".split()
    + rb"%| |1 0 obj |/Encrypt 1 0 R ".split(b"|")
    + b"%\n|\n|\r\n|stream\n".split(b"|")
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PIECES, st.integers(1, 4_000)), min_size=1, max_size=6), st.integers(1, 4))
def test_s5_any_sequence_of_pieces_ends_within_the_steps(pieces: list[tuple[bytes, int]], times: int) -> None:
    """Two megabytes of any pieces exceed the limit by no more than the last operation."""
    body = b"".join(piece * count for piece, count in pieces) * times
    content = pdf(body[:2_000_000])
    effort = Effort()
    lines = lines_run(lambda: detect(content, effort), most=LINES_PER_STEP * MAX_STEPS)
    assert lines < LINES_PER_STEP * MAX_STEPS
    assert effort.steps < 2 * MAX_STEPS


TAGS = st.sampled_from(
    b"<a/>|<w:instrText>|</w:instrText>|&#1;|&amp;|<w:fldSimple instr='|'/>|<|>|\0|<w:fldChar w:fldCharType='begin'/>"
    b"|instrText| a='b'|ddelink|a".split(b"|")
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(TAGS, st.integers(1, 20_000)), min_size=1, max_size=6),
    st.sampled_from(["a.xml", "a.xml.rels"]),
)
def test_s5_any_sequence_of_tags_in_a_part_ends_within_the_steps(
    pieces: list[tuple[bytes, int]], part: str
) -> None:
    body = b"<a>attachedTemplate" + b"".join(piece * count for piece, count in pieces)[:18_000_000]
    content = packed(
        {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<a/>", part: body, "b": noise(200_000)}
    )
    effort = Effort()
    lines = lines_run(lambda: detect(content, effort), most=LINES_PER_STEP * MAX_STEPS)
    assert lines < LINES_PER_STEP * MAX_STEPS
    assert effort.steps < 2 * MAX_STEPS


@pytest.mark.parametrize("extension", GOOD)
def test_the_steps_of_a_file_are_always_the_same(extension: str) -> None:
    assert len({steps_of(GOOD[extension]) for _turn in range(3)}) == 1
