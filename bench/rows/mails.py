"""Delivering mails to a local mail server: by `deliver_notifications` and by 1, 2 and 4 worker
processes, compared with a bare loop.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.figures import Line, Spread, figure
from bench.servers import Bench, started
from bench.sink import times
from demo.broker import free_port
from tests.servers import wait_for_port
from tests.stack import BASE, Stack, wait_for

MAILS, BY_WORKERS, ROUNDS = 1000, 600, 3
GOAL = 400.0
BATCH_TIMEOUT = 60.0  # seconds


def measure(bench: Bench) -> Iterator[Line]:
    product, folder, port = bench.product(), bench.folder(), free_port()
    sink = Sink(folder / "accepted", {**product.environment, "EMAIL_URL": f"smtp://127.0.0.1:{port}"}, port)
    arguments = (str(port), str(sink.path))
    with (
        bench.delivery_paused(product),
        started("sink", folder, sink.environment, "bench.sink", *arguments) as server,
    ):
        if server.process:
            wait_for_port(port, server.process, server.log)
        bare, dispatched = [], []
        for _ in range(ROUNDS):
            bare.append(sink.rate(MAILS, "-m", "bench.bare_smtp", str(port), str(MAILS)))
            _enqueue(product, MAILS, with_tasks=False)
            dispatched.append(sink.rate(MAILS, "manage.py", "deliver_notifications"))
        floor, ours = Spread.of(bare), Spread.of(dispatched)
        yield Line(
            "Correos entregados por un proceso, con su estado anotado",
            f"{ours} /s",
            "",
            f"{floor} /s",
            f"{ours.middle / floor.middle:.0%}".replace("%", " %"),
            f"≥ {GOAL:.0f} /s",
            ours.middle >= GOAL,
        )
        alone = 0.0
        for processes in (1, 2, 4):
            _enqueue(product, BY_WORKERS, with_tasks=True)
            command = (
                "celery",
                "-A",
                "fidelizacion",
                "worker",
                "--concurrency",
                str(processes),
                "--without-gossip",
            )
            before = len(times(sink.path))
            with started(f"worker{processes}", folder, sink.environment, *command):
                reached = sink.rate_since(before, BY_WORKERS)
            alone = alone or reached
            yield Line(
                f"Correos entregados por el trabajador, {processes} proceso{'s' * (processes > 1)}",
                f"{figure(reached)} /s",
                "",
                f"{floor} /s",
                f"{figure(reached / alone)} veces un proceso",
            )


class Sink:
    """The file in which the mail server writes its times, and an environment that sends to it."""

    def __init__(self, path: Path, environment: Mapping[str, str], port: int) -> None:
        self.path, self.environment, self.port = path, environment, port

    def rate(self, count: int, *command: str) -> float:
        """Return the mails per second while a Python program sends `count` of them."""
        before = len(times(self.path))
        subprocess.run(
            [sys.executable, *command],
            cwd=BASE,
            env=dict(self.environment),
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=BATCH_TIMEOUT,
        )
        return self.rate_since(before, count)

    def rate_since(self, before: int, count: int) -> float:
        """Return the rate from the first accepted mail to the last; starting a process is not
        counted.
        """
        if not wait_for(lambda: len(times(self.path)) >= before + count, BATCH_TIMEOUT):
            raise RuntimeError(f"llegaron {len(times(self.path)) - before} correos de {count}")
        accepted = times(self.path)[before : before + count]
        return (count - 1) / (accepted[-1] - accepted[0])


def _enqueue(product: Stack, count: int, *, with_tasks: bool) -> None:
    """Queue new mails; without tasks the broker is stopped, so that no worker hears of them."""
    if not with_tasks:
        product.signal(signal.SIGSTOP, "broker")
    try:
        command = [sys.executable, "-m", "bench.enqueue", str(count)]
        subprocess.run(command, cwd=BASE, env=product.environment, check=True, stderr=subprocess.DEVNULL)
    finally:
        if not with_tasks:
            product.signal(signal.SIGCONT, "broker")
