"""The demo's SMS gateway and mail backend: they store each message for the demo's mailbox page."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.utils import timezone

from demo.models import DemoMessage
from notifications.models import Message

MAX_ATTEMPTS = 50  # a coarse clock can give several messages the same time


def _require_demo() -> None:
    if not settings.DEMO:
        raise ImproperlyConfigured("los mensajes de demostración necesitan DEMO=1")


def store(message: DemoMessage) -> None:
    """Store the message with a unique time, so that the order "newest first" is unambiguous."""
    message.at = timezone.now()
    for _ in range(MAX_ATTEMPTS):
        try:
            with transaction.atomic():
                message.save(force_insert=True)
        except IntegrityError:
            message.at += timedelta(microseconds=1)
        else:
            return
    raise IntegrityError("no hay un instante libre para el mensaje de demostración")


class DemoGateway:
    """The SMS gateway of the demo. It stores codes in clear, so it fails outside demo mode."""

    def __init__(self) -> None:
        _require_demo()

    def send(self, to: str, text: str, *, seconds_left: int) -> str:  # noqa: ARG002  the gateways' interface
        message = DemoMessage(channel=Message.Channel.SMS, to=to, text=text)
        store(message)
        return f"demo-{message.pk}"


class DemoEmailBackend(BaseEmailBackend):
    """The mail backend of the demo."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        _require_demo()
        for mail in email_messages:
            alternatives = mail.alternatives if isinstance(mail, EmailMultiAlternatives) else []
            html = next((str(content) for content, mimetype in alternatives if mimetype == "text/html"), "")
            store(
                DemoMessage(
                    channel=Message.Channel.EMAIL,
                    to=", ".join(mail.to),
                    subject=str(mail.subject),
                    text=str(mail.body),
                    html=html,
                    message_id=mail.extra_headers.get("Message-ID", ""),
                )
            )
        return len(email_messages)
