"""Confirming a request until the customer sees its number; its mails leave afterwards."""

from collections.abc import Iterator
from itertools import cycle

from bench.figures import Line, percentile
from bench.load import Result
from bench.requests import CLIENTS, TYPED, File, filled, floor_cookies, post_multipart, signed_in
from bench.rounds import accepted, in_turn, milliseconds, rate, share_of_floor
from bench.servers import Bench
from tests.stack import Stack

EACH, ROUNDS = 6, 5
GOALS = {"postgresql": 0.6, "sqlite": 0.5}
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def measure(bench: Bench) -> Iterator[Line]:
    for engine, goal in GOALS.items():
        ours, theirs = against_floor(bench, engine, EACH, None)
        work = f"Solicitud confirmada, hasta el número ({NAMES[engine]})"
        yield share_of_floor(work, rate(ours), rate(theirs), goal)
        if engine == "postgresql":
            latencies = [latency for result in ours for latency in result.latencies]
            p50, p95 = (milliseconds(percentile(latencies, hundredth)) for hundredth in (50, 95))
            yield Line(f"{work}: lo que espera cada cliente", f"p50 {p50}, p95 {p95}")


def against_floor(bench: Bench, engine: str, each: int, file: File | None) -> list[list[Result]]:
    """Return the results of product and floor, with delivery paused, which has its own row."""
    product, floor = bench.product(engine), bench.floor(engine)
    people = signed_in(product)
    theirs = [
        [post_multipart(floor, "/ticket/", floor_cookies(floor), TYPED, file)] * each for _ in range(CLIENTS)
    ]
    with bench.delivery_paused(product):
        return in_turn(
            ROUNDS,
            lambda: confirm(bench, product, people, each, file),
            lambda: accepted(bench.generator.run(floor, theirs), 302),
        )


def confirm(
    bench: Bench, product: Stack, people: list[dict[str, str]], each: int, file: File | None
) -> Result:
    """Open and fill in new forms, then send them; only the sending is measured."""
    clients: list[list[bytes]] = [[] for _ in people]
    for requests, cookies in zip(cycle(clients), people * each, strict=False):
        requests.append(filled(product, cookies, file))
    return accepted(bench.generator.run(product.port, clients), 303)
