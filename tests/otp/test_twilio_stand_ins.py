"""Runs the gateway against two third-party fakes of Twilio: a stateful emulator, and a mock server
built from Twilio's OpenAPI file.

`make prove` installs them from npm; no other command needs them.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import Popen

import httpx
import pytest
import requests
import time_machine
from django.utils import timezone
from pytest_django import Settings

from demo.broker import free_port
from jobs import sweep
from notifications.reports import delivery_reports
from notifications.sms import AmbiguousFailure, PermanentFailure, TemporaryFailure, sms_gateway, twilio
from otp.models import AuditEvent, Challenge
from otp.pin import challenges, codes, delivery
from tests import cast, npm
from tests.conformance.project import BASE
from tests.fake_twilio import using_twilio
from tests.notifications.helpers import other_process
from tests.stack import answers, wait_for

pytestmark = [pytest.mark.prove, pytest.mark.loopback, pytest.mark.django_db, pytest.mark.xdist_group("npm")]
PACKAGES = ("emulate@0.8.0", "@stoplight/prism-cli@5.14.2", "@twilio/cli-core@8.3.2")
OPENAPI = "node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
# The account, token and number that the emulator has at its start
EMULATED_ACCOUNT, EMULATED_TOKEN, EMULATED_NUMBER = "AC" + "0" * 32, "twilio_test_auth_token", "+15551234567"


@dataclass
class Emulator:
    """The emulator's process, and calls to its API."""

    process: "Popen[bytes]"
    url: str

    def messages(self) -> list[dict[str, str]]:
        listed = requests.get(
            f"{self.url}/2010-04-01/Accounts/{EMULATED_ACCOUNT}/Messages.json",
            auth=(EMULATED_ACCOUNT, EMULATED_TOKEN),
            timeout=10,
        )
        messages: list[dict[str, str]] = listed.json()["messages"]
        return messages

    def becomes(self, sid: str, status: str) -> None:
        """Set the state of an SMS; the emulator reports it with a signature, as Twilio does."""
        answer = requests.post(
            f"{self.url}/2010-04-01/Accounts/{EMULATED_ACCOUNT}/Messages/{sid}.json",
            data={"Status": status},
            auth=(EMULATED_ACCOUNT, EMULATED_TOKEN),
            timeout=15,
        )
        answer.raise_for_status()


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
    emulator.process.wait(60)
    with pytest.raises(TemporaryFailure) as caught:
        sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=287)
    assert not isinstance(caught.value, AmbiguousFailure)


def test_an_emulator_that_hangs_and_comes_back_sends_a_code_twice_at_most_r1_24(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped when the request arrives, and answers after the client has timed out."""
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


def test_requests_are_valid_by_twilios_openapi_file(prism: None) -> None:
    for seconds_left in (1, 287, 90_000):
        assert sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=seconds_left).startswith("SM")


def test_a_request_that_twilios_openapi_file_does_not_allow_is_refused_for_good(
    prism: None, settings: Settings
) -> None:
    """Shows that the mock server refuses invalid requests, so the test above can fail."""
    settings.TWILIO_MESSAGING_SERVICE_SID = "none of Twilio's"
    with pytest.raises(PermanentFailure, match="twilio: 422"):
        sms_gateway().send(cast.ANA_PHONE, "Hola", seconds_left=287)


@contextmanager
def web(settings: Settings, emulator: Emulator, **changes: str) -> Iterator[str]:
    """Run a web process on the test's database for the emulator's reports; yields its URL."""
    port = free_port()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{port}"
    environment = {
        **other_process(),
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "PORTAL_BASE_URL": settings.PORTAL_BASE_URL,
        "SMS_GATEWAY": "twilio",
        "TWILIO_ACCOUNT_SID": EMULATED_ACCOUNT,
        "TWILIO_AUTH_TOKEN": EMULATED_TOKEN,
        "TWILIO_FROM": EMULATED_NUMBER,
        "TWILIO_BASE_URL": emulator.url,
        **changes,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "fidelizacion.wsgi"], cwd=BASE, env=environment
    )
    try:
        assert wait_for(lambda: answers(f"{settings.PORTAL_BASE_URL}/health/live"))
        yield settings.PORTAL_BASE_URL
    finally:
        process.terminate()
        process.wait(60)


def sent_code() -> Challenge:
    challenge = challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
    delivery.send(challenge.pk)
    challenge.refresh_from_db()
    assert challenge.delivery == Challenge.Delivery.ACCEPTED
    return challenge


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("states", "ends", "result"),
    [
        (["sent", "delivered"], Challenge.Delivery.DELIVERED, AuditEvent.Result.ARRIVED),
        (["delivered", "sent", "delivered"], Challenge.Delivery.DELIVERED, AuditEvent.Result.ARRIVED),
        (["sent", "undelivered"], Challenge.Delivery.UNDELIVERED, AuditEvent.Result.LOST),
    ],
)
def test_the_emulators_signed_callbacks_reach_the_code_r4_23_r4_24(
    emulator: Emulator, settings: Settings, states: list[str], ends: str, result: str
) -> None:
    cast.ana()
    with web(settings, emulator) as address:
        challenge = sent_code()
        assert emulator.messages()[0]["sid"] == challenge.provider_id
        forged = {"MessageSid": challenge.provider_id, "MessageStatus": "failed"}
        callback = f"{address}/webhooks/sms/twilio/"
        assert httpx.post(callback, data=forged, headers={"X-Twilio-Signature": "x"}).status_code == 403
        for state in states:
            emulator.becomes(challenge.provider_id, state)
    challenge.refresh_from_db()
    assert challenge.delivery == ends
    assert list(AuditEvent.objects.filter(kind="reported").values_list("result", flat=True)) == [result]


@pytest.mark.django_db(transaction=True)
def test_callbacks_signed_with_the_earlier_token_count_while_it_is_replaced_r4_23(
    emulator: Emulator, settings: Settings
) -> None:
    cast.ana()
    new = {"TWILIO_AUTH_TOKEN": "the-new-token"}
    for changes, ends in (
        (new, "accepted"),
        ({**new, "TWILIO_AUTH_TOKEN_PREVIOUS": EMULATED_TOKEN}, "delivered"),
    ):
        Challenge.objects.all().delete()
        with web(settings, emulator, **changes):
            challenge = sent_code()
            emulator.becomes(challenge.provider_id, "delivered")
        challenge.refresh_from_db()
        assert challenge.delivery == ends


def test_the_emulator_is_polled_about_an_sms_that_it_did_not_report_r4_25(
    emulator: Emulator, settings: Settings
) -> None:
    """No server listens at the callback's address, so only polling can find the state."""
    cast.ana()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{free_port()}"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = sent_code()
        emulator.becomes(challenge.provider_id, "delivered")
        clock.shift(delivery_reports.POLL_AFTER)
        assert sweep.run("informes") == 1
    challenge.refresh_from_db()
    assert challenge.delivery == Challenge.Delivery.DELIVERED
