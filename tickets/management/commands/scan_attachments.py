"""Scan pending documents now and, if asked, failed or already scanned ones again (R3.18)."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from attachments import scanning
from attachments.scanning import Scan, ScanOutcome
from otp.audit import os_user
from tickets.models import Attachment


class Command(BaseCommand):
    help = "Revisa ahora con el antivirus los documentos pendientes. Los que piden --errors o --id se revisan otra vez."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--errors", action="store_true", help="también los que no se pudieron revisar")
        which.add_argument(
            "--id", type=int, nargs="+", dest="ids", metavar="ID", help="estos, en cualquier estado"
        )

    def handle(self, *args: Any, errors: bool, ids: list[int] | None, **options: Any) -> None:  # noqa: ARG002
        if settings.CLAMD is None:
            raise CommandError(_("No hay antivirus: defina CLAMD_URL."))
        missing = 0
        if errors:
            scanning.scan_again(Attachment.objects.filter(scan=Scan.ERROR), actor=os_user())
        if ids:
            missing = len(set(ids)) - scanning.scan_again(
                Attachment.objects.filter(pk__in=ids), actor=os_user()
            )
        counts = self._scan()
        done = _("Listo: {clean} limpios, {infected} con virus, {error} sin poder revisar.")
        self.stdout.write(
            done.format(
                clean=counts[ScanOutcome.CLEAN],
                infected=counts[ScanOutcome.INFECTED],
                error=counts[ScanOutcome.ERROR],
            )
        )
        if missing:
            raise CommandError(
                _("No existen, o se están revisando en este momento: {count}.").format(count=missing)
            )
        if left := Attachment.objects.filter(scan__in=[Scan.PENDING, Scan.ERROR]).count():
            raise CommandError(_("Siguen sin revisar: {count}.").format(count=left))

    @staticmethod
    def _scan() -> Counter[ScanOutcome]:
        """Scan in batches until no document is due."""
        total: Counter[ScanOutcome] = Counter()
        while counts := scanning.scan_due():
            total += counts
        return total
