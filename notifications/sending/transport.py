"""Sends a message over the SMS gateway, an SMTP server, or the API of a mail provider.

`Transport.send` raises TemporaryFailure if the message can be tried again, and PermanentFailure if
the recipient's side refuses it. Any other exception is a bug or a wrong setting; a retry would fail
the same way.
"""

import logging
import smtplib
from types import TracebackType
from typing import Self

import requests
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notifications.email.email_errors import FAILURES, classify
from notifications.email.email_message import build
from notifications.models import Message
from notifications.sms import TemporaryFailure, sms_gateway

logger = logging.getLogger(__name__)


class Transport:
    """Sends several messages, the e-mails over one connection. After ServerUnavailable that
    connection is broken, so the caller must stop.
    """

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, message: Message) -> str:
        """Send a message and return the provider's id for it, which is empty for SMTP."""
        if message.channel == Message.Channel.SMS:
            seconds_left = int((message.give_up_at - timezone.now()).total_seconds())
            if seconds_left < 1:
                raise TemporaryFailure("vencido antes de enviarse")
            return sms_gateway().send(message.to, message.text, seconds_left=seconds_left)
        return self._send_email(message)

    def _send_email(self, message: Message) -> str:
        mail = build(message)
        try:
            if self._backend is None:
                self._backend = _open(get_connection(fail_silently=False))
            accepted = self._backend.send_messages([mail])
        except FAILURES as error:
            raise classify(error) from None
        if not accepted:
            raise TemporaryFailure("el servidor de correo no aceptó el mensaje")
        return _provider_id(mail)

    def _close(self) -> None:
        """Close the connection. Errors are ignored: accepted messages stay accepted."""
        backend, self._backend = self._backend, None
        try:
            if backend is not None:
                backend.close()
        except (smtplib.SMTPException, OSError) as error:
            logger.debug("closing the mail connection: %s", type(error).__name__)


def _open(backend: BaseEmailBackend) -> BaseEmailBackend:
    backend.open()
    session = getattr(backend, "session", None)
    if isinstance(session, requests.Session):
        session.max_redirects = 0  # a redirect would send the provider's API key to another host (R6.20)
    return backend


def _provider_id(mail: EmailMultiAlternatives) -> str:
    """Return the provider's id of a sent mail, empty for SMTP. Raises TemporaryFailure if the
    provider did not accept it.
    """
    status = getattr(mail, "anymail_status", None)
    if status is None:
        return ""
    if not status.message_id and not status.status & {"sent", "queued"}:
        # django-anymail translates each provider's statuses to a common set; this one is neither
        # an acceptance nor a refusal
        raise TemporaryFailure(
            f"el proveedor de correo no lo aceptó: {', '.join(sorted(map(str, status.status)))}"
        )
    return str(status.message_id or "")
