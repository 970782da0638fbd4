"""Reports the state of database, broker, processes, messages, codes and disk (R4.14-R4.17)."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from operations import metrics
from operations.metrics import LEVEL_NAMES, Level, Snapshot


class Command(BaseCommand):
    help = "Revisa la operación. Termina con 0 si todo está bien, 1 si algo pide atención y 2 si algo es crítico."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="para otro programa")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:  # noqa: ARG002
        snapshot = metrics.collect(on_demand=True)
        if as_json:
            self.stdout.write(json.dumps(document(snapshot), ensure_ascii=False, indent=2))
        else:
            for line in report(snapshot):
                self.stdout.write(line)
        if snapshot.level:
            sys.exit(snapshot.level)


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Return the JSON document. Other programs rely on its keys and on the metrics' names."""
    return {
        "version": settings.VERSION,
        "level": snapshot.level.name.lower(),
        "unread": snapshot.failed,
        "figures": {
            metric.name: {"value": metric.value, "level": metric.level.name.lower(), "shown": metric.display}
            for metric in snapshot.metrics
        },
    }


def report(snapshot: Snapshot) -> list[str]:
    """Return the lines for people: the version, metrics in aligned columns by group, a summary."""
    width = max((len(metric.label) for metric in snapshot.metrics), default=0)
    lines = [_("Gestor de Fidelización {version}").format(version=settings.VERSION), ""]
    for title, group in snapshot.groups.items():
        lines.append(title)
        for metric in group:
            mark = "" if metric.level == Level.FINE else f"  [{LEVEL_NAMES[metric.level]}]"
            lines.append(f"  {metric.label.ljust(width)}  {metric.display}{mark}")
            if metric.advice:
                lines.append(f"  {'':{width}}  → {metric.advice}")
        lines.append("")
    if snapshot.failed:
        lines.append(_("No se pudo leer: {names}.").format(names=", ".join(snapshot.failed)))
    return [*lines, _summary(snapshot)]


def _summary(snapshot: Snapshot) -> str:
    counts = {level: sum(metric.level == level for metric in snapshot.metrics) for level in Level}
    critical = counts[Level.CRITICAL] + len(snapshot.failed)
    if not snapshot.level:
        return _("Todo en orden: {count} cifras.").format(count=len(snapshot.metrics))
    return _("{state}: {critical} críticas, {warnings} piden atención, {fine} bien.").format(
        state=str(LEVEL_NAMES[snapshot.level]).capitalize(),
        critical=critical,
        warnings=counts[Level.WARNING],
        fine=counts[Level.FINE],
    )
