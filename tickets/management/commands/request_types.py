"""Load request types from YAML files, or list the existing ones (A7)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from tickets import catalogue
from tickets.catalogue import CatalogueError, Outcome, Report
from tickets.models import RequestType


class Command(BaseCommand):
    help = (
        "Carga tipos de requerimiento desde un archivo YAML, con sus motivos, preguntas, documentos, áreas y textos, o "
        "los muestra. El archivo se revisa entero antes de escribir; lo que el escritorio cambió desde la última carga "
        "se conserva, nada se elimina, y repetir la carga no cambia nada. Sin archivo se carga el catálogo que trae el "
        "producto."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="load | list")
        load = actions.add_parser("load", help="carga el archivo, o el catálogo del producto")
        load.add_argument("files", nargs="*", type=Path, metavar="ARCHIVO", help="uno o varios, juntos")
        load.add_argument("--dry-run", action="store_true", help="dice qué cambiaría y no escribe nada")
        load.add_argument(
            "--replace", action="store_true", help="escribe también sobre lo cambiado en el escritorio"
        )
        actions.add_parser("list", help="muestra los tipos que hay y dónde se ofrecen")

    def handle(self, *args: Any, action: str, **options: Any) -> None:  # noqa: ARG002
        if action == "list":
            self._list()
        else:
            self._load(options["files"], dry_run=options["dry_run"], replace=options["replace"])

    def _load(self, files: list[Path], *, dry_run: bool, replace: bool) -> None:
        try:
            report = catalogue.load(files, dry_run=dry_run, replace=replace)
        except CatalogueError as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            raise CommandError(
                _("No se cargó nada: {count} por corregir.").format(count=len(error.problems))
            ) from error
        except (OperationalError, InterfaceError, ProgrammingError):
            raise CommandError(
                _("La base de datos no responde, o le faltan migraciones: no se cargó nada.")
            ) from None
        for outcome in (*report.areas, *report.types):
            self._show(outcome)
        if report.kept():
            self.stdout.write(_("Para que el archivo gane también sobre el escritorio, use --replace."))
        self.stdout.write(_summary(report, dry_run=dry_run))

    def _show(self, outcome: Outcome) -> None:
        if outcome.created:
            self.stdout.write(f"{outcome.name}: {_('se agrega')}")
        elif outcome.changes:
            self.stdout.write(f"{outcome.name}:")
        for change in outcome.changes:
            self.stdout.write(f"  {change}")
        for kept in outcome.kept:
            self.stdout.write(
                _("{name}: se conserva lo cambiado en el escritorio: {kept}").format(
                    name=outcome.name, kept=kept
                )
            )
        for note in outcome.notes:
            self.stdout.write(f"{outcome.name}: {note}")

    def _list(self) -> None:
        counted = RequestType.objects.annotate(
            asked=Count("fields", filter=Q(fields__is_active=True), distinct=True),
            offered=Count("reasons", filter=Q(reasons__is_active=True), distinct=True),
        )
        rows = [
            (
                row.code,
                row.name,
                ", ".join(row.offered_in) or _("no se ofrece"),
                _("{reasons} motivos, {fields} preguntas").format(reasons=row.offered, fields=row.asked),
            )
            for row in counted.order_by("position", "name")
        ]
        widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.stdout.write("  ".join(cells).rstrip())
        self.stdout.write(_("Listo: {count} tipos.").format(count=len(rows)))


def _summary(report: Report, *, dry_run: bool) -> str:
    outcomes = [*report.areas, *report.types]
    created = sum(each.created for each in outcomes)
    changed = sum(bool(each.changes) for each in outcomes)
    numbers = {"created": created, "changed": changed, "same": len(outcomes) - created - changed}
    if not report.changed():
        text = (
            _("Ensayo: nada cambiaría ({same} iguales).")
            if dry_run
            else _("Listo: sin cambios ({same} iguales).")
        )
    elif dry_run:
        text = _("Ensayo: {created} por agregar, {changed} por cambiar, {same} iguales. No se escribió nada.")
    else:
        text = _("Listo: {created} agregados, {changed} cambiados, {same} iguales.")
    return text.format(**numbers)
