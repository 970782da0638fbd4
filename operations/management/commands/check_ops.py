"""Says how the product is doing: database, broker, processes,
messages, codes, disk (R4.14-R4.17).
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from operations import metrics
from operations.metrics import LEVEL_NAMES, Level, Metric, Snapshot


class Command(BaseCommand):
    help = "Revisa la operación. Termina con 0 si todo está bien, 1 si algo pide atención y 2 si algo es crítico."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="para otro programa")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:  # noqa: ARG002
        reading = metrics.collect(on_demand=True)
        if as_json:
            self.stdout.write(json.dumps(document(reading), ensure_ascii=False, indent=2))
        else:
            for line in report(reading):
                self.stdout.write(line)
        if reading.level:
            sys.exit(reading.level)


def document(reading: Snapshot) -> dict[str, Any]:
    """For programs: names never change, words may."""
    return {
        "version": settings.VERSION,
        "level": reading.level.name.lower(),
        "unread": reading.failed,
        "figures": {
            metric.name: {"value": metric.value, "level": metric.level.name.lower(), "shown": metric.display}
            for metric in reading.metrics
        },
    }


def report(reading: Snapshot) -> list[str]:
    """For people: the version, the metrics aligned and by group, and the summary last."""
    width = max((len(metric.label) for metric in reading.metrics), default=0)
    lines = [_("Gestor de Fidelización {version}").format(version=settings.VERSION), ""]
    for title, group in reading.groups.items():
        lines += [title, *(line for metric in group for line in _lines(metric, width)), ""]
    lines += (
        [_("No se pudo leer: {names}.").format(names=", ".join(reading.failed))] if reading.failed else []
    )
    return [*lines, _summary(reading)]


def _lines(metric: Metric, width: int) -> list[str]:
    mark = "" if metric.level == Level.FINE else f"  [{LEVEL_NAMES[metric.level]}]"
    told = f"  {metric.label.ljust(width)}  {metric.display}{mark}"
    return [told, f"  {'':{width}}  → {metric.advice}"] if metric.advice else [told]


def _summary(reading: Snapshot) -> str:
    counts = {level: sum(metric.level == level for metric in reading.metrics) for level in Level}
    critical = counts[Level.CRITICAL] + len(reading.failed)
    if not reading.level:
        return _("Todo en orden: {count} cifras.").format(count=len(reading.metrics))
    return _("{state}: {critical} críticas, {warnings} piden atención, {fine} bien.").format(
        state=str(LEVEL_NAMES[reading.level]).capitalize(),
        critical=critical,
        warnings=counts[Level.WARNING],
        fine=counts[Level.FINE],
    )
