"""The documented nginx configuration removes a visitor's own copies of the mobile header at the
public listener (R2.03).
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.conformance.project import BASE
from tests.processes.debian_nginx import Nginx, any_certificate, debian_nginx
from tests.processes.spoofs import MSISDN, PAST_THE_PIN, PIN, SPELLINGS, enter, web
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]


@pytest.fixture(scope="module")
def nginx(stack: Stack) -> Iterator[Nginx]:
    """Run the documented installation, with the operator's listener, in front of a portal that has
    network identity enabled.
    """
    with (
        web(stack, "127.0.0.2/32", "127.0.0.1/32") as portal,
        debian_nginx(portal, portal, mobile=True) as started,
    ):
        yield started


@pytest.mark.parametrize("lines", [lines for lines, _ in SPELLINGS])
def test_at_the_public_listener_no_spelling_skips_the_pin(nginx: Nginx, lines: list[str]) -> None:
    assert enter(nginx.https, lines, any_certificate()) == PIN


@pytest.mark.parametrize(("lines", "genuine"), SPELLINGS)
def test_at_the_operators_listener_only_the_exact_header_skips_the_pin(
    nginx: Nginx, lines: list[str], genuine: bool
) -> None:
    assert enter(nginx.mobile, lines, any_certificate()) == (PAST_THE_PIN if genuine else PIN)


def test_no_forwarded_header_of_a_visitor_skips_the_pin(nginx: Nginx) -> None:
    """R2.02: at the public listener the visitor's address is the socket's; headers do not count."""
    said = [f"X-MSISDN: {MSISDN}", "X-Forwarded-For: 100.64.3.2, 127.0.0.2", "Forwarded: for=100.64.3.2"]
    assert enter(nginx.https, said, any_certificate()) == PIN


def test_the_token_of_a_link_is_in_no_log_of_requests(nginx: Nginx) -> None:
    """R6.08: the token is in the URL, which a browser sends as Referer when it requests the page's
    styles.
    """
    link = f"https://127.0.0.1:{nginx.https}/fidelizacion/?i=bcdfghjkmnpqrstvwxyz"
    answer = httpx.get(link, headers={"Referer": link}, trust_env=False, timeout=60, verify=any_certificate())
    assert answer.status_code == 200
    assert wait_for(lambda: '"GET /fidelizacion" 200' in nginx.logs()["portal.log"])
    assert [name for name, text in nginx.logs().items() if "bcdfghjk" in text] == []


def test_the_operators_listener_is_for_the_operators_network_alone(nginx: Nginx) -> None:
    address = f"https://127.0.0.1:{nginx.mobile}/fidelizacion/"
    elsewhere = {"X-Test-Address": "192.0.2.1"}
    assert (
        httpx.get(
            address, headers=elsewhere, trust_env=False, timeout=60, verify=any_certificate()
        ).status_code
        == 403
    )


def test_behind_the_gateway_each_phone_is_counted_and_not_the_gateway(nginx: Nginx) -> None:
    address = f"https://127.0.0.1:{nginx.mobile}/fidelizacion/ayuda/"
    with httpx.Client(trust_env=False, timeout=60, verify=any_certificate()) as gateway:
        statuses: list[int] = []
        while 429 not in statuses and len(statuses) < 2000:
            # The phone can write any first address; the gateway adds the last one, which must count
            phone = {"X-Forwarded-For": f"192.0.2.{len(statuses) % 250}, 100.64.7.1"}
            statuses.append(gateway.get(address, headers=phone).status_code)
        assert statuses[-1] == 429
        assert gateway.get(address, headers={"X-Forwarded-For": "100.64.7.2"}).status_code == 200


def test_the_documentation_points_to_the_example() -> None:
    for document in ("nginx.md", "network-identity.md"):
        assert "deploy/nginx" in (BASE / "docs" / document).read_text(encoding="utf-8")
