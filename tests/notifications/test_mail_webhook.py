"""Webhooks of mail providers, in each provider's format and with its signature."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from notifications.models import Message, UnmatchedReport
from notifications.reports import webhooks
from tests.fake_smtp import MAILGUN_ID, POSTMARK_ID, SECRET, use_provider
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db
State = Message.State
POSTMARK, MAILGUN = "/webhooks/email/postmark/", "/webhooks/email/mailgun/"
Payload = dict[str, Any]

DELIVERY: Payload = {
    "RecordType": "Delivery",
    "ServerID": 23,
    "MessageStream": "outbound",
    "MessageID": POSTMARK_ID,
    "Recipient": "ana@acme.example",
    "Tag": "",
    "DeliveredAt": "2026-11-20T08:49:11Z",
    "Details": "smtp;250 2.0.0 OK",
    "Metadata": {},
}
BOUNCE: Payload = {
    "RecordType": "Bounce",
    "ID": 901542550,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "MessageID": POSTMARK_ID,
    "ServerID": 23,
    "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
    "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist",
    "Email": "ana@acme.example",
    "From": "fidelizacion@operadora.example",
    "BouncedAt": "2026-11-20T08:49:12Z",
    "DumpAvailable": True,
    "Inactive": True,
    "CanActivate": True,
    "Subject": "Ticket 3608314",
    "MessageStream": "outbound",
}
COMPLAINT: Payload = {**BOUNCE, "RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 100_001}
PASSING: Payload = {**BOUNCE, "Type": "Transient", "TypeCode": 2}
REJECTED: Payload = {**BOUNCE, "Type": "ManuallyDeactivated", "TypeCode": 100_006}


@pytest.fixture(autouse=True)
def _postmark(settings: Settings) -> None:
    use_provider(settings, "postmark")


@pytest.fixture
def message() -> Message:
    message = queue_email()
    changes = {"state": State.SENT, "sent_at": timezone.now(), "provider_id": POSTMARK_ID}
    Message.objects.filter(pk=message.pk).update(**changes)
    return message


def basic(secret: str = SECRET) -> str:
    return "Basic " + b64encode(secret.encode()).decode()


def post(body: Payload | bytes, path: str = POSTMARK, secret: str = SECRET, **headers: str) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {**({"Authorization": basic(secret)} if secret else {}), **headers}
    client = Client(enforce_csrf_checks=True)
    return int(client.post(path, raw, content_type="application/json", headers=sent).status_code)


def mailgun(event: str, **more: Any) -> Payload:
    """Build a report of Mailgun, whose body contains a time, a token and their signature."""
    stamp, token = "1795250000", "t" * 50
    signature = hmac.new(b"signing-key", f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    headers = {"to": "ana@acme.example", "message-id": MAILGUN_ID.strip("<>"), "from": "x", "subject": "y"}
    data = {
        "event": event,
        "timestamp": 1795250000.1,
        "recipient": "ana@acme.example",
        "message": {"headers": headers},
    }
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": signature},
        "event-data": {**data, **more},
    }


MAILGUN_BOUNCE = {
    "severity": "permanent",
    "reason": "bounce",
    "delivery-status": {"code": 550, "message": "5.1.1 The email account does not exist", "description": ""},
}


def test_a_delivery_is_recorded_with_the_providers_time(message: Message) -> None:
    assert post(DELIVERY) == 200
    message.refresh_from_db()
    assert (message.state, message.delivered_at) == (
        State.DELIVERED,
        datetime(2026, 11, 20, 8, 49, 11, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (BOUNCE, "Devuelto por el servidor del destinatario: smtp;550 5.1.1 The email account"),
        (REJECTED, "El proveedor de correo no lo envió: smtp;550 5.1.1 The email account"),
    ],
)
def test_a_bounce_or_a_refusal_is_a_failure_with_its_reason(
    message: Message, payload: Payload, reason: str
) -> None:
    for _ in range(2):
        assert post(payload) == 200
    message.refresh_from_db()
    assert message.state == State.FAILED
    assert message.last_error.startswith(reason)


def test_a_complaint_is_recorded_and_the_mail_stays_delivered(message: Message) -> None:
    for payload in (DELIVERY, COMPLAINT):
        assert post(payload) == 200
    message.refresh_from_db()
    assert (message.state, message.complained_at is not None) == (State.DELIVERED, True)


def test_reports_of_a_delay_or_an_opened_mail_change_nothing(message: Message) -> None:
    opened = {**DELIVERY, "RecordType": "Open", "ReceivedAt": "2026-11-20T08:49:11Z"}
    for payload in (PASSING, opened):
        assert post(payload) == 200
    message.refresh_from_db()
    assert (message.state, UnmatchedReport.objects.count()) == (State.SENT, 0)


def test_a_report_that_arrives_before_its_id_is_recorded_is_kept() -> None:
    assert post(DELIVERY) == 200
    assert UnmatchedReport.objects.get().provider_id == POSTMARK_ID


@pytest.mark.parametrize(
    ("event", "more", "state"),
    [
        ("delivered", {}, State.DELIVERED),
        ("failed", MAILGUN_BOUNCE, State.FAILED),
        ("failed", {"severity": "temporary", "reason": "generic"}, State.SENT),
        ("rejected", {"reject": {"reason": "suppressed"}}, State.FAILED),
    ],
)
def test_mailguns_signed_reports_are_applied(
    message: Message, settings: Settings, event: str, more: Payload, state: State
) -> None:
    use_provider(settings, "mailgun")
    Message.objects.update(provider_id=MAILGUN_ID)
    assert post(mailgun(event, **more), MAILGUN) == 200
    message.refresh_from_db()
    assert message.state == state


def test_a_mailgun_report_with_a_forged_signature_is_refused(message: Message, settings: Settings) -> None:
    use_provider(settings, "mailgun")
    Message.objects.update(provider_id=MAILGUN_ID)
    forged = mailgun("delivered")
    forged["signature"]["signature"] = "0" * 64
    with CaptureQueriesContext(connection) as captured:
        assert post(forged, MAILGUN) == 403
    assert captured.captured_queries == []


@pytest.mark.parametrize(
    ("secret", "status"), [("", 401), ("portal:" + "x" * 32, 403), ("nonsense", 403), ("pörtal:ñ", 403)]
)
def test_a_request_without_the_secret_writes_nothing(message: Message, secret: str, status: int) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert post(DELIVERY, secret=secret) == status
        assert post(b"{", secret=secret) == status  # the same answer, since the body is not read
    assert captured.captured_queries == []


def test_both_secrets_are_accepted_while_they_are_rotated(message: Message, settings: Settings) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": ["nuevo:" + "n" * 32, SECRET]}
    assert post(DELIVERY) == 200
    assert post(DELIVERY, secret="nuevo:" + "n" * 32) == 200
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": []}
    assert post(DELIVERY) == 403


@pytest.mark.parametrize("provider", ["mailgun", "nobody", "base", "amazon_ses"])
def test_only_the_provider_in_use_has_an_address(provider: str) -> None:
    assert post(DELIVERY, f"/webhooks/email/{provider}/") == 404


@pytest.mark.parametrize("provider", ["", "scaleway"])
def test_without_a_provider_that_reports_there_is_no_address(settings: Settings, provider: str) -> None:
    settings.EMAIL_PROVIDER = provider
    assert post(DELIVERY, f"/webhooks/email/{provider or 'postmark'}/") == 404


def test_only_post_and_head_are_answered() -> None:
    client = Client()
    assert client.head(POSTMARK).status_code == 200  # some providers test the address with HEAD
    for method in ("get", "put", "delete", "options"):
        assert getattr(client, method)(POSTMARK).status_code == 405


def test_a_body_over_the_limit_is_refused(message: Message) -> None:
    padded = {**DELIVERY, "Metadata": {"x": ""}}
    padded["Metadata"]["x"] = "x" * (webhooks.MAIL_BODY - len(json.dumps(padded)))
    raw = json.dumps(padded).encode()
    assert len(raw) == webhooks.MAIL_BODY
    assert post(raw + b" ") == 413
    assert post(raw) == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b'{"RecordType": []}', b"\xff", b"[" * 100_000]
)
def test_an_unreadable_body_gives_a_400_and_no_traceback(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert post(body) == 400
    assert "Traceback" not in caplog.text


def test_the_content_of_a_report_reaches_no_log_r8_08(
    message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    for payload in (
        BOUNCE,
        DELIVERY,
        {**BOUNCE, "MessageID": "x\0y"},
        {**BOUNCE, "RecordType": ["ana@acme.example"]},
    ):
        post(payload)
    assert "acme.example" not in caplog.text


def test_a_time_in_the_future_is_replaced_by_now(message: Message) -> None:
    assert post({**DELIVERY, "DeliveredAt": "2999-01-01T00:00:00Z"}) == 200
    message.refresh_from_db()
    assert message.delivered_at
    assert message.delivered_at <= timezone.now()
