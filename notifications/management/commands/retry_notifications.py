"""Queues failed or dead messages again, once the cause is corrected: by id, since a day, or all
dead ones (R4.18).
"""

import getpass
import os
from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications import actions
from notifications.command_line import parse_day
from notifications.models import GIVEN_UP, Message, MessageQuerySet

State = Message.State


class Command(BaseCommand):
    help = (
        "Vuelve a poner en cola los mensajes rechazados o abandonados, con su mismo Message-ID; queda escrito quién lo "
        "hizo. Sin opciones dice cuántos hay. Los ya enviados no se repiten; con --force sale una copia."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--id", type=int, nargs="+", dest="ids", metavar="ID", help="solo estos mensajes")
        parser.add_argument("--dead", action="store_true", help="todos los abandonados")
        parser.add_argument(
            "--since", type=parse_day, metavar="AAAA-MM-DD", help="los creados desde este día"
        )
        parser.add_argument("--force", action="store_true", help="con --id, también los ya enviados")
        parser.add_argument("--yes", action="store_true", help="hágalo; sin esto solo se cuentan")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        try:
            self._handle(**options)
        except (OperationalError, InterfaceError, ProgrammingError):
            raise CommandError(
                _("La base de datos no responde, o le faltan migraciones: nada se ha perdido.")
            ) from None

    def _handle(
        self,
        *,
        ids: list[int] | None,
        dead: bool,
        since: date | None,
        force: bool,
        yes: bool,
        **_options: Any,
    ) -> None:
        if ids and (dead or since):
            raise CommandError(_("Use --id solo, o --dead y --since."))
        if force and not ids:
            raise CommandError(_("--force exige --id: los ya enviados se repiten de uno en uno."))
        if not (ids or dead or since):
            self._print_counts()
            return
        chosen = _chosen(ids, force=force, dead=dead, since=since)
        count = chosen.count()
        if not count and not ids:
            self.stdout.write(_("Nada que hacer: no hay mensajes así."))
            return
        if count and not yes:
            question = ngettext(
                "{count} mensaje volvería a la cola. Repita con --yes para hacerlo.",
                "{count} mensajes volverían a la cola. Repita con --yes para hacerlo.",
                count,
            )
            raise CommandError(question.format(count=count))
        self._queue(chosen, ids or [])

    def _queue(self, chosen: MessageQuerySet, ids: list[int]) -> None:
        queued = 0
        for message in chosen.order_by("pk"):
            try:
                actions.resend(message, actions.Actor(actor_name()), actions.serial_of(message))
            except actions.ActionRefused as refusal:
                self.stdout.write(_("Mensaje n.º {pk}: {reason}").format(pk=message.pk, reason=refusal))
            else:
                queued += 1
        done = ngettext(
            "Listo: {count} mensaje en cola otra vez.", "Listo: {count} mensajes en cola otra vez.", queued
        )
        self.stdout.write(done.format(count=queued))
        if queued < len(set(ids)):
            missing = _(
                "Quedaron como estaban: {count}. No existen, no están rechazados ni abandonados (vea --force), o "
                "cambiaron entretanto."
            )
            raise CommandError(missing.format(count=len(set(ids)) - queued))

    def _print_counts(self) -> None:
        counts = dict(
            Message.objects.given_up().unresolved().order_by().values_list("state").annotate(Count("pk"))
        )
        for state in GIVEN_UP:
            self.stdout.write(f"{state.label:<26} {counts.get(state, 0):>6}")
        self.stdout.write(_("No se hizo nada. Para devolverlos a la cola: --dead, --since o --id, y --yes."))


def _chosen(ids: list[int] | None, *, force: bool, dead: bool, since: date | None) -> MessageQuerySet:
    if ids:
        messages = Message.objects.filter(pk__in=ids)
        return messages if force else messages.given_up()
    messages = Message.objects.given_up().unresolved()
    if dead:
        messages = messages.filter(state=State.DEAD)
    if since is not None:
        messages = messages.filter(created_at__gte=timezone.make_aware(datetime.combine(since, time.min)))
    return messages


def actor_name() -> str:
    """Return the command's name with the operating system's user, by number if it has no name, as
    in a container.
    """
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    return f"retry_notifications ({name})"
