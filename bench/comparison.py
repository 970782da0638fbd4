"""Measures requests to the product, to both floors and to another version of the product."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from bench.figures import Line, Spread, figure, percent
from bench.requests import signed_in
from bench.rounds import Clients, Server, Side, in_turn
from bench.servers import Bench
from tests.stack import Stack

ENGINES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


@dataclass(frozen=True)
class Goal:
    """The rate to reach, as a multiple of the fair floor's and as a share of the bare floor's."""

    times_fair: float | None = None
    share_of_bare: float | None = None

    def __str__(self) -> str:
        parts = []
        if self.times_fair:
            parts.append(f"≥ {figure(self.times_fair)} veces el justo")
        if self.share_of_bare:
            parts.append(f"≥ {percent(self.share_of_bare)} del desnudo")
        return "; ".join(parts)

    def reached(self, product: Spread, fair: Spread, bare: Spread) -> bool | None:
        if not (self.times_fair or self.share_of_bare):
            return None
        return product.middle >= fair.middle * (self.times_fair or 0) and product.middle >= bare.middle * (
            self.share_of_bare or 0
        )


@dataclass(frozen=True)
class Work:
    """One kind of request: how to build it for the product and for the floors."""

    name: str
    of_product: Callable[[Stack], Clients]
    status: int
    of_floor: Callable[[Server], Clients]
    floor_status: int
    goals: Mapping[str, Goal]  # by engine


def compare(bench: Bench, work: Work) -> Iterator[Line]:
    """Measure the work on each engine, with delivery paused: other rows measure delivery."""
    for engine in bench.engines:
        product, fair, bare, *before = sides = _sides(bench, work, engine)
        stacks = [bench.product(engine), *bench.before(engine)]
        with bench.delivery_paused(*stacks):
            in_turn(bench.generator, sides)
        name, goal = f"{work.name} ({ENGINES[engine]})", work.goals.get(engine, Goal())
        yield Line(
            name,
            shown(product),
            shown(fair),
            shown(bare),
            _ratios(product, fair, bare),
            str(goal),
            goal.reached(product.rate, fair.rate, bare.rate),
        )
        for side in before:
            yield beside_before(name, product, side)


def _sides(bench: Bench, work: Work, engine: str) -> list[Side]:
    """Return product, fair floor, bare floor and, if BASELINE names one, the other version."""
    stacks = [bench.product(engine), *bench.before(engine)]
    product, *before = [_side(bench, stack, work, engine) for stack in stacks]
    floors = [
        Side(server, partial(work.of_floor, server), work.floor_status)
        for server in (bench.floor("fair", engine), bench.floor("bare", engine))
    ]
    return [product, *floors, *before]


def _side(bench: Bench, stack: Stack, work: Work, engine: str) -> Side:
    signed_in(stack)
    return Side(bench.server(stack, engine), partial(work.of_product, stack), work.status)


def shown(side: Side) -> str:
    """Format a side's rate, and the processor time per request of web and database."""
    database = f" + {figure(side.database.middle)}" if side.server.database else ""
    return f"{side.rate} /s; {figure(side.web.middle)}{database} ms"


def beside_before(name: str, product: Side, before: Side) -> Line:
    """Return the line that compares the product with the version that BASELINE names."""
    rate = product.rate.middle / before.rate.middle
    web = Spread.of([now / then for now, then in zip(product.web_ms, before.web_ms, strict=True)])
    return Line(
        f"{name}, junto a BASELINE",
        shown(product),
        ratio=f"{figure(rate)} veces en /s; {web} veces el procesador",
        bare=f"antes {shown(before)}",
    )


def _ratios(product: Side, fair: Side, bare: Side) -> str:
    less = figure(fair.web.middle / product.web.middle)
    return f"{ratios(product.rate, fair.rate, bare.rate)}; por procesador, {less} veces el justo"


def ratios(product: Spread, fair: Spread, bare: Spread) -> str:
    """Format the product's rate relative to the fair floor's and to the bare floor's."""
    times, share = figure(product.middle / fair.middle), percent(product.middle / bare.middle)
    return f"{times} veces el justo; {share} del desnudo"
