"""The real web server accepts the mobile header from a gateway only, and only as documented (R2.02,
R2.04, R2.06).
"""

import runpy
from collections.abc import Iterator

import pytest

from tests.conformance.project import BASE
from tests.processes.spoofs import PAST_THE_PIN, PIN, SPELLINGS, enter, web
from tests.stack import Stack

pytestmark = [pytest.mark.loopback, pytest.mark.processes]


@pytest.fixture(scope="module")
def believing(stack: Stack) -> Iterator[int]:
    with web(stack, "127.0.0.1") as port:
        yield port


@pytest.fixture(scope="module")
def foreign(stack: Stack) -> Iterator[int]:
    with web(stack, "10.9.0.0/24") as port:
        yield port


@pytest.mark.parametrize(("lines", "genuine"), SPELLINGS)
def test_from_the_gateway_only_the_exact_header_skips_the_pin(
    believing: int, lines: list[str], genuine: bool
) -> None:
    assert enter(believing, lines) == (PAST_THE_PIN if genuine else PIN)


@pytest.mark.parametrize("lines", [lines for lines, _ in SPELLINGS])
def test_from_other_addresses_no_spelling_skips_the_pin(foreign: int, lines: list[str]) -> None:
    assert enter(foreign, lines) == PIN


def test_the_web_server_drops_headers_with_underscores() -> None:
    """R2.04: without this, the application could not tell X_MSISDN from X-MSISDN."""
    assert runpy.run_path(str(BASE / "gunicorn.conf.py"))["header_map"] == "drop"
