"""SMS through Twilio's API, each way it can go wrong sorted by one question: may the SMS have left?
(R1.24, R1.25).

The API has no idempotency key: whoever repeats a request that was accepted sends, and pays for, a
second SMS. So a failure is "certainly not sent" only where nothing was handed over or Twilio itself
refused; all else is ambiguous. docs/sms.md has the table.
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

# Seconds. A name has several addresses and each is tried for so long: three of them and the answer
# fit in the lease of otp.pin.delivery
CONNECT_TIMEOUT, READ_TIMEOUT = 4, 10
MAX_VALIDITY = 36_000  # seconds; Twilio refuses more (its error 21624)
REFUSED_FOR_NOW = frozenset({408, 425, 429})
ACCOUNT_STATUSES = frozenset({401, 403})
# Our settings or our account, whatever the number: no SMS of anybody leaves until somebody mends
# them. The account is closed or on trial (10001, 20005, 21608, 90010), may not send to the country
# (21408), the sender is missing or wrong (14108, 21212, 21213, 21601, 21603, 21606, 21607,
# 21659-21661), the report address is (21609), or the messaging service is unknown or empty:
# 21701-21705
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
REFUSED_FOR_NOW_CODES = frozenset({21611, 21730})  # the sender's queue is full; Twilio is under maintenance
# Not a number, not a mobile, opted out, short code, landline. Twilio adds codes: only what staff
# read depends on them
BAD_NUMBERS = frozenset({21211, 21217, 21265, 21610, 21614, 21635})


@dataclass(frozen=True)
class _Wire:
    """The SDK's HTTP client, of which ours differs in three things.

    It has a timeout to connect besides the one to read, follows no redirect (R6.20), and neither
    logs nor keeps what it posts (R1.09).
    """

    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # Nothing then changes in the session while threads share it
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def request(  # as the SDK calls it
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
    """One client a process and account, so that connections are reused."""
    client = Client(account_sid, auth_token, http_client=_Wire())
    if base_url:
        client.api.base_url = base_url
    return client


class TwilioGateway:
    """Sends from a number or, where one is set, from a messaging service."""

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        if seconds_left < 1:
            raise TemporaryFailure("twilio: vencido antes de enviarse")
        service = settings.TWILIO_MESSAGING_SERVICE_SID
        options = {"messaging_service_sid": service} if service else {"from_": settings.TWILIO_FROM}
        if callbacks.may_call_back():
            options["status_callback"] = callbacks.address()
        with _sorted_failures():
            accepted = _account().messages.create(
                to=to, body=text, validity_period=min(seconds_left, MAX_VALIDITY), **options
            )
        if not isinstance(accepted.sid, str) or not accepted.sid:
            raise AmbiguousFailure("twilio: aceptado sin identificador")
        return accepted.sid

    def fetch_report(self, provider_id: str) -> Report | None:
        with _sorted_failures():
            sms = _account().messages(provider_id).fetch()
        return callbacks.read(provider_id, sms.status, sms.error_code)


def _account() -> Client:
    return _client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_BASE_URL)


@contextmanager
def _sorted_failures() -> Iterator[None]:
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        raise _refusal(error.status, error.code) from None
    except requests.RequestException as error:
        raise _lost(error) from None
    except (TwilioException, ValueError, TypeError, AttributeError) as error:
        # "Accepted", in words that cannot be read: the SDK takes the body for the JSON object it
        # should be
        raise AmbiguousFailure(f"twilio: {type(error).__name__}") from None


def _refusal(status: int, code: object) -> GatewayFailure:
    """What an answer other than 2xx means. Twilio's sentence names the number: only its figures are
    kept.
    """
    reason = describe(str(status), code if code != status else None)
    if status >= 500:
        # Twilio's advice is to try again, and it does not say that nothing was queued: so, once
        return AmbiguousFailure(reason)
    if code in BAD_NUMBERS:
        return BadNumber(reason)
    if status in ACCOUNT_STATUSES or code in OUR_SETTINGS or status < 400:
        # A redirect is no answer of Twilio's either: the base URL leads somewhere else
        logger.error(
            "%s: no SMS leaves until the account, the sender and the address of Twilio are put right", reason
        )
        return TemporaryFailure(reason)
    for_now = status in REFUSED_FOR_NOW or code in REFUSED_FOR_NOW_CODES
    return TemporaryFailure(reason) if for_now else PermanentFailure(reason)


def _lost(error: requests.RequestException) -> GatewayFailure:
    """What no answer, or half of one, means."""
    reason = f"twilio: {type(error).__name__}"
    return TemporaryFailure(reason) if _never_left(error) else AmbiguousFailure(reason)


def _never_left(error: requests.RequestException) -> bool:
    """Whether the connection was never made, or the request could not even be written."""
    # The last are ValueErrors, raised for an address that is none
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | ValueError):
        return True
    cause = error.args[0] if error.args else None
    if not isinstance(cause, MaxRetryError):
        return False
    if isinstance(cause.reason, SSLError):
        return bool(cause.reason.args) and isinstance(cause.reason.args[0], ssl.SSLCertVerificationError)
    # Refused, unknown name, no route
    return isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)
