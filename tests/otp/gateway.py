"""Plays the operator's mobile gateway, which adds a header with the number and signs it."""

import time
from ipaddress import ip_network

from django.test import Client
from pytest_django import Settings

from otp.network import signature
from tests import cast
from tests.otp import pin_client

GATEWAY, FOREIGN_PEER = "10.9.0.1", "203.0.113.9"
MOBILE_CLIENT, OTHER_CLIENT = "100.64.3.2", "198.51.100.7"
ANA, BRUNO = cast.ANA_PHONE.removeprefix("+"), cast.BRUNO_PHONE.removeprefix("+")
KEY, OLD_KEY = "new-" + "k" * 40, "old-" + "k" * 40
NONCE = "once-0123456789abcdef"
PAST_THE_PIN = "/fidelizacion/solicitud/"


def configure(settings: Settings, *keys: str) -> None:
    """Make the portal trust the gateway; if keys are given, it must also sign."""
    settings.MOBILE_HEADER = "X-MSISDN"
    settings.MOBILE_GATEWAYS = [ip_network("10.9.0.0/24")]
    settings.MOBILE_CLIENT_NETWORKS = [ip_network("100.64.0.0/10")]
    settings.MOBILE_HEADER_KEY = keys
    settings.NETWORK_IDENTITIES = ("otp.network.mobile_header.MobileHeader",)


def signed(
    number: str = ANA,
    *,
    key: str = KEY,
    late: int = 0,
    nonce: str = NONCE,
    behind: str = MOBILE_CLIENT,
    host: str = "testserver",
) -> str:
    """Return the signature header for a number, made `late` seconds ago."""
    at = int(time.time()) - late
    mac = signature.mac_of(f"v1|{number}|{at}|{nonce}|{behind}|{host}", key)
    return f"t={at},nonce={nonce},v1={mac}"


def enter(
    client: Client,
    *,
    peer: str = GATEWAY,
    behind: str = MOBILE_CLIENT,
    number: str = ANA,
    signature: str = "",
) -> str:
    """Type Ana's number with these headers, and return the path that the answer redirects to."""
    headers = {"X-Forwarded-For": behind, "X-MSISDN": number}
    if signature:
        headers["X-MSISDN-Signature"] = signature
    return client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE}, headers=headers, REMOTE_ADDR=peer)[
        "Location"
    ]


def is_ana(client: Client) -> bool:
    """Whether the session is verified, by the network and for Ana."""
    record = client.session.get("portal.visitor")
    return bool(record and record["phone"] == cast.ANA_PHONE and record["method"] == "network")
