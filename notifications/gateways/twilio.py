"""SMS through Twilio's API."""

import logging
from functools import lru_cache

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from notifications.gateways import PermanentFailure, TemporaryFailure

TIMEOUT = 10  # seconds, to connect and to read (security.md, 0)
MAX_VALIDITY = 36_000  # seconds; Twilio refuses more
# Our own account or credentials, a timeout, too many requests: nothing that is wrong with the message
PASSING_STATUSES = frozenset({401, 408, 429})


# Twilio's client logs the form it posts, number and text included: here it talks to a wall (R1.09, R8.08)
_wall = logging.getLogger(f"{__name__}.wire")
_wall.addFilter(lambda record: False)  # noqa: ARG005


@lru_cache(maxsize=4)
def _client(account_sid: str, auth_token: str, base_url: str) -> Client:
    """One client a process and account, so that connections are reused."""
    client = Client(account_sid, auth_token, http_client=TwilioHttpClient(timeout=TIMEOUT, logger=_wall))
    if base_url:
        client.api.base_url = base_url
    return client


class TwilioGateway:
    """Sends from a number or, where one is set, from a messaging service."""

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        client = _client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_BASE_URL)
        service = settings.TWILIO_MESSAGING_SERVICE_SID
        sender = {"messaging_service_sid": service} if service else {"from_": settings.TWILIO_FROM}
        try:
            accepted = client.messages.create(
                to=to, body=text, validity_period=max(1, min(seconds_left, MAX_VALIDITY)), **sender
            )
        except TwilioRestException as error:
            # Twilio's sentence names the number: only its figures are kept
            reason = f"twilio: {error.status}, código {error.code}"
            if error.status in PASSING_STATUSES or error.status >= 500:
                raise TemporaryFailure(reason) from None
            raise PermanentFailure(reason) from None
        except (requests.RequestException, TwilioException, ValueError) as error:
            raise TemporaryFailure(f"twilio: {type(error).__name__}") from None
        return str(accepted.sid)
