"""Classifies errors of SMTP servers and mail providers' APIs as temporary, permanent or "server
unavailable" (R4.09).
"""

import logging
import smtplib
from http import HTTPStatus

import requests
from anymail.exceptions import AnymailAPIError, AnymailInvalidAddress, AnymailRecipientsRefused

from notifications.sms import GatewayFailure, PermanentFailure, TemporaryFailure

logger = logging.getLogger(__name__)

RETRYABLE_STATUSES = frozenset({408, 425, 429})
# An unpaid account, a wrong key or domain: operations staff can correct it, so it is temporary
ACCOUNT_STATUSES = frozenset({401, 402, 403, 404, 407})
MAX_REASON = 150  # characters of the provider's answer that staff see


class ServerUnavailable(TemporaryFailure):
    """The server cannot be reached or does not answer: the next message would fail as well."""


FAILURES = (smtplib.SMTPException, OSError, AnymailAPIError, AnymailInvalidAddress, AnymailRecipientsRefused)


def classify(error: Exception) -> GatewayFailure:
    """Return the GatewayFailure to raise for an error that is one of FAILURES."""
    if isinstance(error, AnymailRecipientsRefused | AnymailInvalidAddress):
        return PermanentFailure(_api_answer(error) or "el proveedor no acepta al destinatario")
    return _classify_api(error) if isinstance(error, AnymailAPIError) else _classify_smtp(error)


def _classify_smtp(error: Exception) -> GatewayFailure:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()), (0, b""))
        return _classify_reply(code, answer)
    if isinstance(error, smtplib.SMTPDataError):
        return _classify_reply(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPSenderRefused):
        # The server refuses our address or account: operations staff can correct it
        return TemporaryFailure(_smtp_reason(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPResponseException):
        return ServerUnavailable(_smtp_reason(error.smtp_code, error.smtp_error))
    return ServerUnavailable(type(error).__name__)


def _classify_api(error: AnymailAPIError) -> GatewayFailure:
    status = _api_status(error)
    reason = (
        f"API {status} {_api_answer(error)}".strip() if status else type(error.__cause__ or error).__name__
    )
    if status in ACCOUNT_STATUSES:
        logger.error("the mail provider answers %d: no mail leaves until its settings are put right", status)
        return ServerUnavailable(reason)
    if not status or status in RETRYABLE_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerUnavailable(reason)
    if status < HTTPStatus.BAD_REQUEST:
        # Success with an unreadable body. The mail may have left; a second one would carry the same
        # Message-ID
        return TemporaryFailure(reason)
    return PermanentFailure(reason)


def _api_status(error: AnymailAPIError) -> int:
    """Return the HTTP status of the API's answer, 0 if it gave none."""
    if error.status_code:
        return int(error.status_code)
    response = getattr(error.__cause__, "response", None)  # boto3 has it in its ClientError (Amazon SES)
    if not isinstance(response, dict):
        return 0
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _api_answer(error: AnymailAPIError | AnymailInvalidAddress | AnymailRecipientsRefused) -> str:
    """Return the text of the API's answer. It may quote the recipient, so it is not logged."""
    response = error.response
    text = response.text if isinstance(response, requests.Response) else ""
    return " ".join(text.split())[:MAX_REASON]


def _classify_reply(code: int, answer: bytes | str) -> GatewayFailure:
    reason = _smtp_reason(code, answer)
    if code == 421:  # RFC 5321, 3.8: the server is closing the connection
        return ServerUnavailable(reason)
    return PermanentFailure(reason) if 500 <= code <= 599 else TemporaryFailure(reason)


def _smtp_reason(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}".strip()
