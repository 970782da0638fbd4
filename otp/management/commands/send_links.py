"""Sends administrators the link to the portal, by SMS or e-mail (A1, A17)."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
from otp.invitations.recipients import ListEntry

PROGRESS_EVERY = 500  # entries, when the output is not a terminal and so gets no progress bar

CHANNEL_NAMES = {Channel.SMS: "SMS", Channel.EMAIL: gettext_lazy("correo")}

# These are not failures, because the person already has a link
HAS_LINK = {Refusal.RECENT, Refusal.LIMIT, Refusal.REPEATED}


class Command(BaseCommand):
    help = (
        "Envía el enlace de ingreso a administradores: por teléfono, a los de una empresa, o desde un archivo con un "
        "teléfono o RUC por línea. Repetirlo es seguro: nadie recibe más que INVITATIONS_PER_PHONE (por defecto 1 "
        "por hora y 3 por día y canal). Termina con error si el archivo no se puede leer, o si no se envió ninguno y "
        "alguno debía recibirlo."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "--phone", nargs="+", action="extend", metavar="N", help="números, en cualquier forma"
        )
        source.add_argument(
            "--company", nargs="+", action="extend", metavar="RUC", help="los de estas empresas"
        )
        source.add_argument(
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
        runs = bulk.run(entries, chosen, actor=audit.os_user(), dry_run=dry_run)
        results = [result for batch in self._with_progress(runs, len(entries)) for result in batch]
        self._report(results, place=_("línea") if options["file"] else _("n.º"))
        sent = sum(result.refusal is None for result in results)
        summary = _summary(sent, len(results) - sent, chosen, dry_run=dry_run)
        if not sent and not all(result.refusal in HAS_LINK for result in results):
            raise CommandError(summary)
        self.stdout.write(summary)

    def _with_progress(
        self, runs: Iterable[list[InvitationResult]], total: int
    ) -> Iterator[list[InvitationResult]]:
        """Pass the results on, with a progress bar on a terminal and progress lines elsewhere."""
        if self.stdout.isatty():
            yield from track(runs, _("Enlaces"), total, console=Console())
            return
        for done, results in enumerate(runs, start=1):
            yield results
            if done % PROGRESS_EVERY == 0:
                self.stdout.write(_("{done} de {total}").format(done=done, total=total))

    def _report(self, results: Sequence[InvitationResult], place: str) -> None:
        """Write a line for each person without a link, and then the count of each result."""
        width = len(str(results[-1].place))
        for result in results:
            if result.refusal is not None:
                number = f"…{result.phone_tail}" if result.phone_tail else ""
                reason = result.problem or result.refusal.label
                self.stdout.write(f"{place} {result.place:>{width}}  {number:<4}  {reason}")
        counts = Counter(result.refusal for result in results)
        rows = [(str(_("enlaces")), counts.pop(None, 0))]
        rows += [
            (str(refusal.label), count) for refusal, count in counts.most_common() if refusal is not None
        ]
        widest = max(len(label) for label, _count in rows)
        for label, count in rows:
            self.stdout.write(f"{label:<{widest}}  {count:>6}")


def _entries(options: dict[str, Any]) -> list[ListEntry]:
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
        text = _("Ensayo: {sent} por enviar por {channel}, {refused} no. No se envió nada.")
    elif sent:
        text = _("Listo: {sent} en camino por {channel}, {refused} sin enviar.")
    else:
        text = _("No se envió nada por {channel}: {refused} sin enviar.")
    return text.format(sent=sent, refused=refused, channel=CHANNEL_NAMES[channel])
