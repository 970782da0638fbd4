"""Errors of the web that nobody expected (500): counted by the minute, a metric, and an alarm
(R4.17).

Counted in the process and written after the answer has gone, at most every few seconds, so that a
storm of errors costs the database next to nothing. What fails because the database is away is not
counted here: it is answered with 503, and there would be nowhere to write it. A wrong host or a
damaged request is the client's error and raises no such signal.
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

EVERY = 5.0  # seconds between two writes of one process
PAUSE = 60.0  # after one that failed
RECENT, DAY = timedelta(minutes=10), timedelta(hours=24)
MANY = 10  # in that time: no longer one odd request
KEPT = timedelta(days=30)

ALARM = alarms.kind(
    "web-errors",
    gettext_lazy("El portal o el escritorio respondieron con errores (500)"),
    gettext_lazy(
        "En el registro de la web, busque «Internal Server Error»: la misma línea lleva la referencia que vio la "
        "persona, y las siguientes dicen dónde falló. Si empezó con una versión nueva, vuelva a la anterior."
    ),
)


class Counter:
    """What this process counted and has not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending = 0
        self._not_before = 0.0

    def add(self) -> None:
        with self._lock:
            self._pending += 1

    def write(self) -> None:
        """Write it if there is any and it is time to."""
        if not self._pending:
            return
        with self._lock:
            if time.monotonic() < self._not_before:
                return
            pending, self._pending, self._not_before = self._pending, 0, time.monotonic() + EVERY
        try:
            _add(pending)
        except Exception as error:  # noqa: BLE001  the answer has gone: whatever this meets, it must not end its connection
            logger.warning("web errors could not be counted yet: %s", type(error).__name__)
            with self._lock:
                self._pending += pending
                self._not_before = time.monotonic() + PAUSE


counter = Counter()


def connect() -> None:
    """Count from now on."""
    got_request_exception.connect(_on_exception, dispatch_uid="web_errors")
    request_finished.connect(_on_finished, dispatch_uid="web_errors")


def _on_exception(**_: Any) -> None:
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        counter.add()


def _on_finished(**_: Any) -> None:
    counter.write()


def _add(number: int) -> None:
    """To the row of this minute, which the first of all processes makes."""
    now = timezone.now()
    minute = WebErrors.objects.filter(minute=now.replace(second=0, microsecond=0))
    more = {"count": F("count") + number}
    if minute.update(**more):
        return
    WebErrors.objects.bulk_create(
        [WebErrors(minute=now.replace(second=0, microsecond=0))], ignore_conflicts=True
    )
    minute.update(**more)
    WebErrors.objects.filter(minute__lt=now - KEPT).delete()


def metrics() -> Iterator[Metric]:
    """Those of the last minutes, and of a day."""
    now = timezone.now()
    recent, day = _since(now - RECENT), _since(now - DAY)
    level = Level.CRITICAL if recent >= MANY else Level.WARNING if recent else Level.FINE
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
