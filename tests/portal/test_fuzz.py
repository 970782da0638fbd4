"""The form answers any input with a ticket, or a refusal that keeps the text (R6.13)."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.request.forms import TYPED
from tests import cast
from tests.tickets.portal_client import COMPANY, REQUEST, Filled, fields_of, filled_form, pdf, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# Surrogates cannot be sent: a request is decoded as UTF-8
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
AWKWARD = st.sampled_from(
    [
        "\x00",
        "\r\n" * 50,
        "\u202e\u2066",
        "🙂" * 100,
        "\ufeff",
        "%s%d{}",
        "𝟎𝟗𝟗",
        "a" * 6_000,
        "\x1b[31m",
        "'\"<>&",
    ]
)
VALUES = st.one_of(TEXT, AWKWARD, st.integers().map(str))
# The test client fails at a line end, and reads a slash as a folder
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n/"), max_size=150).map(
    "x{}".format
)
FILES = st.lists(st.tuples(NAMES, st.binary(max_size=400)), max_size=7)
# One form for all the examples of a test: a used key is another reason to be refused
FUZZED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def form() -> Filled:
    return filled_form(visitor(cast.ana()))


@FUZZED
@given(st.dictionaries(st.sampled_from([*TYPED, "submission_key", "lines", "attachments"]), VALUES))
@example({"details": "línea\r\n" * 3_000})
def test_any_text_is_taken_or_refused_and_kept(form: Filled, changes: dict[str, str]) -> None:
    response = form.post(**changes)
    assert response.status_code in {303, 422}
    if response.status_code == 422:
        sent = (form.values | changes)["details"]
        assert fields_of(response)["details"].split() == sent.split()


@FUZZED
@given(FILES)
def test_any_files_are_taken_or_refused(form: Filled, files: list[tuple[str, bytes]]) -> None:
    response = form.post(attachments=[pdf(name, content) for name, content in files])
    assert response.status_code in {303, 422}


@FUZZED
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_any_fields_at_all_are_refused(form: Filled, fields: dict[str, str]) -> None:
    assert form.client.post(REQUEST, fields).status_code == 422


def test_any_company_is_refused_with_the_list() -> None:
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Otra")))

    @settings(max_examples=40, deadline=None)
    @given(VALUES)
    def refused(posted: str) -> None:
        assert client.post(COMPANY, {"company": f"x{posted}"}).status_code == 422

    refused()
