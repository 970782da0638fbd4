"""Queues again the messages that were given up, once their cause is mended (R4.18)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from notifications import outbox
from notifications.models import Message


class Command(BaseCommand):
    help = "Vuelve a poner en cola los mensajes rechazados o abandonados. Los ya enviados no se repiten."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", type=int, nargs="+", dest="ids", metavar="ID", help="solo estos mensajes")
        which.add_argument("--dead", action="store_true", help="todos los abandonados")
        parser.add_argument("--yes", action="store_true", help="hágalo; sin esto solo se cuentan")

    def handle(self, *args: Any, ids: list[int] | None, dead: bool, yes: bool, **options: Any) -> None:  # noqa: ARG002
        messages = Message.objects.given_up()
        messages = messages.filter(state=Message.State.DEAD) if dead else messages.filter(pk__in=ids or [])
        if not yes:
            found = _("{count} mensajes volverían a la cola. Repita con --yes para hacerlo.")
            raise CommandError(found.format(count=messages.count()))
        count = outbox.requeue(messages)
        self.stdout.write(_("Listo: {count} mensajes en cola otra vez.").format(count=count))
        if ids and count < len(set(ids)):
            missing = _("{count} no existen o no están rechazados ni abandonados.")
            raise CommandError(missing.format(count=len(set(ids)) - count))
