"""Twilio's status callbacks: which are accepted, and what they change (R4.23, R4.24)."""

from itertools import permutations
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from notifications.models import Message, UnmatchedReport
from notifications.reports import webhooks
from tests.notifications.helpers import queue_sms

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
State = Message.State
PATH = "/webhooks/sms/twilio/"
TOKEN, EARLIER = "t" * 32, "e" * 32
PORTAL = "https://portal.operadora.example"
SID = "SM0123456789abcdef0123456789abcdef"
Form = dict[str, str]


@pytest.fixture(autouse=True)
def _twilio(settings: Settings) -> None:
    settings.SMS_GATEWAY, settings.PORTAL_BASE_URL = "twilio", PORTAL
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS = TOKEN, EARLIER


@pytest.fixture
def message() -> Message:
    message = queue_sms()
    Message.objects.filter(pk=message.pk).update(state=State.SENT, provider_id=SID)
    return message


def status(name: str = "delivered", **more: str) -> Form:
    return {
        "AccountSid": "AC1",
        "MessageSid": SID,
        "SmsSid": SID,
        "MessageStatus": name,
        "To": "+593991234567",
        **more,
    }


def signature_of(form: Form, url: str = PORTAL + PATH, token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, form))


def post(form: Form, signature: str | None = None, path: str = PATH, host: str = "testserver") -> int:
    """Post as Twilio does, with no cookie and no CSRF token."""
    headers = {"Host": host, "X-Twilio-Signature": signature_of(form) if signature is None else signature}
    if not headers["X-Twilio-Signature"]:
        del headers["X-Twilio-Signature"]
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        path, urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers
    )
    return int(answer.status_code)


def state_of(message: Message) -> str:
    return Message.objects.get(pk=message.pk).state


def test_a_signed_report_is_applied_r4_23(message: Message) -> None:
    assert post(status("undelivered", ErrorCode="30003")) == 204
    message.refresh_from_db()
    assert message.state == State.FAILED
    assert message.last_error == "twilio: undelivered, código 30003 (teléfono apagado o sin cobertura)"


@pytest.mark.parametrize(
    ("names", "state"),
    [
        (("queued", "sending", "sent", "delivered", "delivered"), State.DELIVERED),
        (("sending", "sent", "undelivered", "undelivered"), State.FAILED),
        (("sent", "delivered", "undelivered", "delivered"), State.FAILED),
        (("queued", "sent", "failed", "delivered"), State.FAILED),
    ],
)
def test_any_order_of_twilios_reports_ends_in_the_same_state_r4_24(
    message: Message, names: tuple[str, ...], state: State
) -> None:
    for order in set(permutations(names)):
        Message.objects.update(state=State.SENT)
        assert {post(status(name)) for name in order} == {204}
        assert state_of(message) == state, order


def test_both_tokens_are_accepted_while_they_are_rotated_r4_23(message: Message, settings: Settings) -> None:
    form = status()
    assert post(form, signature_of(form, token=EARLIER)) == 204
    assert state_of(message) == State.DELIVERED
    settings.TWILIO_AUTH_TOKEN_PREVIOUS = ""
    assert post(form, signature_of(form, token=EARLIER)) == 403
    assert post(form, signature_of(form, token="")) == 403


GOOD = status()
FORGED = {
    "no signature": (GOOD, ""),
    "another text": (GOOD, "nonsense"),
    "not ASCII": (GOOD, "ñandú"),
    "a changed parameter": ({**GOOD, "MessageStatus": "failed"}, signature_of(GOOD)),
    "a parameter more": ({**GOOD, "ErrorCode": "1"}, signature_of(GOOD)),
    "another host": (GOOD, signature_of(GOOD, "https://evil.example" + PATH)),
    "http": (GOOD, signature_of(GOOD, "http://portal.operadora.example" + PATH)),
    "another path": (GOOD, signature_of(GOOD, PORTAL + "/webhooks/sms/")),
    "another token": (GOOD, signature_of(GOOD, token="x" * 32)),
    "of nothing": (GOOD, signature_of({})),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_callback_that_twilio_did_not_sign_is_refused_and_writes_nothing_r4_23(
    message: Message, case: str
) -> None:
    form, signature = FORGED[case]
    with CaptureQueriesContext(connection) as captured:
        assert post(form, signature) == 403
    assert captured.captured_queries == []
    assert state_of(message) == State.SENT


def test_the_signature_is_checked_against_the_configured_address_r4_23(message: Message) -> None:
    """Twilio signs the address in the settings; the request may name any host that we allow."""
    form = status()
    assert post(form, signature_of(form, "http://127.0.0.1" + PATH), host="127.0.0.1") == 403
    assert post(form, host="127.0.0.1") == 204
    assert state_of(message) == State.DELIVERED


def test_the_signed_address_may_contain_the_default_port() -> None:
    form = status("sent")
    assert post(form, signature_of(form, "https://portal.operadora.example:443" + PATH)) == 204


def test_an_unsigned_query_string_changes_nothing(message: Message) -> None:
    assert post(status("sent"), path=f"{PATH}?MessageStatus=failed&MessageSid={SID}") == 204
    assert state_of(message) == State.SENT


def test_only_post_is_answered_r4_23() -> None:
    client = Client()
    for method in ("get", "head", "put", "delete", "options"):
        assert getattr(client, method)(PATH).status_code == 405


def test_a_body_over_16_kb_is_refused_before_it_is_read_r4_23(message: Message) -> None:
    form = status("delivered", Body="")
    form["Body"] = "x" * (webhooks.SMS_BODY - len(urlencode(form)))
    assert len(urlencode(form)) == webhooks.SMS_BODY
    assert post({**form, "Body": form["Body"] + "x"}) == 413
    assert state_of(message) == State.SENT
    assert post(form) == 204
    assert state_of(message) == State.DELIVERED


@pytest.mark.parametrize(
    ("gateway", "provider"), [("demo", "twilio"), ("twilio", "vonage"), ("memory", "memory")]
)
def test_only_the_provider_in_use_has_an_address(settings: Settings, gateway: str, provider: str) -> None:
    settings.SMS_GATEWAY = gateway
    form, path = status(), f"/webhooks/sms/{provider}/"
    assert post(form, signature_of(form, PORTAL + path), path=path) == 404


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageStatus": "delivered"},
        {"MessageSid": SID},
        status("partially_delivered"),
        {**status(), "MessageSid": ""},
        {**status(), "MessageSid": "SM\0"},
        {**status(), "MessageSid": "S" * 65},
    ],
)
def test_a_signed_report_without_a_final_status_is_accepted_and_not_stored(form: Form) -> None:
    assert post(form) == 204
    assert UnmatchedReport.objects.count() == 0


@pytest.mark.parametrize(
    ("code", "reason"), [("", "undelivered"), ("0", "undelivered"), ("x\0", "undelivered")]
)
def test_an_invalid_code_is_left_out(message: Message, code: str, reason: str) -> None:
    assert post(status("undelivered", ErrorCode=code)) == 204
    message.refresh_from_db()
    assert message.last_error == f"twilio: {reason}"


def test_a_code_without_a_text_is_shown_as_a_number(message: Message) -> None:
    post(status("failed", ErrorCode="30999"))
    message.refresh_from_db()
    assert message.last_error == "twilio: failed, código 30999"


def test_a_report_with_an_unknown_sid_is_kept_and_a_temporary_status_is_not_r4_24() -> None:
    assert post({**status("delivered"), "MessageSid": "SM2"}) == 204
    assert post({**status("sent"), "MessageSid": "SM3"}) == 204
    [kept] = UnmatchedReport.objects.all()
    assert (kept.provider_id, kept.kind) == ("SM2", "delivered")


def test_nothing_of_a_report_reaches_a_log_r8_08(message: Message, caplog: pytest.LogCaptureFixture) -> None:
    """A report contains the recipient's number."""
    caplog.set_level(0)
    post(status("undelivered", ErrorCode="30003", Body="731942"))
    post(status(), "forged")
    assert "991234567" not in caplog.text
    assert "731942" not in caplog.text
