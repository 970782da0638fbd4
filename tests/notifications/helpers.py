"""Helpers of the outbox's tests: queued messages, and an SMTP server that gives set answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from itertools import count

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection
from pytest_django import Settings

from demo.broker import free_port
from notifications import outbox
from notifications.models import Message

_serial = count(1)


def queue_email(to: str = "ana@acme.example", key: str = "", subject: str = "Ticket 3608314") -> Message:
    key = key or f"ticket:{next(_serial)}:client"
    return outbox.enqueue_rendered_email(
        dedup_key=key,
        subject_ref="ticket:1",
        to=to,
        subject=subject,
        text="Recibimos su solicitud.",
        html="<p>Sí</p>",
    )


def queue_sms(to: str = "+593991234567") -> Message:
    return outbox.enqueue_sms(dedup_key=f"sms:{next(_serial)}", subject_ref="ticket:1", to=to, text="Hola")


@dataclass
class Sink:
    """An SMTP server that keeps the mails it accepts.

    `rcpt` and `data`, if set, are its answers to these commands in place of 250 OK.
    """

    port: int
    rcpt: str = ""
    data: str = ""
    sessions: int = 0
    raw: list[bytes] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default_policy) for raw in self.raw]

    async def handle_EHLO(  # noqa: N802  the library's names
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data:
            return self.data
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        return "250 OK"


@contextmanager
def smtp_sink(settings: Settings) -> Iterator[Sink]:
    """Run an SMTP server on loopback, and set the settings that send mails to it."""
    sink = Sink(free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    use_smtp(settings, sink.port)
    try:
        yield sink
    finally:
        controller.stop()


def use_smtp(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


def other_process() -> dict[str, str]:
    """Return the environment for a process that uses the test's database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(database)
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url}
