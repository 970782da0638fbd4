"""Delivering queued mails to a local mail server: by one, two and four processes of the product,
compared with a loop of `smtplib` and with Django's EmailMessage.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.comparison import ratios
from bench.figures import Line, Spread, figure
from bench.outbox import clone, wait_until_empty
from bench.requests import filled, filled_floor, floor_people, signed_in
from bench.rounds import ROUNDS, accepted
from bench.servers import Bench, Checkout
from bench.sink import times
from tests.stack import BASE, wait_for

COUNT, EACH = 400, 2  # mails of a round, mails of a ticket
GOAL = 400.0  # mails per second
TIMEOUT = 60.0  # seconds for all mails of a round
DISPATCHER = ("manage.py", "deliver_notifications")


@dataclass(frozen=True)
class Outbox:
    """A database with queued mails, and the environment of the processes that send them."""

    environment: Mapping[str, str]
    table: str
    base: Path = BASE

    def fill(self) -> None:
        """Copy the mails of the ticket that was registered last."""
        clone(self.environment["DATABASE_URL"], COUNT - EACH, self.table)


def measure(bench: Bench) -> Iterator[Line]:
    stacks = [bench.product(), *bench.before("postgresql")]
    for stack in stacks:
        wait_until_empty(stack.environment["DATABASE_URL"])  # earlier rows may have queued mails
    with bench.delivery_paused(*stacks), _fair(bench) as fair, bench.sink() as sink:
        loop, of_fair = ("-m", "bench.bare_smtp", str(sink.port), str(COUNT)), Outbox(fair, "fair_message")
        command = ("-m", "bench.fair.deliver", str(sink.port), str(COUNT))
        bare_rates: list[float] = []
        fair_rates: list[float] = []
        rates: list[list[float]] = [[] for _ in stacks]
        for _ in range(ROUNDS):
            bare_rates.append(_rate(sink.path, fair, [loop]))
            _register_at_floor(bench)
            of_fair.fill()
            fair_rates.append(_rate(sink.path, fair, [command]))
            for stack, of_stack in zip(stacks, rates, strict=True):
                of_stack.append(_delivered(bench, stack, 1))
        several = {processes: _delivered(bench, stacks[0], processes) for processes in (2, 4)}
    ours, *before = map(Spread.of, rates)
    by_fair, by_bare = Spread.of(fair_rates), Spread.of(bare_rates)
    yield Line(
        "Correos entregados por un proceso, con su estado anotado",
        f"{ours} /s",
        f"{by_fair} /s",
        f"{by_bare} /s",
        ratios(ours, by_fair, by_bare),
        f"≥ {GOAL:.0f} /s",
        ours.middle >= GOAL,
    )
    for then in before:
        ratio = f"{figure(ours.middle / then.middle)} veces en /s"
        yield Line("Lo mismo, junto a BASELINE", f"{ours} /s", bare=f"antes {then} /s", ratio=ratio)
    for processes, reached in several.items():
        ratio = f"{figure(reached / ours.middle)} veces un proceso"
        yield Line(f"Correos entregados por {processes} procesos", f"{figure(reached)} /s", ratio=ratio)


@contextmanager
def _fair(bench: Bench) -> Iterator[dict[str, str]]:
    """Empty the fair floor's outbox, and yield its environment."""
    environment = bench.floor_environment("fair", "postgresql")
    with bench.sink() as sink, bench.floor_deliverer("fair", "postgresql", sink.port):
        wait_until_empty(environment["DATABASE_URL"], "fair_message")
    yield environment


def _register_at_floor(bench: Bench) -> None:
    server = bench.floor("fair")
    request = filled_floor(server.port, floor_people(server.port)[0], None)
    accepted(bench.generator.run(server.port, [[request]]), 302)


def _delivered(bench: Bench, stack: Checkout, processes: int) -> float:
    """Register a ticket, copy its mails, and return the rate at which they are delivered."""
    request = filled(stack, signed_in(stack)[0], None)
    accepted(bench.generator.run(stack.port, [[request]]), 303)
    Outbox(stack.environment, "notifications_message").fill()
    return _rate(stack.accepted, stack.environment, [DISPATCHER] * processes, stack.base)


def _rate(
    path: Path, environment: Mapping[str, str], commands: Sequence[tuple[str, ...]], base: Path = BASE
) -> float:
    """Run these processes. Return the mails per second from the first to the last accepted one, so
    that the processes' start is not counted.
    """
    before = len(times(path))
    running = [
        subprocess.Popen(
            [sys.executable, *command],
            cwd=base,
            env=dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    for process in running:
        process.wait(TIMEOUT)
    if not wait_for(lambda: len(times(path)) >= before + COUNT, TIMEOUT):
        raise RuntimeError(f"llegaron {len(times(path)) - before} correos de {COUNT}")
    moments = times(path)[before : before + COUNT]
    return (COUNT - 1) / (moments[-1] - moments[0])
