"""The lease that lets one beat schedule at a time; a second beat waits and raises an alarm (R4.16).

The lease is stored in beat's heartbeat row. One conditional UPDATE takes or renews it, so if two
beats start together exactly one gets it. After a `kill -9` the lease expires and any running beat
takes it. A second beat would do no harm, since every task may arrive twice anyway (R4.13), but it
is a deployment mistake that operations should know of.
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
RENEW = 10.0  # seconds between two renewals: three may fail before the lease expires
RELEASE_SECONDS = 3.0  # to release the lease at exit; otherwise it expires by itself
LOG_INTERVAL = 600.0  # seconds between two log lines of a second beat that still waits
SECOND_SEEN_FOR = timedelta(minutes=3)  # after its last attempt, a second beat counts as running

ALARM = alarms.kind(
    "second-beat",
    gettext_lazy("Hay dos agendas (beat) en marcha"),
    gettext_lazy(
        "Deje un solo proceso «beat»: la segunda espera y no manda nada, pero alguien la puso en marcha."
    ),
)


class BeatLease:
    """Whether this beat process may schedule, renewed in the database every RENEW seconds."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:60]}, pid {os.getpid()}"
        self.token = f"{self.name}, {secrets.token_hex(16)}"  # a pid can be the same in two containers
        self._allowed = True  # until the database has answered; a task sent twice does no harm
        self._renew_at = 0.0
        self._other_until: datetime | None = None  # the other beat's lease when this one first saw it
        self._log_at = 0.0

    def may_schedule(self) -> bool:
        """Renew or take the lease when due. While the database is down, the last answer stands."""
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + RENEW
            try:
                close_old_connections()
                self._renew()
            except DatabaseFailure as error:
                logger.warning("beat cannot renew its lease: %s", type(error).__name__)
        return self._allowed

    def release(self) -> None:
        """Release the lease, so that the next beat can start at once.

        This runs in a thread with another connection, because the signal that ends beat may have
        interrupted a query on this thread's connection.
        """
        thread = threading.Thread(target=_release, args=[self.token], daemon=True)
        thread.start()
        thread.join(RELEASE_SECONDS)

    def _renew(self) -> None:
        other = take(self.token)
        if other is None:
            if not self._allowed:
                logger.warning("this beat (%s) schedules from now on", self.name)
            self._allowed, self._other_until, self._log_at = True, None, 0.0
            return
        self._allowed = False
        other_name = other.holder.rpartition(", ")[0]  # without the random part of its token
        if self._other_until is None:
            self._other_until = other.held_until
            logger.warning("beat waits for the lease of another one (%s), which may be dead", other_name)
        elif other.held_until != self._other_until:  # renewed meanwhile, so the other beat is alive
            Heartbeat.objects.filter(name=BEAT).update(second_at=timezone.now(), second=self.name)
            if time.monotonic() >= self._log_at:
                self._log_at = time.monotonic() + LOG_INTERVAL
                logger.error(
                    "this is a second beat (%s) and schedules nothing: another one (%s) lives. Stop one of them",
                    self.name,
                    other_name,
                )


def take(token: str) -> Heartbeat | None:
    """Take or renew the lease. Return None on success, else the row that another beat holds."""
    now = timezone.now()
    free = Q(holder__in=["", token]) | Q(held_until=None) | Q(held_until__lt=now)
    lease = {"holder": token, "held_until": now + LEASE}
    row = Heartbeat.objects.filter(name=BEAT)
    if row.filter(free).update(**lease):
        return None
    # No row exists before the first beat; if two start at once, only one can insert it
    Heartbeat.objects.bulk_create([Heartbeat(name=BEAT, at=now, since=now, **lease)], ignore_conflicts=True)
    return row.exclude(holder=token).first()


def _release(token: str) -> None:
    try:
        Heartbeat.objects.filter(name=BEAT, holder=token).update(holder="", held_until=None)
    except DatabaseFailure as error:
        logger.warning("beat cannot give its lease back, it runs out: %s", type(error).__name__)
    finally:
        connections.close_all()


def metrics() -> Iterator[Metric]:
    """Report whether a second beat is running, and since when it was last seen."""
    row = Heartbeat.objects.filter(name=BEAT).first()
    seconds = (timezone.now() - row.second_at).total_seconds() if row and row.second_at else None
    running = seconds is not None and seconds <= SECOND_SEEN_FOR.total_seconds()
    display = _("no hay")
    if row and seconds is not None:
        display = _("«{second}», vista hace {age}").format(second=row.second, age=age(seconds))
    yield Metric(
        "second_beat_age_seconds",
        _("Segunda agenda (beat)"),
        seconds,
        display,
        Level.WARNING if running else Level.FINE,
        str(ALARM.advice) if running else "",
        (ALARM.name,) if running else (),
    )
