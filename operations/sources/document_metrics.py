"""Metrics of the documents: free disk space and the antivirus queue (R3.20, R4.17)."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Min
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attachments import storage
from operations import alarms
from operations.metrics import Level, Metric, age, share
from tickets.models import Attachment

NEARLY_FULL = 1.5  # times the reserve: below it, a warning while there is time to make room
LATE = timedelta(minutes=30)  # age at which an unscanned document raises the alarm

DISK = alarms.kind(
    "disk-full",
    gettext_lazy("No queda espacio para documentos: ya no se reciben"),
    gettext_lazy("Amplíe el disco de ATTACHMENTS_DIR. Las solicitudes sin documentos siguen entrando."),
    daily=True,
)
ANTIVIRUS = alarms.kind(
    "antivirus-failing",
    gettext_lazy("El antivirus no revisa los documentos"),
    gettext_lazy("Revise clamd y CLAMD_URL (docs/antivirus.md): hasta entonces no se pueden descargar."),
    daily=True,
)


def metrics() -> Iterator[Metric]:
    """Report the disk, unless the store is remote, and the antivirus, if one is configured."""
    disk = storage.disk_usage()
    if disk is not None:
        free, reserve = disk.free_share, settings.ATTACHMENTS_MIN_FREE_PERCENT / 100
        full = free < reserve
        level = Level.CRITICAL if full else Level.WARNING if free < reserve * NEARLY_FULL else Level.FINE
        yield Metric(
            "attachments_disk_free_ratio",
            _("Disco libre para documentos"),
            free,
            f"{share(free)} ({filesizeformat(disk.free)})",
            level,
            str(DISK.advice) if level else "",
            (DISK.name,) if full else (),
        )
    if settings.CLAMD is not None:
        yield from _antivirus()


def _antivirus() -> Iterator[Metric]:
    scan = Attachment.Scan
    oldest = Attachment.objects.filter(scan=scan.PENDING).aggregate(oldest=Min("ticket__registered_at"))[
        "oldest"
    ]
    seconds = max((timezone.now() - oldest).total_seconds(), 0) if oldest else 0
    late, waiting = seconds > LATE.total_seconds(), age(seconds) if oldest else _("ninguno")
    pending, errors, infected = (
        Attachment.objects.filter(scan=state).count() for state in (scan.PENDING, scan.ERROR, scan.INFECTED)
    )
    for name, label, value, display, bad in (
        ("antivirus_oldest_age_seconds", _("Documento más antiguo sin revisar"), seconds, waiting, late),
        ("antivirus_pending", _("Documentos por revisar"), pending, str(pending), False),
        ("antivirus_errors", _("Documentos que no se pudieron revisar"), errors, str(errors), errors > 0),
        ("antivirus_infected", _("Documentos apartados por un virus"), infected, str(infected), False),
    ):
        yield Metric(
            name,
            label,
            value,
            display,
            Level.WARNING if bad else Level.FINE,
            str(ANTIVIRUS.advice) if bad else "",
            (ANTIVIRUS.name,) if bad else (),
        )
