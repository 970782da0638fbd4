"""Signs of life of worker, beat and sweep, in the database, and who of them has fallen silent
(R4.15, R4.16).

The worker's is written by a task that beat sends each minute: it proves beat, broker and worker at
once. Beat writes its own when it sends that task, the sweep after its passes. Each watches the
others: the dead raise no alarms.
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
GRACE = max(LIMITS.values())  # how long a watcher must have lived before it judges the others
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
    """Write a sign of life, with how the clock is. `since` starts anew after a silence; no moment
    runs back.
    """
    now = timezone.now()
    after_silence = Case(When(at__lt=now - LIMITS[name], then=now), default=F("since"))
    later = Case(When(at__lt=now, then=now), default=F("at"))
    found = clock.skew()
    skew = found.at_least if found else None
    # A clock set back writes how far, though no sign of life: the row is later than it is
    if not Heartbeat.objects.filter(name=name).update(at=later, since=after_silence, clock_skew=skew):
        # Two that come first at once: one inserts, the other has nothing to add
        first = Heartbeat(name=name, at=now, since=now, clock_skew=skew)
        Heartbeat.objects.bulk_create([first], ignore_conflicts=True)


def beat_if_possible(name: str) -> None:
    """The same for a process that must go on without its database."""
    try:
        close_old_connections()
        beat(name)
    except DatabaseError as error:
        logger.warning("no sign of life of %s: %s", name, type(error).__name__)


def may_judge(watcher: str) -> bool:
    """Whether it has lived without a break for long enough: after a start, the others may still be
    on their way.
    """
    return Heartbeat.objects.filter(name=watcher, since__lte=timezone.now() - GRACE).exists()


def metrics() -> Iterator[Metric]:
    """The age of each sign of life, and the clock that it was written by."""
    now, known = timezone.now(), {row.name: row for row in Heartbeat.objects.all()}
    for name, limit in LIMITS.items():
        row = known.get(name)
        since = max((now - row.at).total_seconds(), 0) if row else None
        silent = since is None or since > limit.total_seconds()
        yield Metric(
            f"heartbeat_{name}_age_seconds",
            str(LABELS[name]),
            since,
            _("hace {age}").format(age=age(since)) if row else age(None),
            Level.CRITICAL if silent else Level.FINE,
            str(ALARMS[name].advice) if silent else "",
            (ALARMS[name].name,) if silent else (),
        )
        if row and row.clock_skew is not None:  # of a silent one too: it may be silent by its clock alone
            label = _("Reloj de: {process}").format(process=LABELS[name])
            yield clock.metric(
                f"clock_skew_{name}_seconds", label, row.clock_skew, row.clock_skew, alarm=True
            )
