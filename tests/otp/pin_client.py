"""Takes a test client through the PIN check; the worker's part runs in this process."""

import re
from typing import TYPE_CHECKING

from django.test import Client

from notifications.sms import memory
from otp.hashing import keyed_hash
from otp.models import Challenge
from otp.pin import delivery

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

ENTRY = "/fidelizacion/"
PIN = "/fidelizacion/pin/"
RESEND = "/fidelizacion/pin/reenviar/"
LEAVE = "/fidelizacion/salir/"
CODE = re.compile(r"\d{4,8}")


def ask(client: Client, phone: str) -> "Page":
    """Type a number on the entry screen."""
    return client.post(ENTRY, {"phone": phone})


def receive(client: Client) -> str | None:
    """Send the code that this session requested; returns it, or None if no SMS was sent."""
    challenge = Challenge.objects.filter(
        session_ref=keyed_hash("session", client.session["portal.name"])
    ).latest("pk")
    memory.outbox.clear()
    delivery.send(challenge.pk)
    if not memory.outbox:
        return None
    match = CODE.search(memory.outbox[-1].text)
    assert match is not None
    return match[0]


def answer(client: Client, code: str) -> "Page":
    """Type a code on the second screen."""
    return client.post(PIN, {"code": code})


def verify(client: Client, phone: str) -> None:
    """Sign in to the portal with this administrator's number and the code of its SMS."""
    ask(client, phone)
    code = receive(client)
    assert code is not None, "no SMS: the number is not of an active administrator with a company"
    assert answer(client, code).status_code == 302
