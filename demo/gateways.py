"""The demo's carriers: what they "send" is a row that the demo page shows."""

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

TRIES = 50  # rows written in the same microsecond, on machines whose clock is that coarse


def _require_demo() -> None:
    if not settings.DEMO:
        raise ImproperlyConfigured("los mensajes de demostración necesitan DEMO=1")


def keep(message: DemoMessage) -> None:
    """Store the message at a microsecond of its own, so that "newest first" is an order."""
    message.at = timezone.now()
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                message.save(force_insert=True)
        except IntegrityError:
            message.at += timedelta(microseconds=1)
        else:
            return
    raise IntegrityError("no hay un instante libre para el mensaje de demostración")


class DemoGateway:
    """SMS of the demo. The one place where a code can be read: refused outside demo mode."""

    def __init__(self) -> None:
        _require_demo()

    def send(self, to: str, text: str, *, seconds_left: int) -> str:  # noqa: ARG002  nobody's clock runs here
        message = DemoMessage(channel=Message.Channel.SMS, to=to, text=text)
        keep(message)
        return f"demo-{message.pk}"


class DemoEmailBackend(BaseEmailBackend):
    """E-mails of the demo, through Django's own mail machinery."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        _require_demo()
        for mail in email_messages:
            keep(_as_row(mail))
        return len(email_messages)


def _as_row(mail: EmailMessage) -> DemoMessage:
    alternatives = mail.alternatives if isinstance(mail, EmailMultiAlternatives) else []
    html = next((str(content) for content, mimetype in alternatives if mimetype == "text/html"), "")
    return DemoMessage(
        channel=Message.Channel.EMAIL,
        to=", ".join(mail.to),
        subject=str(mail.subject),
        text=str(mail.body),
        html=html,
        message_id=mail.extra_headers.get("Message-ID", ""),
    )
