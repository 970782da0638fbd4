"""A request confirmed, until the customer has the number; its mails leave afterwards."""

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
            latencies = [each for shot in ours for each in shot.latencies]
            said = f"p50 {milliseconds(percentile(latencies, 50))}, p95 {milliseconds(percentile(latencies, 95))}"
            yield Line(f"{work}: lo que espera cada cliente", said)


def against_floor(bench: Bench, engine: str, each: int, file: File | None) -> list[list[Result]]:
    """Shots of the product and of the floor, while nobody delivers: that is another figure."""
    product, floor = bench.product(engine), bench.floor(engine)
    people = signed_in(product)
    theirs = [
        [post_multipart(floor, "/ticket/", floor_cookies(floor), TYPED, file)] * each for _ in range(CLIENTS)
    ]
    with bench.nobody_delivers(product):
        return in_turn(
            ROUNDS,
            lambda: confirm(bench, product, people, each, file),
            lambda: accepted(bench.gun.fire(floor, theirs), 302),
        )


def confirm(
    bench: Bench, product: Stack, people: list[dict[str, str]], each: int, file: File | None
) -> Result:
    """New forms, opened before the clock runs and sent while it does."""
    clients: list[list[bytes]] = [[] for _ in people]
    for requests, cookies in zip(cycle(clients), people * each, strict=False):
        requests.append(filled(product, cookies, file))
    return accepted(bench.gun.fire(product.port, clients), 303)
