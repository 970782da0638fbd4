"""Sends one test message through the outbox, and says how it ended and how long it took."""

import time
from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.phones import InvalidPhone, normalise_mobile
from notifications import outbox
from notifications.models import Message
from notifications.sending import delivery
from operations import operations_mail

State = Message.State
WAIT_SECONDS = 45.0  # longer than the timeout of any transport
CHANNEL_NAMES = {Message.Channel.EMAIL: gettext_lazy("correo"), Message.Channel.SMS: "SMS"}


class Command(BaseCommand):
    help = (
        "Envía un mensaje de prueba por la cola de mensajes, y dice qué pasó. Termina con error si no salió."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        to = parser.add_mutually_exclusive_group(required=True)
        to.add_argument("--email", metavar="DIRECCIÓN", help="a esta dirección de correo")
        to.add_argument("--sms", metavar="N", help="a este número móvil, en cualquier forma")

    def handle(self, *args: Any, email: str | None, sms: str | None, **options: Any) -> None:  # noqa: ARG002
        started = time.monotonic()
        try:
            message = _enqueue(email, sms)
            delivery.deliver(message.pk)
            # A worker may have claimed the message first; wait for its result
            deadline = time.monotonic() + WAIT_SECONDS
            message.refresh_from_db()
            while message.state == State.SENDING and time.monotonic() < deadline:
                time.sleep(0.1)
                message.refresh_from_db()
        except (OperationalError, InterfaceError, ProgrammingError):
            raise CommandError(
                _("La base de datos no responde, o le faltan migraciones: nada se envió.")
            ) from None
        self._report(message, time.monotonic() - started)

    def _report(self, message: Message, seconds: float) -> None:
        """Print the result. Raises CommandError when the message did not leave."""
        values = {
            "channel": CHANNEL_NAMES[Message.Channel(message.channel)],
            "pk": message.pk,
            "seconds": number_format(seconds, 1),
        }
        if message.sent_at is not None:
            done = _(
                "Listo: {channel} n.º {pk} aceptado por el proveedor en {seconds} s. Compruebe que haya llegado."
            )
            self.stdout.write(done.format(**values))
            return
        sentences = {
            State.FAILED: _(
                "El {channel} n.º {pk} fue rechazado tras {seconds} s, y no se repetirá: {error}"
            ),
            State.DEAD: _("El {channel} n.º {pk} se abandonó tras {seconds} s: {error}"),
        }
        later = _("El {channel} n.º {pk} no salió en {seconds} s; se reintentará solo: {error}")
        error = message.last_error or _("otro proceso lo está enviando")
        raise CommandError(sentences.get(State(message.state), later).format(error=error, **values))


def _enqueue(email: str | None, sms: str | None) -> Message:
    key = f"test:{uuid4().hex}"
    if email is not None:
        return operations_mail.test(email, key)
    try:
        phone = normalise_mobile(sms or "")
    except InvalidPhone as error:
        raise CommandError(str(error)) from None
    moment = f"{timezone.localtime():%H:%M:%S}"
    text = _("Mensaje de prueba de las {moment}. No tiene que hacer nada.").format(moment=moment)
    return outbox.enqueue_sms(dedup_key=key, subject_ref=operations_mail.REFERENCE, to=phone, text=text)
