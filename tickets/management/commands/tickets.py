"""Reports on tickets. `recompute` compares stored effective dates with recomputed ones (A22)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from tickets.effective_date import Calendar, Difference, recompute
from tickets.models import CalendarDay, Ticket


class Command(BaseCommand):
    help = (
        "«recompute» vuelve a calcular las fechas efectivas con los datos que cada solicitud guarda y el calendario de "
        "hoy, y muestra las que salen distintas, por versión del cálculo. No cambia nada: lo que se mostró al cliente "
        "es lo registrado. Termina con 1 si hay diferencias."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="recompute")
        action = actions.add_parser("recompute", help="compara las fechas guardadas con las que salen hoy")
        action.add_argument("numbers", nargs="*", type=int, metavar="TICKET", help="solo estos")

    def handle(self, *args: Any, action: str, numbers: list[int], **options: Any) -> None:  # noqa: ARG002
        tickets = Ticket.objects.order_by("number").values_list("number", "effective_terms")
        if numbers:
            tickets = tickets.filter(number__in=numbers)
            missing = sorted(set(numbers) - set(tickets.values_list("number", flat=True)))
            if missing:
                raise CommandError(_("No hay un ticket {number}.").format(number=missing[0]))
        compared = differences = 0

        def counted() -> Any:
            nonlocal compared
            for number, records in tickets.iterator(chunk_size=1000):
                compared += 1
                yield number, records

        for difference in recompute(counted(), Calendar.of(CalendarDay.objects.all())):
            differences += 1
            self.stdout.write(_line(difference))
        summary = _("{compared} tickets comparados, {differences} diferencias.").format(
            compared=compared, differences=differences
        )
        if differences:
            raise CommandError(summary)
        self.stdout.write(_("Listo: {summary}").format(summary=summary))


def _line(difference: Difference) -> str:
    place = _("Ticket {ticket}, cuenta {account}").format(
        ticket=difference.ticket, account=difference.account or "—"
    )
    if not difference.is_readable:
        return f"{place}: {_('el cálculo guardado no se puede leer')}"
    now = difference.recomputed.isoformat() if difference.recomputed else _("ninguna")
    stored = difference.stored.isoformat() if difference.stored else _("ninguna")
    line = _("{place}: guardada {stored} (versión {version}), hoy sale {now}").format(
        place=place, stored=stored, version=difference.version, now=now
    )
    if difference.changed_days:
        days = ", ".join(day.isoformat() for day in difference.changed_days)
        line += _("; días que cambiaron: {days}").format(days=days)
    return line
