"""The gateway against servers nobody here wrote: a stateful emulator of Twilio, and Twilio's own OpenAPI file.

They come from npm when `make prove` runs, and are not needed for anything else.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from subprocess import Popen

import pytest
import requests
import time_machine
from django.utils import timezone
from pytest_django import Settings

from notifications.gateways import AmbiguousFailure, PermanentFailure, TemporaryFailure, sms_gateway, twilio
from otp import challenges, codes, delivery
from otp.models import Challenge
from tests import cast, npm
from tests.far_twilio import using_twilio

pytestmark = [pytest.mark.prove, pytest.mark.loopback, pytest.mark.django_db, pytest.mark.xdist_group("npm")]
PACKAGES = ("emulate@0.8.0", "@stoplight/prism-cli@5.14.2", "@twilio/cli-core@8.3.2")
OPENAPI = "node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
# What the emulator starts with
EMULATED_ACCOUNT, EMULATED_TOKEN, EMULATED_NUMBER = "AC" + "0" * 32, "twilio_test_auth_token", "+15551234567"


@dataclass
class Emulator:
    """The emulator's process and what it has accepted."""

    process: "Popen[bytes]"
    url: str

    def messages(self) -> list[dict[str, str]]:
        listed = requests.get(
            f"{self.url}/2010-04-01/Accounts/{EMULATED_ACCOUNT}/Messages.json",
            auth=(EMULATED_ACCOUNT, EMULATED_TOKEN),
            timeout=10,
        )
        found: list[dict[str, str]] = listed.json()["messages"]
        return found


@pytest.fixture
def emulator(settings: Settings) -> Iterator[Emulator]:
    with npm.serving(npm.installed(*PACKAGES), "emulate", "start", "--service", "twilio") as (process, port):
        url = f"http://127.0.0.1:{port}"
        with using_twilio(settings, url, EMULATED_TOKEN, EMULATED_ACCOUNT):
            settings.TWILIO_FROM = EMULATED_NUMBER
            yield Emulator(process, url)


@pytest.fixture
def prism(settings: Settings) -> Iterator[None]:
    folder = npm.installed(*PACKAGES)
    with (
        npm.serving(folder, "prism", "mock", "--errors", folder / OPENAPI) as (_process, port),
        using_twilio(settings, f"http://127.0.0.1:{port}"),
    ):
        yield


def test_the_emulator_accepts_what_is_sent(emulator: Emulator) -> None:
    sid = sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=287)
    [message] = emulator.messages()
    assert (message["sid"], message["to"], message["body"]) == (sid, cast.ANA_PHONE, "Hola")


def test_the_emulators_refusals_have_their_class_r1_25(emulator: Emulator, settings: Settings) -> None:
    with pytest.raises(PermanentFailure, match=r"400, código 21\d{3}( |$)"):
        sms_gateway().send("", "Hola", seconds_left=287)
    settings.TWILIO_AUTH_TOKEN = "another"
    with pytest.raises(TemporaryFailure, match="401, código 20003"):
        sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=287)
    twilio._client(EMULATED_ACCOUNT, "another", emulator.url).http_client.session.close()
    assert emulator.messages() == []


def test_a_killed_emulator_got_nothing(emulator: Emulator) -> None:
    sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=287)
    emulator.process.kill()
    emulator.process.wait(10)
    with pytest.raises(TemporaryFailure) as caught:
        sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=287)
    assert not isinstance(caught.value, AmbiguousFailure)


def test_an_emulator_that_hangs_and_comes_back_sends_a_code_twice_at_most_r1_24(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped when the request comes, and answers it later, when nobody listens any more."""
    monkeypatch.setattr(twilio, "READ_TIMEOUT", 0.5)
    cast.ana()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
        emulator.process.send_signal(signal.SIGSTOP)
        delivery.send(challenge.pk)
        emulator.process.send_signal(signal.SIGCONT)
        monkeypatch.setattr(twilio, "READ_TIMEOUT", 10)
        for _ in range(60):
            clock.shift(1)
            delivery.sweep()
    challenge.refresh_from_db()
    bodies = [message["body"] for message in emulator.messages()]
    assert (len(bodies), len(set(bodies))) == (2, 1)
    assert codes.derive(challenge.nonce, challenge.phone) in bodies[0]
    assert (challenge.outcome, challenge.maybe_sent) == (Challenge.Outcome.HANDLED, 2)


def test_what_is_sent_is_what_twilios_own_description_asks_for(prism: None) -> None:
    for seconds_left in (1, 287, 90_000):
        assert sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=seconds_left).startswith("SM")


def test_what_twilios_own_description_does_not_allow_is_refused_for_good(prism: None, settings: Settings) -> None:
    """So that the test above can fail."""
    settings.TWILIO_MESSAGING_SERVICE_SID = "none of Twilio's"
    with pytest.raises(PermanentFailure, match="twilio: 422"):
        sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=287)
