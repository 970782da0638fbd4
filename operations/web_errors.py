"""Counts unexpected errors of the web (500) per minute, for a metric and an alarm (R4.17).

Each process counts in memory and writes after the response, at most every 5 s, so that many
errors hardly load the database. Failures of the database are not counted: they are answered with
503, and the count could not be written. Bad requests (400) are not counted either: Django sends no
signal for them.
"""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.signals import got_request_exception, request_finished
from django.db import InterfaceError, OperationalError
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import alarms
from operations.metrics import Level, Metric, count
from operations.models import WebErrors

logger = logging.getLogger(__name__)

WRITE_EVERY = 5.0  # seconds between two writes of one process
RETRY_AFTER = 60.0  # seconds after a write that failed
RECENT, DAY = timedelta(minutes=10), timedelta(hours=24)
CRITICAL_COUNT = 10  # errors within RECENT; one visitor who repeats a request may cause a few
KEEP = timedelta(days=30)

ALARM = alarms.kind(
    "web-errors",
    gettext_lazy("El portal o el escritorio respondieron con errores (500)"),
    gettext_lazy(
        "En el registro de la web, busque «Internal Server Error»: la misma línea lleva la referencia que vio la "
        "persona, y las siguientes dicen dónde falló. Si empezó con una versión nueva, vuelva a la anterior."
    ),
)


class Counter:
    """The errors that this process has counted and not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending = 0
        self._not_before = 0.0

    def add(self) -> None:
        with self._lock:
            self._pending += 1

    def write(self) -> None:
        """Add the pending errors to the database, when there are any and the pause is over."""
        if not self._pending:
            return
        with self._lock:
            if time.monotonic() < self._not_before:
                return
            pending, self._pending, self._not_before = self._pending, 0, time.monotonic() + WRITE_EVERY
        try:
            _add(pending)
        except Exception as error:  # noqa: BLE001  the response has been sent; an error here would cut the connection
            logger.warning("web errors could not be counted yet: %s", type(error).__name__)
            with self._lock:
                self._pending += pending
                self._not_before = time.monotonic() + RETRY_AFTER


counter = Counter()


def connect() -> None:
    """Connect to Django's signals, which start the count."""
    got_request_exception.connect(_on_exception, dispatch_uid="web_errors")
    request_finished.connect(_on_finished, dispatch_uid="web_errors")


def _on_exception(**_: Any) -> None:
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        counter.add()


def _on_finished(**_: Any) -> None:
    counter.write()


def _add(number: int) -> None:
    """Add to this minute's row; the first process that needs the row inserts it."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    row = WebErrors.objects.filter(minute=minute)
    if row.update(count=F("count") + number):
        return
    WebErrors.objects.bulk_create([WebErrors(minute=minute)], ignore_conflicts=True)
    row.update(count=F("count") + number)
    WebErrors.objects.filter(minute__lt=now - KEEP).delete()


def metrics() -> Iterator[Metric]:
    """Report the errors of the last 10 minutes and of 24 hours."""
    now = timezone.now()
    recent, day = _since(now - RECENT), _since(now - DAY)
    level = Level.CRITICAL if recent >= CRITICAL_COUNT else Level.WARNING if recent else Level.FINE
    yield Metric(
        "web_errors_10m",
        _("Errores de la web (500) en 10 minutos"),
        recent,
        count(recent),
        level,
        str(ALARM.advice) if recent else "",
        (ALARM.name,) if recent else (),
    )
    yield Metric("web_errors_24h", _("Errores de la web (500) en 24 horas"), day, count(day))


def _since(moment: datetime) -> int:
    return int(WebErrors.objects.filter(minute__gt=moment).aggregate(total=Sum("count"))["total"] or 0)
