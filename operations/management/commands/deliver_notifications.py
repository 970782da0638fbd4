"""Sends what is owed with no broker: once, for cron, or for ever beside the worker (R4.05)."""

import math
import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from types import FrameType
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
LONGEST_PAUSE = 30.0  # seconds between passes while they fail, say because the database is away
SIGN_SECONDS, WATCH_SECONDS = 10.0, 60.0  # between signs of life, and between looks at the metrics
STUCK_SECONDS = 180.0  # without a pass that came to its end, a sweep shows no sign of life
GOODBYE = 5.0  # seconds a message in flight may still take; its lease covers it if it takes longer


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
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])  # Django leaves these to `migrate`
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
        # Whoever types the command waits for no worker: what is too fresh for the sweep goes too
        try:
            fresh = delivery.deliver_due()
        except (OperationalError, InterfaceError):
            raise CommandError(
                _("La base de datos no responde, o le faltan migraciones: nada se ha perdido.")
            ) from None
        if not failed:
            heartbeats.beat_if_possible(heartbeats.SWEEP)  # by cron each minute, it lives
        _watch()
        for name, count in counts.items():
            self.stdout.write(f"{name:<20} {count:>6}")
        summary = _(
            "Listo: {sent} enviados ahora, {again} se reintentarán, {failed} rechazados, {dead} abandonados."
        )
        self.stdout.write(
            summary.format(
                sent=fresh[SendOutcome.SENT],
                again=fresh[SendOutcome.AGAIN],
                failed=fresh[SendOutcome.FAILED],
                dead=fresh[SendOutcome.DEAD],
            )
        )
        if failed:
            raise CommandError(_("No se pudo terminar: {names}.").format(names=", ".join(failed)))

    def _loop(self, interval: float) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _on_signal)
        self.stdout.write(_("Enviando lo pendiente. Ctrl-C para terminar."))
        # A thread a sweep: a mail server that does not answer must not keep a code waiting
        threads = [
            threading.Thread(target=_repeat, args=(name, interval), daemon=True) for name in sweep.names()
        ]
        for thread in threads:
            thread.start()
        _live()
        for thread in threads:
            thread.join(GOODBYE)
        self.stdout.write(_("Detenido."))


def _interval(typed: str) -> float:
    """Raises what argparse tells the person: below, the sweep would ask the database without a
    pause, or never.
    """
    try:
        seconds = float(typed)
    except ValueError:
        seconds = math.nan
    if not SHORTEST_INTERVAL <= seconds <= LONGEST_PAUSE:  # not a number is in no range
        raise ArgumentTypeError(
            _("«{typed}» no sirve: son segundos, de {least} a {most}").format(
                typed=typed, least=SHORTEST_INTERVAL, most=int(LONGEST_PAUSE)
            )
        )
    return seconds


def _on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    sweep.stop()


def _live() -> None:
    """Until asked to stop: show that every sweep gets through, and look after worker and beat."""
    watched = time.monotonic()
    while not sweep.wait(SIGN_SECONDS):
        if sweep.all_passed_within(STUCK_SECONDS):
            heartbeats.beat_if_possible(heartbeats.SWEEP)
        if time.monotonic() - watched >= WATCH_SECONDS:
            watched = time.monotonic()
            _watch()
    connections.close_all()


def _watch() -> None:
    """Whatever becomes of it, messages matter more."""
    try:
        close_old_connections()
        alarms.watch(judging=heartbeats.may_judge(heartbeats.SWEEP))
    except Exception as error:  # noqa: BLE001  it is reported, and looked at again in a minute
        sweep.report("alarms", error)


def _repeat(name: str, interval: float) -> None:
    """Run one sweep again and again; whatever fails is logged and tried later."""
    failures = 0
    while not sweep.stopping():
        close_old_connections()
        try:
            sweep.run(name)
        except Exception as error:  # noqa: BLE001  it is reported, and tried again
            failures += 1
            sweep.report(name, error)
            connections.close_all()
        else:
            failures = 0
        sweep.wait(min(LONGEST_PAUSE, sweep.pause(name, interval) * 2 ** min(failures, 10)))
    connections.close_all()
