"""Lifts the wait of a number after too many wrong codes (R1.07)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from companies.phones import InvalidPhone, normalise_mobile, tail
from otp import audit, unlock


class Command(BaseCommand):
    help = "Levanta la espera de un número que falló demasiadas veces. Queda en la auditoría quién lo hizo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("phone", metavar="N", help="el número móvil, en cualquier forma")
        parser.add_argument("--reason", default="", metavar="TEXT", help="por qué, sin datos personales")

    def handle(self, *args: Any, phone: str, reason: str, **options: Any) -> None:  # noqa: ARG002
        try:
            number = normalise_mobile(phone)
            lifted = unlock.unlock(number, actor=audit.os_user(), reason=reason.strip())
        except (InvalidPhone, unlock.InvalidReason) as error:
            raise CommandError(str(error)) from error
        summary = (
            _("Listo: el número terminado en {tail} puede ingresar ya; se borraron sus fallos.")
            if lifted
            else _("El número terminado en {tail} no tenía fallos ni espera: no había nada que levantar.")
        )
        self.stdout.write(summary.format(tail=tail(number)))
