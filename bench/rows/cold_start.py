"""The time from the start of the web processes to their first answer."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from bench import processor
from bench.figures import Line, Spread, figure
from bench.load import Connection
from bench.requests import get
from bench.rounds import ROUNDS
from bench.servers import Bench, pid_of
from demo.processes import Child

GOAL, TIMEOUT, PAUSE = 2.0, 60.0, 0.01  # seconds
Start = Callable[[], AbstractContextManager[tuple[int, Child]]]


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    starts: dict[str, tuple[Start, str]] = {
        "product": (lambda: bench.web_process(product, wait=False), "/health/live"),
        "fair": (lambda: bench.floor_process("fair"), "/start/"),
        "bare": (lambda: bench.floor_process("bare"), "/start/"),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in starts}
    for _ in range(ROUNDS):
        for name, (start, path) in starts.items():
            taken[name].append(_taken(start, path))
    seconds = {name: Spread.of([wall for wall, _ in each]) for name, each in taken.items()}
    spent = {name: Spread.of([each for _, each in pairs]) for name, pairs in taken.items()}
    shown = {name: f"{seconds[name]} s; {figure(spent[name].middle)} s de procesador" for name in starts}
    yield Line(
        "Arranque en frío de los procesos web",
        shown["product"],
        shown["fair"],
        shown["bare"],
        f"{figure(seconds['product'].middle / seconds['bare'].middle)} veces el desnudo",
        f"≤ {figure(GOAL)} s",
        seconds["product"].middle <= GOAL,
    )


def _taken(start: Start, path: str) -> tuple[float, float]:
    """Return the elapsed and the processor seconds from the start to the first answer."""
    began = time.monotonic()
    with start() as (port, web):
        while not _answers(port, path):
            if time.monotonic() - began > TIMEOUT or web.status is not None:
                raise RuntimeError(web.log.read_text(encoding="utf-8"))
            time.sleep(PAUSE)
        return time.monotonic() - began, processor.seconds(pid_of(web))


def _answers(port: int, path: str) -> bool:
    connection = Connection(port)
    try:
        return connection.send(get(port, path, {}))[0] == 200
    except OSError:
        return False
    finally:
        connection.close()
