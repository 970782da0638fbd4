"""Writes the error pages that nginx shows when the portal cannot answer (docs/nginx.md)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from fidelizacion.proxy_pages import files


class Command(BaseCommand):
    help = "Escribe en una carpeta las páginas de error del proxy, con la marca de la operadora (OPERATOR_…)."
    requires_system_checks = ()  # it needs only the brand, no secrets and no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="CARPETA")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:  # noqa: ARG002
        pages = files(settings.BRAND)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in pages.items():
                (folder / name).write_bytes(content)
                (folder / name).chmod(0o644)  # the proxy reads them as another user
        except OSError as error:
            raise CommandError(
                _("No se puede escribir en {folder}: {reason}").format(folder=folder, reason=error.strerror)
            ) from None
        self.stdout.write(_("Listo: {count} archivos en {folder}").format(count=len(pages), folder=folder))
