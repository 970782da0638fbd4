"""The carriers: what each does with an SMS, and which failures are worth another try."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings
from time_machine import TimeMachineFixture

from fidelizacion.demo.broker import free_port
from notifications.gateways import PermanentFailure, TemporaryFailure, demo, memory, sms_gateway, twilio
from notifications.models import DemoMessage

NUMBER, TEXT = "+593991234567", "Codigo 731942"


def test_an_unknown_name_is_a_mistake_of_configuration(settings: Settings) -> None:
    settings.SMS_GATEWAY = "palomas"
    with pytest.raises(ImproperlyConfigured, match="twilio"):
        sms_gateway()


def test_memory_keeps_what_was_sent() -> None:
    memory.outbox.clear()
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert memory.outbox == [memory.SentSms(NUMBER, TEXT, 300)]


def test_the_console_shows_an_sms_in_debug_only_r1_09(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SMS_GATEWAY = "console"
    with pytest.raises(ImproperlyConfigured):
        sms_gateway()
    settings.DEBUG = True
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert TEXT in capsys.readouterr().err


@pytest.mark.django_db
def test_the_demo_gateway_needs_the_demo(settings: Settings) -> None:
    settings.SMS_GATEWAY = "demo"
    with pytest.raises(ImproperlyConfigured):
        sms_gateway()
    settings.DEMO = True
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert DemoMessage.objects.get().text == TEXT


@pytest.mark.django_db
def test_messages_of_one_instant_keep_their_order(settings: Settings, time_machine: TimeMachineFixture) -> None:
    settings.DEMO = True
    time_machine.move_to("2026-12-01T12:00:00Z", tick=False)
    for number in range(5):
        demo.DemoGateway().send(NUMBER, f"SMS {number}", seconds_left=300)
    assert [row.text for row in DemoMessage.objects.all()] == ["SMS 4", "SMS 3", "SMS 2", "SMS 1", "SMS 0"]


@pytest.mark.django_db
def test_the_demo_mailbox_keeps_both_parts(settings: Settings) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "notifications.gateways.demo.DemoEmailBackend"
    mail = EmailMultiAlternatives("Asunto", "texto", to=["ana@acme.example"], headers={"Message-ID": "<1@x>"})
    mail.attach_alternative("<p>html</p>", "text/html")
    assert mail.send() == 1
    row = DemoMessage.objects.get()
    assert (row.channel, row.subject, row.text, row.html, row.message_id) == (
        "email", "Asunto", "texto", "<p>html</p>", "<1@x>",
    )  # fmt: skip


@dataclass
class TwilioStandIn:
    """The far side of the network: answers what it is told, keeps what it was asked."""

    status: int = 201
    answer: dict[str, object] = field(default_factory=lambda: {"sid": "SM123"})
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)


@pytest.fixture
def far_side(settings: Settings) -> Iterator[TwilioStandIn]:
    stand_in = TwilioStandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            stand_in.asked.append((self.path, parse_qs(body)))
            answer = json.dumps(stand_in.answer).encode()
            self.send_response(stand_in.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    _use_twilio(settings, server.server_port)
    yield stand_in
    server.shutdown()
    thread.join()
    server.server_close()


def _use_twilio(settings: Settings, port: int) -> None:
    settings.SMS_GATEWAY = "twilio"
    settings.TWILIO_BASE_URL = f"http://127.0.0.1:{port}"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "token"
    settings.TWILIO_FROM, settings.TWILIO_MESSAGING_SERVICE_SID = "+15005550006", ""


@pytest.mark.loopback
def test_twilio_gets_the_message_and_how_long_it_is_worth_something(far_side: TwilioStandIn) -> None:
    assert sms_gateway().send(NUMBER, TEXT, seconds_left=287) == "SM123"
    path, form = far_side.asked[0]
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert form == {"To": [NUMBER], "Body": [TEXT], "From": ["+15005550006"], "ValidityPeriod": ["287"]}


@pytest.mark.loopback
def test_twilio_sends_from_a_messaging_service_where_there_is_one(settings: Settings, far_side: TwilioStandIn) -> None:
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG1"
    sms_gateway().send(NUMBER, TEXT, seconds_left=90_000)
    form = far_side.asked[0][1]
    assert (form["MessagingServiceSid"], form["ValidityPeriod"], form.get("From")) == (["MG1"], ["36000"], None)


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, PermanentFailure), (403, PermanentFailure), (404, PermanentFailure), (401, TemporaryFailure),
        (408, TemporaryFailure), (429, TemporaryFailure), (500, TemporaryFailure), (503, TemporaryFailure),
    ],
)  # fmt: skip
def test_twilios_refusals_have_their_class_and_name_no_number_r4_09(
    far_side: TwilioStandIn, status: int, failure: type[Exception]
) -> None:
    far_side.status = status
    far_side.answer = {"code": 21211, "message": f"The 'To' number {NUMBER} is not valid", "status": status}
    with pytest.raises(failure) as caught:
        sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert str(caught.value) == f"twilio: {status}, código 21211"


@pytest.mark.loopback
def test_twilio_out_of_reach_is_worth_another_try(settings: Settings) -> None:
    _use_twilio(settings, free_port())
    with pytest.raises(TemporaryFailure):
        sms_gateway().send(NUMBER, TEXT, seconds_left=300)


@pytest.mark.loopback
def test_nothing_of_an_sms_reaches_a_log_r1_09_r8_08(far_side: TwilioStandIn, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="twilio.http_client"):
        sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert "731942" not in caplog.text
    assert "991234567" not in caplog.text
    assert far_side.asked


def test_twilio_is_never_waited_for_without_end() -> None:
    assert twilio._client("AC2", "token", "").http_client.timeout == 10
