"""When the mobile network's word for a number is believed (A3, R2.01-R2.09)."""

from ipaddress import ip_network
from itertools import product

import pytest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from otp import network
from otp.models import Challenge, PhoneGuard
from tests import cast
from tests.otp import walk

GATEWAY, FOREIGN_PEER = "10.9.0.1", "203.0.113.9"
MOBILE_CLIENT, OTHER_CLIENT = "100.64.3.2", "198.51.100.7"
ANA = cast.ANA_PHONE.removeprefix("+")


@pytest.fixture
def believing(settings: Settings) -> None:
    settings.MOBILE_HEADER = "X-MSISDN"
    settings.MOBILE_GATEWAYS = [ip_network("10.9.0.0/24")]
    settings.MOBILE_CLIENT_NETWORKS = [ip_network("100.64.0.0/10")]


def enter(client: Client, *, peer: str = GATEWAY, behind: str = MOBILE_CLIENT, number: str = ANA) -> str:
    """Where typing Ana's number leads, with this header."""
    headers = {"X-Forwarded-For": behind, "X-MSISDN": number}
    return client.post(walk.ENTRY, {"phone": cast.ANA_PHONE}, headers=headers, REMOTE_ADDR=peer)["Location"]


def test_by_default_nobody_is_believed() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_MSISDN=ANA)
    assert network.identify(request) is None


@pytest.mark.django_db
@pytest.mark.usefixtures("believing")
@pytest.mark.parametrize(("peer", "behind", "equal"), list(product([True, False], repeat=3)))
def test_only_gateway_and_mobile_client_and_equal_number_skip_the_pin(
    client: Client, peer: bool, behind: bool, equal: bool
) -> None:
    """R2.09, without the signature, which comes later."""
    cast.ana()
    where = enter(
        client,
        peer=GATEWAY if peer else FOREIGN_PEER,
        behind=MOBILE_CLIENT if behind else OTHER_CLIENT,
        number=ANA if equal else cast.BRUNO_PHONE.removeprefix("+"),
    )
    assert (where == "/fidelizacion/solicitud/") is (peer and behind and equal)
    assert ("portal.visitor" in client.session) is (peer and behind and equal)


@pytest.mark.usefixtures("believing")
def test_a_mobile_client_that_reaches_us_past_the_gateway_is_not_believed() -> None:
    """R2.02: whoever is in the mobile network, without the gateway between, can write any header."""
    request = RequestFactory().get("/", REMOTE_ADDR=MOBILE_CLIENT, HTTP_X_MSISDN=ANA)
    assert network.identify(request) is None


@pytest.mark.django_db
@pytest.mark.usefixtures("believing")
def test_an_unregistered_number_sees_the_same_pin_screen_on_the_network(client: Client) -> None:
    assert enter(client) == walk.PIN


@pytest.mark.django_db
@pytest.mark.usefixtures("believing")
def test_looking_at_the_entry_signs_nobody_in(client: Client) -> None:
    """R2.08"""
    cast.ana()
    client.get(walk.ENTRY, REMOTE_ADDR=GATEWAY, HTTP_X_FORWARDED_FOR=MOBILE_CLIENT, HTTP_X_MSISDN=ANA)
    assert "portal.visitor" not in client.session


@pytest.mark.django_db
@pytest.mark.usefixtures("believing")
def test_the_network_path_works_while_the_phone_waits(client: Client) -> None:
    """R1.07"""
    cast.ana()
    PhoneGuard.objects.create(phone=cast.ANA_PHONE, failures=50, locks=7, locked_until="2099-01-01T00:00Z")
    assert enter(client) == "/fidelizacion/solicitud/"


@pytest.mark.django_db
@pytest.mark.usefixtures("believing")
def test_a_code_asked_for_before_dies_when_the_network_identifies(client: Client) -> None:
    cast.ana()
    walk.ask(client, cast.ANA_PHONE)
    enter(client)
    assert Challenge.objects.get().closed_at is not None


@pytest.mark.parametrize(
    "raw",
    [
        f"+{ANA}",
        f"{ANA},{ANA}",
        f"{ANA}, {ANA}",
        f"{ANA}\n",
        f"{ANA}\r\nX: y",
        "0991234567",
        f"{ANA}0",
        ANA[:-1],
        "",
        "593４991234567",
        "0x8a1c",
        "NTkzOTkxMjM0NTY3",
    ],
)
@pytest.mark.usefixtures("believing")
def test_anything_but_one_whole_number_is_ignored(raw: str) -> None:
    """R2.06"""
    request = RequestFactory().get("/", REMOTE_ADDR=GATEWAY, HTTP_X_FORWARDED_FOR=MOBILE_CLIENT, HTTP_X_MSISDN=raw)
    assert network.identify(request) is None


@given(st.text())
def test_no_text_is_taken_for_a_number(raw: str) -> None:
    """R2.06"""
    number = network._number(raw)
    assert number is None or (number[1:] == raw.strip(" \t") and number.startswith("+5939") and len(number) == 13)
