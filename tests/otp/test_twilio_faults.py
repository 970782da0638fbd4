"""Runs each fault of Twilio from the typed number to the last SMS, as docs/sms.md lists it.

The document is in Spanish, because operators read it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as product
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from notifications.sms import twilio
from otp.models import Challenge
from otp.pin import delivery
from tests import cast
from tests.fake_twilio import FakeTwilio, fake_twilio, refused_address, using_twilio
from tests.otp import pin_client

pytestmark = [pytest.mark.django_db, pytest.mark.loopback]
DOCUMENT = Path(product.BASE_DIR) / "docs" / "sms.md"
MINUTES_WATCHED = 4

FAULTS = {
    "ninguna": ["ok"],
    "sin respuesta en 10 s": ["hang"],
    "sin respuesta en 10 s, una vez": ["hang", "ok"],
    "conexión perdida después de la petición": ["close"],
    "conexión perdida después de la petición, una vez": ["close", "ok"],
    "400, el número no sirve (21211, 21614…)": ["400"],
    "400, nuestro remitente está mal (21606, 21603…)": ["400", "400"],
    "401 o 403": ["401"],
    "429": ["429"],
    "429, una vez": ["429", "ok"],
    "500, 502, 504": ["500"],
    "503": ["503"],
    "201 con una respuesta que no es JSON": ["nonsense"],
    "redirección": ["307"],
}
REFUSED = "sin conexión: rechazada, nombre desconocido, nadie en 4 s"


class _Longest:
    """A jitter that always gives the longest pause."""

    def uniform(self, _low: float, high: float) -> float:
        return high


@pytest.fixture(autouse=True)
def _short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(delivery, "_jitter", _Longest())


@pytest.fixture
def twilio_api(settings: Settings) -> Iterator[FakeTwilio]:
    with fake_twilio(settings) as twilio_api:
        yield twilio_api


def documented() -> dict[str, list[str]]:
    """Return the rows of the table by their fault, without the column of the visitor's page."""
    lines = DOCUMENT.read_text(encoding="utf-8").partition("\n## ")[0].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {fault: figures for fault, _seen, *figures in rows[1:]}


def walk(clock: time_machine.Traveller) -> tuple[Challenge, int]:
    """Request a code and run worker and sweep; returns the challenge and the seconds it took."""
    cast.ana()
    begun, client = timezone.now(), Client()
    page = pin_client.ask(client, cast.ANA_PHONE)
    # The visitor is on the second screen before the gateway is called, so no fault shows there
    assert (page.status_code, page["Location"]) == (302, pin_client.PIN)
    assert client.get(pin_client.PIN).status_code == 200
    challenge = Challenge.objects.get()
    delivery.send(challenge.pk)
    ended = timezone.now()
    for _ in range(MINUTES_WATCHED * 60):
        challenge.refresh_from_db()
        if challenge.outcome == Challenge.Outcome.PENDING:
            clock.shift(1)
            delivery.sweep()
            ended = timezone.now()
    challenge.refresh_from_db()
    return challenge, round((ended - begun).total_seconds())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_two_sms_at_most_and_is_as_documented_r1_24_r1_25(
    twilio_api: FakeTwilio, fault: str
) -> None:
    twilio_api.faults = FAULTS[fault]
    twilio_api.code = {("400",): 21211, ("400", "400"): 21606}.get(tuple(twilio_api.faults), 0)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        twilio_api.on_hang = lambda: clock.shift(10)
        challenge, seconds = walk(clock)
    texts = {form["Body"][0] for _, form in twilio_api.requests}
    assert len(texts) == 1  # the same code each time
    assert twilio_api.left <= 2
    tries, left, outcome = str(len(twilio_api.requests)), str(twilio_api.left), f"`{challenge.outcome}`"
    assert documented()[fault] == [str(seconds), tries, left, outcome]


def test_no_connection_costs_no_sms_and_is_as_documented(settings: Settings) -> None:
    with using_twilio(settings, refused_address()), time_machine.travel(timezone.now(), tick=False) as clock:
        challenge, seconds = walk(clock)
    assert challenge.maybe_sent == 0
    tries, outcome = str(challenge.send_attempts), f"`{challenge.outcome}`"
    assert documented()[REFUSED] == [str(seconds), tries, "0", outcome]


def test_every_row_of_the_document_is_one_that_is_tested() -> None:
    assert set(documented()) == {*FAULTS, REFUSED}
