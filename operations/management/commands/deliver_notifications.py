"""Sends pending messages and codes without the broker: once, for cron, or in a loop that runs in
parallel to the worker (R4.05).
"""

import math
import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, close_old_connections, connections
from django.utils.translation import gettext as _

from jobs import sweep
from notifications.sending import delivery
from notifications.sending.delivery import SendOutcome
from operations import alarms, heartbeats

SHORTEST_INTERVAL = 0.05  # seconds
LONGEST_PAUSE = 30.0  # seconds between passes while they fail, e.g. while the database is down
HEARTBEAT_SECONDS, WATCH_SECONDS = 10.0, 60.0  # between heartbeats, and between checks of the alarms
STUCK_SECONDS = 180.0  # no heartbeat is written while a sweep has completed no pass for this long
JOIN_SECONDS = 5.0  # at exit, for a message being sent; a slower one is retried when its lease expires


class Command(BaseCommand):
    help = "Envía los mensajes y códigos pendientes, sin necesitar Redis. Con --loop sigue hasta que se lo detenga."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="sigue enviando hasta que se lo detenga")
        parser.add_argument(
            "--interval",
            type=_interval,
            default=1.0,
            metavar="SEGUNDOS",
            help="segundos entre pasadas (con --loop)",
        )

    def handle(self, *args: Any, loop: bool, interval: float, **options: Any) -> None:  # noqa: ARG002
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])  # Django itself skips this tag
        if loop:
            self._loop(interval)
        else:
            self._once()

    def _once(self) -> None:
        failed: list[str] = []
        try:
            counts = sweep.sweep_once()
        except sweep.SweepFailed as failure:
            counts, failed = failure.counts, failure.failed
        # The sweep leaves new messages to the worker for a while. Without --loop there may be no
        # worker, so they are sent here
        try:
            delivered = delivery.deliver_due()
        except (OperationalError, InterfaceError):
            raise CommandError(
                _("La base de datos no responde, o le faltan migraciones: nada se ha perdido.")
            ) from None
        if not failed:
            heartbeats.beat_if_possible(heartbeats.SWEEP)  # cron runs this instead of the loop
        _watch()
        for name, count in counts.items():
            self.stdout.write(f"{name:<20} {count:>6}")
        summary = _(
            "Listo: {sent} enviados ahora, {again} se reintentarán, {failed} rechazados, {dead} abandonados."
        )
        self.stdout.write(
            summary.format(
                sent=delivered[SendOutcome.SENT],
                again=delivered[SendOutcome.AGAIN],
                failed=delivered[SendOutcome.FAILED],
                dead=delivered[SendOutcome.DEAD],
            )
        )
        if failed:
            raise CommandError(_("No se pudo terminar: {names}.").format(names=", ".join(failed)))

    def _loop(self, interval: float) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: sweep.stop())
        self.stdout.write(_("Enviando lo pendiente. Ctrl-C para terminar."))
        # One thread per sweep: a mail server that does not answer must not keep a code waiting
        threads = [
            threading.Thread(target=_repeat, args=(name, interval), daemon=True) for name in sweep.names()
        ]
        for thread in threads:
            thread.start()
        watched = time.monotonic()
        while not sweep.wait(HEARTBEAT_SECONDS):
            if sweep.all_passed_within(STUCK_SECONDS):
                heartbeats.beat_if_possible(heartbeats.SWEEP)
            if time.monotonic() - watched >= WATCH_SECONDS:
                watched = time.monotonic()
                _watch()
        connections.close_all()
        for thread in threads:
            thread.join(JOIN_SECONDS)
        self.stdout.write(_("Detenido."))


def _interval(typed: str) -> float:
    """Parse `--interval`. Below its minimum the sweep would query the database without a pause."""
    try:
        seconds = float(typed)
    except ValueError:
        seconds = math.nan
    if not SHORTEST_INTERVAL <= seconds <= LONGEST_PAUSE:  # NaN is in no range
        raise ArgumentTypeError(
            _("«{typed}» no sirve: son segundos, de {least} a {most}").format(
                typed=typed, least=SHORTEST_INTERVAL, most=int(LONGEST_PAUSE)
            )
        )
    return seconds


def _watch() -> None:
    """Check the alarms; a failure is logged and never stops the sweep."""
    try:
        close_old_connections()
        alarms.watch(judge_silence=heartbeats.may_judge(heartbeats.SWEEP))
    except Exception as error:  # noqa: BLE001  reported, and checked again in a minute
        sweep.report("alarms", error)


def _repeat(name: str, interval: float) -> None:
    """Run one sweep again and again until the command stops; log each failure and wait longer."""
    failures = 0
    while not sweep.stopping():
        close_old_connections()
        try:
            sweep.run(name)
        except Exception as error:  # noqa: BLE001  reported, and tried again
            failures += 1
            sweep.report(name, error)
            connections.close_all()
        else:
            failures = 0
        sweep.wait(min(LONGEST_PAUSE, sweep.pause(name, interval) * 2 ** min(failures, 10)))
    connections.close_all()
