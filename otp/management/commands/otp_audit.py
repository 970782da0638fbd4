"""Lists the sign-in's audit events of a number or since a day (R1.28).

Staff use it to answer a customer who cannot sign in.
"""

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.phones import InvalidPhone, normalise_mobile
from notifications.command_line import parse_day
from otp import audit
from otp.models import AuditEvent

DEFAULT_LIMIT = 200
HEADINGS = ["cuándo", "número", "qué", "medio", "resultado", "dirección", "quién", "motivo"]


class Command(BaseCommand):
    help = (
        "Lista los códigos pedidos, envíos, ingresos, fallos y esperas: de un número, desde un día, o ambos."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "phone", nargs="?", default="", metavar="N", help="el número móvil, en cualquier forma"
        )
        parser.add_argument("--since", type=parse_day, metavar="AAAA-MM-DD", help="desde este día")
        parser.add_argument(
            "--most",
            type=int,
            default=DEFAULT_LIMIT,
            metavar="N",
            help=f"cuántos mostrar, por defecto {DEFAULT_LIMIT}",
        )

    def handle(self, *args: Any, phone: str, since: date | None, most: int, **options: Any) -> None:  # noqa: ARG002
        if not phone and since is None:
            raise CommandError(_("Indique un número, o un día con --since."))
        events = AuditEvent.objects.all()
        if phone:
            try:
                events = events.filter(audit.of_phone(normalise_mobile(phone)))
            except InvalidPhone as error:
                raise CommandError(str(error)) from error
        if since is not None:
            events = events.filter(at__gte=timezone.make_aware(datetime.combine(since, time.min)))
        rows = [cells(event) for event in events[: max(most, 1)]]
        for line in aligned([HEADINGS, *rows]) if rows else []:
            self.stdout.write(line)
        self.stdout.write(
            _("Listo: {shown} de {total} eventos.").format(shown=len(rows), total=events.count())
        )


def cells(event: AuditEvent) -> list[str]:
    """Return the cells of an event, in the order of HEADINGS."""
    return [
        f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}",
        f"…{event.phone_tail}",
        event.get_kind_display(),
        event.get_method_display(),
        event.get_result_display(),
        event.address,
        event.actor,
        event.reason,
    ]


def aligned(rows: list[list[str]]) -> list[str]:
    """Return the rows as lines, with each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
