"""One beat schedules at a time. A second one waits, says so in its log, and is an alarm (R4.16).

The first holds a lease in beat's row, taken and renewed by one conditional UPDATE: of two that
start at once, the database decides. After a `kill -9` the lease runs out, and whichever beat runs
then takes it. Tasks may come twice anyway (R4.13): a second beat does no harm, but it is not meant,
and what is not meant is told.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import Error as DatabaseFailure
from django.db import close_old_connections, connections
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import alarms
from operations.heartbeats import BEAT
from operations.metrics import Level, Metric, age
from operations.models import Heartbeat

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)  # with RENEW: after a kill another beat schedules within a minute
RENEW = 10.0  # seconds between two looks: three may fail before the lease runs out
GOODBYE = 3.0  # seconds for giving the lease back at the end; it runs out anyway
SAY_AGAIN = 600.0  # seconds between two lines of one that still waits
SEEN = timedelta(minutes=3)  # for so long after its last look a second beat counts as running

ALARM = alarms.kind(
    "second-beat",
    gettext_lazy("Hay dos agendas (beat) en marcha"),
    gettext_lazy(
        "Deje un solo proceso «beat»: la segunda espera y no manda nada, pero alguien la puso en marcha."
    ),
)


class BeatLease:
    """What one beat process knows of its right to schedule."""

    def __init__(self) -> None:
        # Who it is, for people, and a part that no other process has
        self.name = f"{socket.gethostname()[:60]}, pid {os.getpid()}"
        self.token = f"{self.name}, {secrets.token_hex(16)}"
        self._allowed = True  # until the database says otherwise: with none, beat goes on
        self._look_at = 0.0
        self._seen_until: datetime | None = None  # the other's lease, when this process first met it
        self._say_at = 0.0

    def may_schedule(self) -> bool:
        """Renew or take the lease where it is time to. Without a database, what was so before stays
        so.
        """
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + RENEW
            try:
                close_old_connections()
                self._look()
            except DatabaseFailure as error:
                logger.warning("beat cannot renew its lease: %s", type(error).__name__)
        return self._allowed

    def release(self) -> None:
        """Let the next beat begin at once. A thread's: a signal may have come amid a query of this
        connection.
        """
        thread = threading.Thread(target=_release, args=[self.token], daemon=True)
        thread.start()
        thread.join(GOODBYE)

    def _look(self) -> None:
        held = take(self.token)
        if held is None:
            if not self._allowed:
                logger.warning("this beat (%s) schedules from now on", self.name)
            self._allowed, self._seen_until, self._say_at = True, None, 0.0
            return
        self._allowed = False
        if self._seen_until is None:
            self._seen_until = held.held_until
            logger.warning(
                "beat waits for the lease of another one (%s), which may be dead", _name(held.holder)
            )
        elif held.held_until != self._seen_until:  # renewed meanwhile: it lives
            Heartbeat.objects.filter(name=BEAT).update(second_at=timezone.now(), second=self.name)
            if time.monotonic() >= self._say_at:
                self._say_at = time.monotonic() + SAY_AGAIN
                logger.error(
                    "this is a second beat (%s) and schedules nothing: another one (%s) lives. Stop one of them",
                    self.name,
                    _name(held.holder),
                )


def take(token: str) -> Heartbeat | None:
    """Take or renew the lease. Returns the row of the other who has it, or None when it is this
    one's.
    """
    now = timezone.now()
    free = Q(holder__in=["", token]) | Q(held_until=None) | Q(held_until__lt=now)
    lease = {"holder": token, "held_until": now + LEASE}
    row = Heartbeat.objects.filter(name=BEAT)
    if row.filter(free).update(**lease):
        return None
    # The first beat ever; of two at once, one inserts
    Heartbeat.objects.bulk_create([Heartbeat(name=BEAT, at=now, since=now, **lease)], ignore_conflicts=True)
    return row.exclude(holder=token).first()


def _release(token: str) -> None:
    try:
        Heartbeat.objects.filter(name=BEAT, holder=token).update(holder="", held_until=None)
    except DatabaseFailure as error:
        logger.warning("beat cannot give its lease back, it runs out: %s", type(error).__name__)
    finally:
        connections.close_all()


def _name(token: str) -> str:
    """Who that is, without the part that is nobody else's business."""
    return token.rpartition(", ")[0]


def metrics() -> Iterator[Metric]:
    """Whether a second beat runs."""
    row = Heartbeat.objects.filter(name=BEAT).first()
    since = (timezone.now() - row.second_at).total_seconds() if row and row.second_at else None
    runs = since is not None and since <= SEEN.total_seconds()
    shown = _("no hay")
    if row and since is not None:
        shown = _("«{second}», vista hace {age}").format(second=row.second, age=age(since))
    yield Metric(
        "second_beat_age_seconds",
        _("Segunda agenda (beat)"),
        since,
        shown,
        Level.WARNING if runs else Level.FINE,
        str(ALARM.advice) if runs else "",
        (ALARM.name,) if runs else (),
    )
