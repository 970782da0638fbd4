"""The client's address behind proxies (R2.02, R2.12)."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from otp import addresses


def client(peer: str, forwarded: str = "") -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return str(addresses.client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)))


def test_without_trusted_proxies_the_header_is_ignored() -> None:
    assert client("203.0.113.9", "10.0.0.1") == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        # The client can write anything into the left part
        ("10.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9,", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("", "203.0.113.9", "None"),
    ],
)
def test_it_is_read_from_right_to_left_through_our_proxies(
    settings: Settings, peer: str, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    assert client(peer, forwarded) == expected


def test_a_mobile_gateway_is_a_trusted_hop_too(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/24")]
    settings.MOBILE_GATEWAYS = [ip_network("10.9.0.0/24")]
    assert client("10.0.0.1", "8.8.8.8, 100.64.3.2, 10.9.0.1") == "100.64.3.2"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_ipv6_network_of_64_bits_counts_as_one_address(raw: str, expected: str) -> None:
    assert addresses.bucket(addresses.parse(raw)) == expected
