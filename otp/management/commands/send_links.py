"""Sends administrators the link to the portal, by SMS or e-mail (A1, A17)."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rich.console import Console
from rich.progress import track

from otp import audit
from otp.invitations import bulk, recipients
from otp.invitations.bulk import InvitationResult
from otp.invitations.invitations import Channel, Refusal
from otp.invitations.recipients import Recipient

TELL_EVERY = 500  # entries, where there is no terminal to draw a bar on

BY = {Channel.SMS: "SMS", Channel.EMAIL: gettext_lazy("correo")}

# Of these nobody need do anything about: the person has a link
HAS_ONE = {Refusal.RECENT, Refusal.LIMIT, Refusal.REPEATED}


class Command(BaseCommand):
    help = (
        "Envía el enlace de ingreso a administradores: por teléfono, a los de una empresa, o desde un archivo con un "
        "teléfono o RUC por línea. Repetirlo es seguro: nadie recibe más que INVITATIONS_PER_PHONE (por defecto 1 "
        "por hora y 3 por día y canal). Termina con error si el archivo no se puede leer, o si no se envió ninguno y "
        "alguno debía recibirlo."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument(
            "--phone", nargs="+", action="extend", metavar="N", help="números, en cualquier forma"
        )
        whom.add_argument(
            "--company", nargs="+", action="extend", metavar="RUC", help="los de estas empresas"
        )
        whom.add_argument(
            "--file", type=Path, metavar="ARCHIVO", help="CSV o texto: un teléfono o RUC por línea"
        )
        parser.add_argument(
            "--channel", choices=Channel.values, default=Channel.SMS.value, help="por defecto sms"
        )
        parser.add_argument("--dry-run", action="store_true", help="dice qué haría y no envía nada")

    def handle(self, *args: Any, channel: str, dry_run: bool, **options: Any) -> None:  # noqa: ARG002
        entries = _entries(options)
        if not entries:
            raise CommandError(_("La lista está vacía: no hay a quién enviar."))
        chosen = Channel(channel)
        outcomes = self._run(entries, chosen, dry_run=dry_run)
        self._report(outcomes, place=_("línea") if options["file"] else _("n.º"))
        sent = sum(outcome.refusal is None for outcome in outcomes)
        told = _summary(sent, len(outcomes) - sent, chosen, dry_run=dry_run)
        if not sent and not all(outcome.refusal in HAS_ONE for outcome in outcomes):
            raise CommandError(told)
        self.stdout.write(told)

    def _run(
        self, entries: Sequence[Recipient], channel: Channel, *, dry_run: bool
    ) -> list[InvitationResult]:
        runs = bulk.run(entries, channel, actor=audit.os_user(), dry_run=dry_run)
        return [outcome for outcomes in self._followed(runs, len(entries)) for outcome in outcomes]

    def _followed(
        self, runs: Iterator[list[InvitationResult]], total: int
    ) -> Iterator[list[InvitationResult]]:
        """The same, with a bar on a terminal, and a line now and then elsewhere."""
        if self.stdout.isatty():
            yield from track(runs, _("Enlaces"), total, console=Console())
            return
        for done, outcomes in enumerate(runs, start=1):
            yield outcomes
            if done % TELL_EVERY == 0:
                self.stdout.write(_("{done} de {total}").format(done=done, total=total))

    def _report(self, outcomes: Sequence[InvitationResult], place: str) -> None:
        """Whoever got none, one a line; then how many of each."""
        width = len(str(outcomes[-1].place))
        for outcome in outcomes:
            if outcome.refusal is not None:
                number = f"…{outcome.phone_tail}" if outcome.phone_tail else ""
                reason = outcome.problem or outcome.refusal.label
                self.stdout.write(f"{place} {outcome.place:>{width}}  {number:<4}  {reason}")
        counts = Counter(outcome.refusal for outcome in outcomes)
        rows = [(str(_("enlaces")), counts.pop(None, 0))]
        rows += [
            (str(refusal.label), count) for refusal, count in counts.most_common() if refusal is not None
        ]
        widest = max(len(label) for label, _count in rows)
        for label, count in rows:
            self.stdout.write(f"{label:<{widest}}  {count:>6}")


def _entries(options: dict[str, Any]) -> list[Recipient]:
    if options["phone"]:
        return recipients.from_phones(options["phone"])
    if options["company"]:
        return recipients.from_tax_ids(options["company"])
    try:
        return recipients.from_file(options["file"])
    except recipients.UnreadableFile as error:
        raise CommandError(str(error)) from error


def _summary(sent: int, refused: int, channel: Channel, *, dry_run: bool) -> str:
    if dry_run:
        told = _("Ensayo: {sent} por enviar por {channel}, {refused} no. No se envió nada.")
    elif sent:
        told = _("Listo: {sent} en camino por {channel}, {refused} sin enviar.")
    else:
        told = _("No se envió nada por {channel}: {refused} sin enviar.")
    return told.format(sent=sent, refused=refused, channel=BY[channel])
