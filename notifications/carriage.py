"""Hands one message to its carrier, and sorts what can go wrong into three kinds (R4.09).

Raises TemporaryFailure (again later), PermanentFailure (the far side refuses this message) or anything else: a mistake
of ours, which no repetition mends.
"""

import logging
import smtplib
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notifications import outbox
from notifications.gateways import GatewayFailure, PermanentFailure, TemporaryFailure, sms_gateway
from notifications.models import Message

logger = logging.getLogger(__name__)


class CarrierAway(TemporaryFailure):
    """Nobody answers, or not in time: the next message would fare no better now."""


class Carrier:
    """Sends messages one after the other, the e-mails over one SMTP connection; of no more use after CarrierAway."""

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def send(self, message: Message) -> str:
        """Returns the provider's id, empty for e-mail."""
        if message.channel == Message.Channel.SMS:
            seconds_left = int((message.give_up_at - timezone.now()).total_seconds())
            if seconds_left < 1:
                raise TemporaryFailure("vencido antes de enviarse")
            return sms_gateway().send(message.to, message.text, seconds_left=seconds_left)
        self._send_email(message)
        return ""

    def _send_email(self, message: Message) -> None:
        mail = _as_mail(message)
        try:
            if self._backend is None:
                self._backend = get_connection(fail_silently=False)
                self._backend.open()
            accepted = self._backend.send_messages([mail])
        except (smtplib.SMTPException, OSError) as error:
            raise sort(error) from None
        if not accepted:
            raise TemporaryFailure("el servidor de correo no aceptó el mensaje")

    def _hang_up(self) -> None:
        """Close the connection; what was accepted stays accepted, however the goodbye ends."""
        backend, self._backend = self._backend, None
        try:
            if backend is not None:
                backend.close()
        except (smtplib.SMTPException, OSError) as error:
            logger.debug("closing the SMTP connection: %s", type(error).__name__)


def sort(error: smtplib.SMTPException | OSError) -> GatewayFailure:
    """The kind of failure that an error of the SMTP client stands for."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()), (0, b""))
        return _verdict(code, answer)
    if isinstance(error, smtplib.SMTPDataError):
        return _verdict(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPSenderRefused):
        # Our own address or account: operations staff can mend it, the recipient is not at fault
        return TemporaryFailure(_words(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPResponseException):
        return CarrierAway(_words(error.smtp_code, error.smtp_error))
    return CarrierAway(type(error).__name__)


def _verdict(code: int, answer: bytes | str) -> GatewayFailure:
    if code == 421:  # RFC 5321, 3.8: the server is closing the connection
        return CarrierAway(_words(code, answer))
    if 500 <= code <= 599:
        return PermanentFailure(_words(code, answer))
    return TemporaryFailure(_words(code, answer))


def _words(code: int, answer: bytes | str) -> str:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {said}".strip()


def _as_mail(message: Message) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            # RFC 3834, and Exchange's own word for it: no holiday answers to a machine
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            # RFC 2919: what a mail program can sort by. In ASCII, or its brackets would be encoded with the rest
            "List-Id": f"<fidelizacion.{outbox.mail_domain().encode('idna').decode()}>",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail
