"""Sends SMS through Twilio's API, and classifies each error by whether the SMS may have been sent
(R1.24, R1.25).

The API has no idempotency key: repeating a request that was accepted sends a second SMS, which
costs money. So an error means "not sent" only if the request never reached Twilio or Twilio refused
it; all others are ambiguous. docs/sms.md has the table.
"""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from notifications.sms import (
    AmbiguousFailure,
    BadNumber,
    GatewayFailure,
    PermanentFailure,
    Report,
    TemporaryFailure,
)
from notifications.sms import twilio_callbacks as callbacks
from notifications.sms.twilio_errors import describe

logger = logging.getLogger(__name__)

# Seconds. The first applies to each address of the host name: three addresses and the answer take
# less than the lease of otp.pin.delivery
CONNECT_TIMEOUT, READ_TIMEOUT = 4, 10
MAX_VALIDITY = 36_000  # seconds; Twilio refuses more (its error 21624)
RETRYABLE_STATUSES = frozenset({408, 425, 429})
ACCOUNT_STATUSES = frozenset({401, 403})
# Errors of our settings or account, whatever the recipient: no SMS can be sent until they are
# corrected. The account is closed or on trial (10001, 20005, 21608, 90010) or not found (20404), it
# may not send to the country (21408), the sender is missing or wrong (14108, 21212, 21213, 21601,
# 21603, 21606, 21607, 21659-21661), the callback address is wrong (21609), or the messaging service
# is unknown or empty (21701-21705)
OUR_SETTINGS = frozenset(
    {
        10001,
        14108,
        20005,
        20404,
        21212,
        21213,
        21408,
        21601,
        21603,
        21606,
        21607,
        21608,
        21609,
        21659,
        21660,
        21661,
    }
    | {21701, 21702, 21703, 21704, 21705, 90010}
)
RETRYABLE_CODES = frozenset({21611, 21730})  # the sender's queue is full; Twilio is under maintenance
# The recipient is not a number, not a mobile, a short code or a landline, or has opted out. A code
# that Twilio adds later is handled as PermanentFailure: only the text for staff is less exact
BAD_NUMBERS = frozenset({21211, 21217, 21265, 21610, 21614, 21635})


@dataclass(frozen=True)
class _HttpClient:
    """An HTTP client for Twilio's SDK, which differs from the SDK's default in three ways.

    It has separate timeouts for connecting and reading, follows no redirect (R6.20), and neither
    logs nor keeps the requests (R1.09).
    """

    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # Without cookies, nothing in the session changes while threads share it
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def request(  # the signature that the SDK calls
        self,
        method: str,
        uri: str,
        *,
        params: dict[str, str] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: Any,
    ) -> Any:
        answer = self.session.request(
            method,
            uri,
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
        )
        return Response(answer.status_code, answer.text, answer.headers)


@lru_cache(maxsize=4)
def _client(account_sid: str, auth_token: str, base_url: str) -> Client:
    """Return the client of this process for an account, so that connections are reused."""
    client = Client(account_sid, auth_token, http_client=_HttpClient())
    if base_url:
        client.api.base_url = base_url
    return client


class TwilioGateway:
    """Sends from a number or, if one is set, from a messaging service."""

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        if seconds_left < 1:
            raise TemporaryFailure("twilio: vencido antes de enviarse")
        service = settings.TWILIO_MESSAGING_SERVICE_SID
        options = {"messaging_service_sid": service} if service else {"from_": settings.TWILIO_FROM}
        if callbacks.is_reachable():
            options["status_callback"] = callbacks.address()
        with _classified_errors():
            accepted = _account().messages.create(
                to=to, body=text, validity_period=min(seconds_left, MAX_VALIDITY), **options
            )
        if not isinstance(accepted.sid, str) or not accepted.sid:
            raise AmbiguousFailure("twilio: aceptado sin identificador")
        return accepted.sid

    def fetch_report(self, provider_id: str) -> Report | None:
        with _classified_errors():
            sms = _account().messages(provider_id).fetch()
        return callbacks.read(provider_id, sms.status, sms.error_code)


def _account() -> Client:
    return _client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_BASE_URL)


@contextmanager
def _classified_errors() -> Iterator[None]:
    """Raise a GatewayFailure for each error of the SDK and of its HTTP client."""
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        raise _classify_answer(error.status, error.code) from None
    except requests.RequestException as error:
        failure = TemporaryFailure if _was_not_sent(error) else AmbiguousFailure
        raise failure(f"twilio: {type(error).__name__}") from None
    except (TwilioException, ValueError, TypeError, AttributeError) as error:
        # Success with a body that is not the JSON object that the SDK expects
        raise AmbiguousFailure(f"twilio: {type(error).__name__}") from None


def _classify_answer(status: int, code: object) -> GatewayFailure:
    """Return the error for an answer other than 2xx. Twilio's text contains the number, so only the
    status and the code are kept.
    """
    reason = describe(str(status), code if code != status else None)
    if status >= 500:
        # Twilio advises to try again, but does not say that nothing was queued
        return AmbiguousFailure(reason)
    if code in BAD_NUMBERS:
        return BadNumber(reason)
    if status in ACCOUNT_STATUSES or code in OUR_SETTINGS or status < 400:
        # Twilio does not redirect: after a 3xx, TWILIO_BASE_URL is wrong
        logger.error(
            "%s: no SMS leaves until the account, the sender and the address of Twilio are put right", reason
        )
        return TemporaryFailure(reason)
    retryable = status in RETRYABLE_STATUSES or code in RETRYABLE_CODES
    return TemporaryFailure(reason) if retryable else PermanentFailure(reason)


def _was_not_sent(error: requests.RequestException) -> bool:
    """Whether no connection was made or no request was written, so that Twilio received nothing."""
    # requests raises subclasses of ValueError for an invalid URL
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | ValueError):
        return True
    cause = error.args[0] if error.args else None
    if not isinstance(cause, MaxRetryError):
        return False
    if isinstance(cause.reason, SSLError):
        return bool(cause.reason.args) and isinstance(cause.reason.args[0], ssl.SSLCertVerificationError)
    # Connection refused, unknown host name, no route
    return isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)
