"""The Twilio gateway: its requests, the class of each error, and that it logs no SMS."""

import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from pytest_django import Settings

from notifications.sms import (
    AmbiguousFailure,
    BadNumber,
    GatewayFailure,
    PermanentFailure,
    TemporaryFailure,
    sms_gateway,
    twilio,
)
from tests.fake_twilio import (
    ACCOUNT,
    TOKEN,
    FakeTwilio,
    fake_twilio,
    mute_address,
    refused_address,
    using_twilio,
)
from tests.slowness import Stopwatch

pytestmark = pytest.mark.loopback
NUMBER, TEXT = "+593991234567", "Codigo 731942"
SHORT_TIMEOUT = 0.4  # seconds, instead of 10


@pytest.fixture
def twilio_api(settings: Settings) -> Iterator[FakeTwilio]:
    with fake_twilio(settings) as twilio_api:
        yield twilio_api


def send(seconds_left: int = 300) -> str:
    return sms_gateway().send(NUMBER, TEXT, seconds_left=seconds_left)


def test_twilio_gets_the_message_and_its_validity_period_r1_23(twilio_api: FakeTwilio) -> None:
    assert send(287) == "SM123"
    path, form = twilio_api.requests[0]
    assert path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    callback = ["http://127.0.0.1:8000/webhooks/sms/twilio/"]
    sent = {"To": [NUMBER], "Body": [TEXT], "From": ["+15005550006"], "ValidityPeriod": ["287"]}
    assert form == {**sent, "StatusCallback": callback}


def test_twilio_sends_from_a_messaging_service_if_one_is_set(
    settings: Settings, twilio_api: FakeTwilio
) -> None:
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG1"
    send(90_000)
    form = twilio_api.requests[0][1]
    assert (form["MessagingServiceSid"], form["ValidityPeriod"], form.get("From")) == (
        ["MG1"],
        ["36000"],
        None,
    )


@pytest.mark.parametrize("seconds_left", [0, -1])
def test_an_expired_sms_is_not_sent_r1_23(twilio_api: FakeTwilio, seconds_left: int) -> None:
    with pytest.raises(TemporaryFailure):
        send(seconds_left)
    assert twilio_api.requests == []


@pytest.mark.parametrize(
    ("fault", "code", "failure", "reason"),
    [
        ("400", 21211, BadNumber, "twilio: 400, código 21211 (no es un número válido)"),
        ("400", 21614, BadNumber, "twilio: 400, código 21614 (no es un número móvil)"),
        ("400", 21610, BadNumber, "twilio: 400, código 21610 (el destinatario pidió no recibir SMS)"),
        ("400", 21602, PermanentFailure, "twilio: 400, código 21602"),
        ("400", 21612, PermanentFailure, "twilio: 400, código 21612"),
        ("400", 21611, TemporaryFailure, "twilio: 400, código 21611 (la cola del remitente está llena)"),
        ("400", 0, PermanentFailure, "twilio: 400"),
        ("404", 0, PermanentFailure, "twilio: 404"),
        ("401", 20003, TemporaryFailure, "twilio: 401, código 20003"),
        ("403", 20003, TemporaryFailure, "twilio: 403, código 20003"),
        ("307", 0, TemporaryFailure, "twilio: 307"),
        ("408", 0, TemporaryFailure, "twilio: 408"),
        ("429", 20429, TemporaryFailure, "twilio: 429, código 20429"),
        ("500", 20500, AmbiguousFailure, "twilio: 500, código 20500"),
        ("503", 20503, AmbiguousFailure, "twilio: 503, código 20503"),
        ("nonsense", 0, AmbiguousFailure, "twilio: JSONDecodeError"),
        ("list", 0, AmbiguousFailure, "twilio: AttributeError"),
        ("no sid", 0, AmbiguousFailure, "twilio: aceptado sin identificador"),
        ("close", 0, AmbiguousFailure, "twilio: ConnectionError"),
        ("half", 0, AmbiguousFailure, "twilio: ChunkedEncodingError"),
    ],
)
def test_each_answer_is_classified_without_naming_the_number_r1_25_r4_09(
    twilio_api: FakeTwilio, fault: str, code: int, failure: type[GatewayFailure], reason: str
) -> None:
    twilio_api.faults, twilio_api.code = [fault], code
    watch = Stopwatch()
    with pytest.raises(GatewayFailure) as caught:
        send()
    assert watch.seconds() < 9  # waiting for an answer would take 10
    assert (type(caught.value), str(caught.value)) == (failure, reason)
    # No library repeated the request or followed the redirect (R6.20)
    assert len(twilio_api.requests) == 1


def test_without_an_answer_it_is_unknown_whether_the_sms_was_sent_r1_24(
    twilio_api: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio, "READ_TIMEOUT", SHORT_TIMEOUT)
    twilio_api.faults = ["hang"]
    watch = Stopwatch()
    with pytest.raises(AmbiguousFailure, match="ReadTimeout"):
        send()
    assert watch.seconds() < 9
    assert len(twilio_api.requests) == 1


def send_and_expect_not_sent(settings: Settings, address: str) -> tuple[float, str]:
    with using_twilio(settings, address):
        begun = time.perf_counter()
        with pytest.raises(TemporaryFailure) as caught:
            send()
    assert type(caught.value) is TemporaryFailure
    return time.perf_counter() - begun, str(caught.value)


def test_a_refused_connection_sent_nothing(settings: Settings) -> None:
    assert send_and_expect_not_sent(settings, refused_address())[0] < 2


def test_a_connection_that_is_never_made_sent_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio, "CONNECT_TIMEOUT", SHORT_TIMEOUT)
    with mute_address() as address:
        seconds, reason = send_and_expect_not_sent(settings, address)
    assert SHORT_TIMEOUT <= seconds < SHORT_TIMEOUT + 2
    assert reason == "twilio: ConnectTimeout"


def test_an_unknown_name_sent_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    send_and_expect_not_sent(settings, "http://twilio.invalid")


def test_an_invalid_address_sent_nothing(settings: Settings) -> None:
    send_and_expect_not_sent(settings, "nowhere")


@pytest.mark.parametrize("code", sorted(twilio.OUR_SETTINGS))
def test_22_an_error_of_our_sender_account_or_service_is_retried_and_logged(
    twilio_api: FakeTwilio, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    """The number is not at fault, and the SMS is sent once the settings are corrected."""
    twilio_api.faults, twilio_api.code = ["404" if code == 20404 else "400"], code
    with pytest.raises(GatewayFailure) as caught:
        send()
    assert type(caught.value) is TemporaryFailure
    assert [(record.levelname, record.name) for record in caplog.records] == [("ERROR", twilio.__name__)]


def test_22_the_error_codes_of_the_sender_are_errors_of_our_settings() -> None:
    assert {21603, 21606, 21659, 21660, 21661, 21703, 21408, 21608} <= twilio.OUR_SETTINGS
    assert not twilio.OUR_SETTINGS & (twilio.BAD_NUMBERS | twilio.RETRYABLE_CODES)


def test_errors_of_our_account_are_logged_for_operations_staff(
    twilio_api: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    twilio_api.faults, twilio_api.code = ["401"], 20003
    with pytest.raises(TemporaryFailure):
        send()
    assert [(record.levelname, record.name) for record in caplog.records] == [("ERROR", twilio.__name__)]


@pytest.mark.parametrize("fault", ["ok", "400", "401", "500", "close", "nonsense"])
def test_nothing_of_an_sms_reaches_a_log_r1_09_r8_08(
    twilio_api: FakeTwilio, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    twilio_api.faults = [fault]
    loggers = [
        name for name in logging.root.manager.loggerDict if name.startswith(("twilio", "urllib3", "requests"))
    ]
    assert "urllib3.connectionpool" in loggers
    for name in ["", "http.client", *loggers]:
        caplog.set_level(logging.DEBUG, logger=name or None)
    try:
        send()
    except GatewayFailure as failure:
        logging.getLogger("caller").exception("not sent", exc_info=failure)
    assert twilio_api.requests
    for secret in ("731942", "991234567", TOKEN, "Basic "):
        assert secret not in caplog.text


def test_every_request_has_timeouts_r1_25(twilio_api: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The timeouts are 4 s to connect and 10 s to answer. No redirect is followed."""
    options_seen: list[tuple[object, object]] = []
    request = requests.Session.request

    def watched(self: requests.Session, *args: Any, **options: Any) -> requests.Response:
        options_seen.append((options["timeout"], options["allow_redirects"]))
        return request(self, *args, **options)

    monkeypatch.setattr(requests.Session, "request", watched)
    send()
    assert options_seen == [((4, 10), False)]


def test_connections_are_reused_and_threads_share_the_client(twilio_api: FakeTwilio) -> None:
    for _ in range(5):
        send()
    assert (len(twilio_api.requests), twilio_api.connections) == (5, 1)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: send(), range(40))) == {"SM123"}
    assert len(twilio_api.requests) == 45
    assert twilio_api.connections <= 10
