"""Responses per second and p95 for 1 to 64 clients, and which program uses the processor.

Measured only when named in the command; writes docs/load.svg and its table in docs/performance.md.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from bench import load_picture, processor
from bench.figures import Line, Spread, figure, percent, percentile
from bench.load_picture import Curve
from bench.requests import FORM, filled, get, signed_in
from bench.rounds import Clients, accepted
from bench.servers import Bench, Checkout, pid_of
from bench.table import commit, machine

CLIENTS = (1, 2, 4, 8, 16, 32, 64)
ROUNDS = 3
FORMS, TICKETS = 128, 64  # requests of a round, spread over its clients
MEASURED = ("web", "PostgreSQL", "broker", "carga")  # the programs whose processor time is read


@dataclass
class Step:
    """What was measured with one number of clients."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cores: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MEASURED})


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    works: dict[str, tuple[Callable[[int], Clients], int]] = {
        "Página de la solicitud": (lambda clients: _forms(product, clients), 200),
        "Solicitud confirmada": (lambda clients: _tickets(product, clients), 303),
    }
    curves = []
    with bench.delivery_paused(product):
        for name, (requests, status) in works.items():
            accepted(bench.generator.run(product.port, requests(8)), status)  # warm-up
            steps = {clients: Step() for clients in CLIENTS}
            for _ in range(ROUNDS):
                for clients, step in steps.items():
                    _measure(bench, product, requests(clients), status, step)
            curves.append(_curve(name, steps))
            yield _line(name, steps)
    load_picture.write(curves, f"{commit()}, {machine()}, {time.strftime('%Y-%m-%d')}")


def _measure(bench: Bench, product: Checkout, requests: Clients, status: int, step: Step) -> None:
    pids = {
        "web": pid_of(product.children["web"]),
        "PostgreSQL": bench.database_pid("postgresql"),
        "broker": pid_of(product.children["broker"]),
        "carga": bench.generator.pid,
    }
    before = {name: processor.seconds(pid) for name, pid in pids.items()}
    result = accepted(bench.generator.run(product.port, requests), status)
    step.rates.append(result.rate)
    step.latencies += result.latencies
    for name, pid in pids.items():
        step.cores[name].append((processor.seconds(pid) - before[name]) / result.seconds)


def _line(name: str, steps: dict[int, Step]) -> Line:
    """Return the line with the best rate, the fewest clients that reach 95 % of it, and the cores
    in use with these.
    """
    rates = {clients: Spread.of(step.rates) for clients, step in steps.items()}
    best = max(rates.values(), key=lambda rate: rate.middle)
    enough = next(clients for clients, rate in rates.items() if rate.middle >= 0.95 * best.middle)
    return Line(
        f"{name}, de 1 a {CLIENTS[-1]} clientes",
        f"{best} /s desde {enough} clientes",
        ratio=f"núcleos: {saturated(steps[enough].cores)}; p95 con {CLIENTS[-1]} clientes, "
        f"{figure(percentile(steps[CLIENTS[-1]].latencies, 95) * 1000)} ms",
    )


def saturated(cores: dict[str, list[float]]) -> str:
    """Format how many cores each program uses, and what share of the machine all use together."""
    used = {name: Spread.of(values).middle for name, values in cores.items()}
    parts = ", ".join(f"{name} {figure(value)}" for name, value in used.items())
    return f"{parts} ({percent(sum(used.values()) / (os.cpu_count() or 1))} del equipo)"


def _curve(name: str, steps: dict[int, Step]) -> Curve:
    return Curve(
        name,
        tuple(steps),
        tuple(Spread.of(step.rates).middle for step in steps.values()),
        tuple(percentile(step.latencies, 95) * 1000 for step in steps.values()),
        tuple(saturated(step.cores) for step in steps.values()),
    )


def _forms(product: Checkout, clients: int) -> Clients:
    people = signed_in(product)
    each = max(2, FORMS // clients)
    return [[get(product.port, FORM, people[client % len(people)])] * each for client in range(clients)]


def _tickets(product: Checkout, clients: int) -> Clients:
    people = signed_in(product)
    each = max(1, TICKETS // clients)
    made = (filled(product, people[number % len(people)], None) for number in range(each * clients))
    return [list(of_client) for of_client in _in_parts(made, each, clients)]


def _in_parts(requests: Iterator[bytes], each: int, clients: int) -> Sequence[Sequence[bytes]]:
    return [tuple(islice(requests, each)) for _ in range(clients)]
