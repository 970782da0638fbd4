"""What can go wrong with a mail, over SMTP or a provider's API, sorted into three kinds (R4.09)."""

import logging
import smtplib
from http import HTTPStatus

import requests
from anymail.exceptions import AnymailAPIError, AnymailInvalidAddress, AnymailRecipientsRefused

from notifications.sms import GatewayFailure, PermanentFailure, TemporaryFailure

logger = logging.getLogger(__name__)

REFUSED_FOR_NOW = frozenset({408, 425, 429})
# Unpaid, wrong key, wrong domain: operations staff can mend it, and no recipient is at fault
ACCOUNT_STATUSES = frozenset({401, 402, 403, 404, 407})
QUOTED = 150  # characters of an answer that staff see


class ServerUnavailable(TemporaryFailure):
    """Nobody answers, or not in time: the next message would fare no better now."""


FAILURES = (smtplib.SMTPException, OSError, AnymailAPIError, AnymailInvalidAddress, AnymailRecipientsRefused)


def classify(error: Exception) -> GatewayFailure:
    """The kind of failure that one of FAILURES stands for."""
    if isinstance(error, AnymailRecipientsRefused | AnymailInvalidAddress):
        return PermanentFailure(_answer(error) or "el proveedor no acepta al destinatario")
    return _classify_api(error) if isinstance(error, AnymailAPIError) else _classify_smtp(error)


def _classify_smtp(error: Exception) -> GatewayFailure:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()), (0, b""))
        return _verdict(code, answer)
    if isinstance(error, smtplib.SMTPDataError):
        return _verdict(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPSenderRefused):
        # Our own address or account: operations staff can mend it, the recipient is not at fault
        return TemporaryFailure(_words(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPResponseException):
        return ServerUnavailable(_words(error.smtp_code, error.smtp_error))
    return ServerUnavailable(type(error).__name__)


def _classify_api(error: AnymailAPIError) -> GatewayFailure:
    status = _status(error)
    reason = f"API {status} {_answer(error)}".strip() if status else type(error.__cause__ or error).__name__
    if status in ACCOUNT_STATUSES:
        logger.error("the mail provider answers %d: no mail leaves until its settings are put right", status)
        return ServerUnavailable(reason)
    if not status or status in REFUSED_FOR_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerUnavailable(reason)
    if status < HTTPStatus.BAD_REQUEST:
        # "Accepted", in words that cannot be read: it may go twice, and then with the same
        # Message-ID
        return TemporaryFailure(reason)
    return PermanentFailure(reason)


def _status(error: AnymailAPIError) -> int:
    """What the API answered, 0 for nothing. Amazon's own library keeps it elsewhere."""
    if error.status_code:
        return int(error.status_code)
    answer = getattr(error.__cause__, "response", None)
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) if isinstance(answer, dict) else 0


def _answer(error: AnymailAPIError | AnymailInvalidAddress | AnymailRecipientsRefused) -> str:
    """The words of the API. They may quote the recipient: for the row, never for a log."""
    response = error.response
    said = response.text if isinstance(response, requests.Response) else ""
    return " ".join(said.split())[:QUOTED]


def _verdict(code: int, answer: bytes | str) -> GatewayFailure:
    if code == 421:  # RFC 5321, 3.8: the server is closing the connection
        return ServerUnavailable(_words(code, answer))
    if 500 <= code <= 599:
        return PermanentFailure(_words(code, answer))
    return TemporaryFailure(_words(code, answer))


def _words(code: int, answer: bytes | str) -> str:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(said.split())}".strip()
