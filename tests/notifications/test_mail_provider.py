"""Mail through a provider's API: the requests, and the outcome of each answer (R4.06, R4.09,
R4.26).
"""

import json
import logging
from collections.abc import Iterator

import pytest
from anymail.exceptions import AnymailAPIError
from botocore.exceptions import ClientError, EndpointConnectionError
from pytest_django import Settings

from notifications.email.email_errors import ServerUnavailable, classify
from notifications.models import Message
from notifications.sending import delivery, transport
from notifications.sending.delivery import SendOutcome, deliver
from notifications.sms import GatewayFailure, PermanentFailure, TemporaryFailure
from tests.fake_smtp import MAILGUN_ID, POSTMARK_ID, FakeMailProvider, fake_mail_provider, use_provider
from tests.fake_twilio import mute_address, refused_address
from tests.notifications.helpers import queue_email
from tests.slowness import Stopwatch

pytestmark = [pytest.mark.loopback, pytest.mark.django_db]


@pytest.fixture
def postmark(settings: Settings) -> Iterator[FakeMailProvider]:
    with fake_mail_provider(settings, "postmark") as fake:
        yield fake


def refused(message: Message) -> GatewayFailure:
    with transport.Transport() as mail_transport, pytest.raises(GatewayFailure) as caught:
        mail_transport.send(message)
    return caught.value


def test_postmark_gets_the_mail_and_its_id_is_kept(postmark: FakeMailProvider) -> None:
    message = queue_email(subject="Ticket 3608314: recibió «ñandú»")
    assert deliver(message.pk) == SendOutcome.SENT
    message.refresh_from_db()
    assert (message.state, message.provider_id) == (Message.State.SENT, POSTMARK_ID)
    [request] = postmark.requests
    body = json.loads(request.body)
    assert (body["Subject"], body["To"], body["From"]) == (
        message.subject,
        message.to,
        "fidelizacion@operadora.example",
    )
    assert (body["TextBody"], body["HtmlBody"]) == (message.text, message.html)
    assert {"Name": "Message-ID", "Value": message.message_id} in body["Headers"]
    assert message.poll_at is None  # only SMS are polled for reports


def test_mailgun_gets_the_mail_and_its_id_is_kept(settings: Settings) -> None:
    with fake_mail_provider(settings, "mailgun") as fake:
        message = queue_email()
        assert deliver(message.pk) == SendOutcome.SENT
    message.refresh_from_db()
    assert message.provider_id == MAILGUN_ID
    assert fake.requests[0].path == "/mg.operadora.example/messages"


def test_a_batch_shares_one_session(postmark: FakeMailProvider) -> None:
    for _ in range(3):
        queue_email()
    assert delivery.deliver_due()[SendOutcome.SENT] == 3
    assert len(postmark.requests) == 3


INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to recipient(s) that have been marked as inactive.\nFound inactive addresses: "
    "ana@acme.example.\nInactive recipients are ones that have generated a hard bounce or a spam complaint.",
}
VAGUE = {"ErrorCode": 406, "Message": "Inactive recipient"}
INVALID = {"ErrorCode": 300, "Message": "Invalid 'To' address: 'ana@acme.example'."}


@pytest.mark.parametrize(
    ("status", "answer", "failure"),
    [
        (422, INACTIVE, PermanentFailure),
        (422, INVALID, PermanentFailure),
        (422, VAGUE, TemporaryFailure),
        (400, {}, PermanentFailure),
        (413, {}, PermanentFailure),
        (401, {}, ServerUnavailable),
        (402, {}, ServerUnavailable),
        (403, {}, ServerUnavailable),
        (404, {}, ServerUnavailable),
        (408, {}, ServerUnavailable),
        (429, {}, ServerUnavailable),
        (500, {}, ServerUnavailable),
        (503, b"<html>", ServerUnavailable),
        (307, {}, ServerUnavailable),
        (200, b"<html>", TemporaryFailure),
        (200, {"ErrorCode": 0}, TemporaryFailure),
        (0, {}, ServerUnavailable),
    ],
)
def test_each_answer_of_the_provider_is_classified_r4_09(
    postmark: FakeMailProvider, status: int, answer: object, failure: type[GatewayFailure]
) -> None:
    postmark.status, postmark.answer = status, answer
    assert type(refused(queue_email())) is failure
    # No library repeated the request or followed the redirect (R6.20)
    assert len(postmark.requests) == 1


def test_the_answer_of_the_provider_is_stored_and_not_logged_r8_08(
    postmark: FakeMailProvider, caplog: pytest.LogCaptureFixture
) -> None:
    for name in [
        "",
        *(name for name in logging.root.manager.loggerDict if name.startswith(("urllib3", "requests"))),
    ]:
        caplog.set_level(logging.DEBUG, logger=name or None)
    postmark.status, postmark.answer = 422, INVALID
    message = queue_email()
    assert deliver(message.pk) == SendOutcome.FAILED
    message.refresh_from_db()
    assert "Invalid 'To' address" in message.last_error
    postmark.status, postmark.answer = 401, {"Message": "canary-of-the-token ana@acme.example"}
    assert deliver(queue_email().pk) == SendOutcome.AGAIN
    assert "ana@acme.example" not in caplog.text
    assert "canary-of-the-token" not in caplog.text
    assert "the mail provider answers 401" in caplog.text


def test_a_batch_ends_when_the_provider_is_unavailable(postmark: FakeMailProvider) -> None:
    postmark.status = 503
    for _ in range(3):
        queue_email()
    assert delivery.deliver_due() == {SendOutcome.AGAIN: 1}
    assert len(postmark.requests) == 1


def test_a_provider_that_never_answers_ends_in_a_timeout_r4_26(postmark: FakeMailProvider) -> None:
    postmark.status = -1
    watch = Stopwatch()
    assert deliver(queue_email().pk) == SendOutcome.AGAIN
    assert watch.seconds() < 5


def test_a_provider_that_cannot_be_reached_only_delays_the_mail(settings: Settings) -> None:
    use_provider(settings, "postmark", refused_address())
    assert type(refused(queue_email())) is ServerUnavailable
    with mute_address() as address:
        use_provider(settings, "postmark", address)
        assert type(refused(queue_email())) is ServerUnavailable


def amazon(code: str, status: int) -> AnymailAPIError:
    """Build an error of Amazon SES as django-anymail raises it."""
    error = AnymailAPIError("SES")
    error.__cause__ = ClientError(
        {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail"
    )
    return error


@pytest.mark.parametrize(
    ("code", "status", "failure"),
    [
        ("MessageRejected", 400, PermanentFailure),
        ("AccessDeniedException", 403, ServerUnavailable),
        ("TooManyRequestsException", 429, ServerUnavailable),
        ("InternalFailure", 500, ServerUnavailable),
    ],
)
def test_errors_of_amazon_ses_are_classified_alike(
    code: str, status: int, failure: type[GatewayFailure]
) -> None:
    assert type(classify(amazon(code, status))) is failure


def test_an_amazon_ses_that_cannot_be_reached_is_unavailable() -> None:
    error = AnymailAPIError("SES")
    error.__cause__ = EndpointConnectionError(endpoint_url="https://email.example")
    assert type(classify(error)) is ServerUnavailable
    assert str(classify(error)) == "EndpointConnectionError"
