"""Hands one message to its carrier: the SMS gateway, an SMTP server, or the API of a mail provider.

Raises TemporaryFailure (again later), PermanentFailure (the far side refuses this message) or
anything else: a mistake of ours, which no repetition mends.
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
    """Sends messages one after the other, the e-mails over one connection; of no more use after
    ServerUnavailable.
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
        """Returns the provider's id, empty for SMTP."""
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
                self._backend = _opened(get_connection(fail_silently=False))
            accepted = self._backend.send_messages([mail])
        except FAILURES as error:
            raise classify(error) from None
        if not accepted:
            raise TemporaryFailure("el servidor de correo no aceptó el mensaje")
        return _provider_id(mail)

    def _close(self) -> None:
        """Close the connection; what was accepted stays accepted, however the goodbye ends."""
        backend, self._backend = self._backend, None
        try:
            if backend is not None:
                backend.close()
        except (smtplib.SMTPException, OSError) as error:
            logger.debug("closing the mail connection: %s", type(error).__name__)


def _opened(backend: BaseEmailBackend) -> BaseEmailBackend:
    backend.open()
    session = getattr(backend, "session", None)
    if isinstance(session, requests.Session):
        session.max_redirects = 0  # the provider's key goes where the settings say, and nowhere else (R6.20)
    return backend


def _provider_id(mail: EmailMultiAlternatives) -> str:
    """What the provider calls it; empty for SMTP. Raises TemporaryFailure where it took nothing."""
    status = getattr(mail, "anymail_status", None)
    if status is None:
        return ""
    if not status.message_id and not status.status & {"sent", "queued"}:
        # Neither refused nor accepted, in the words that django-anymail has for all providers
        raise TemporaryFailure(
            f"el proveedor de correo no lo aceptó: {', '.join(sorted(map(str, status.status)))}"
        )
    return str(status.message_id or "")
