"""Heartbeats of worker, beat and sweep in the database, with their alarms (R4.15, R4.16).

A task that beat sends every minute writes the worker's heartbeat, which proves that beat, broker
and worker all run. Beat writes its heartbeat when it sends that task, the sweep after its passes.
Worker and sweep each check all three, since a dead process cannot report itself.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.db import DatabaseError, close_old_connections
from django.db.models import Case, F, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import alarms, clock
from operations.metrics import Level, Metric, age
from operations.models import Heartbeat

logger = logging.getLogger(__name__)

WORKER, BEAT, SWEEP = "worker", "beat", "sweep"
LIMITS = {WORKER: timedelta(minutes=3), BEAT: timedelta(minutes=5), SWEEP: timedelta(minutes=5)}
GRACE = max(LIMITS.values())  # how long a watcher must have run before it judges the others
LABELS: dict[str, str | Promise] = {
    WORKER: gettext_lazy("Trabajador (worker)"),
    BEAT: gettext_lazy("Agenda (beat)"),
    SWEEP: gettext_lazy("Repaso (sweep)"),
}
ALARMS = {
    WORKER: alarms.kind(
        "worker-silent",
        gettext_lazy("El trabajador no da señales"),
        gettext_lazy(
            "Revise el proceso «worker» y el Redis o Valkey; los mensajes salen mientras tanto por el repaso."
        ),
        silence=True,
    ),
    BEAT: alarms.kind(
        "beat-silent",
        gettext_lazy("La agenda no da señales"),
        gettext_lazy("Revise el proceso «beat»: sin él no hay limpieza ni resumen diario."),
        silence=True,
    ),
    SWEEP: alarms.kind(
        "sweep-silent",
        gettext_lazy("El repaso no da señales"),
        gettext_lazy(
            "Revise el proceso «deliver_notifications --loop»: sin él, lo que el trabajador pierda espera."
        ),
        silence=True,
    ),
}


def beat(name: str) -> None:
    """Write a heartbeat and the skew of this machine's clock. `since` restarts after a silence.

    `at` never moves back: a machine whose clock is behind updates only the skew.
    """
    now = timezone.now()
    after_silence = Case(When(at__lt=now - LIMITS[name], then=now), default=F("since"))
    later = Case(When(at__lt=now, then=now), default=F("at"))
    measured = clock.skew()
    skew = measured.at_least if measured else None
    if not Heartbeat.objects.filter(name=name).update(at=later, since=after_silence, clock_skew=skew):
        # The first heartbeat ever; if two processes write it at once, the second insert is ignored
        first = Heartbeat(name=name, at=now, since=now, clock_skew=skew)
        Heartbeat.objects.bulk_create([first], ignore_conflicts=True)


def beat_if_possible(name: str) -> None:
    """Write a heartbeat, but only log a database failure: the caller must go on without it."""
    try:
        close_old_connections()
        beat(name)
    except DatabaseError as error:
        logger.warning("no sign of life of %s: %s", name, type(error).__name__)


def may_judge(watcher: str) -> bool:
    """Return whether the watcher has run for GRACE without a gap.

    Right after a deployment the other processes may still be starting.
    """
    return Heartbeat.objects.filter(name=watcher, since__lte=timezone.now() - GRACE).exists()


def metrics() -> Iterator[Metric]:
    """Report the age of each heartbeat, and the skew of the clock that wrote it."""
    now, rows = timezone.now(), {row.name: row for row in Heartbeat.objects.all()}
    for name, limit in LIMITS.items():
        row = rows.get(name)
        seconds = max((now - row.at).total_seconds(), 0) if row else None
        silent = seconds is None or seconds > limit.total_seconds()
        yield Metric(
            f"heartbeat_{name}_age_seconds",
            str(LABELS[name]),
            seconds,
            _("hace {age}").format(age=age(seconds)) if row else age(None),
            Level.CRITICAL if silent else Level.FINE,
            str(ALARMS[name].advice) if silent else "",
            (ALARMS[name].name,) if silent else (),
        )
        if row and row.clock_skew is not None:  # of silent ones too: the clock may be the cause
            label = _("Reloj de: {process}").format(process=LABELS[name])
            yield clock.metric(
                f"clock_skew_{name}_seconds", label, row.clock_skew, row.clock_skew, alarm=True
            )
