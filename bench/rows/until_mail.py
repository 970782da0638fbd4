"""The time from confirming requests until the mail server has accepted the last of their mails. The
product's mails are sent by its worker and sweep, a floor's by its `deliver` process.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from bench import processor
from bench.comparison import ENGINES, Goal, ratios
from bench.figures import Line, Spread, figure
from bench.outbox import wait_until_empty
from bench.rounds import ROUNDS, Clients, Server, accepted
from bench.rows.ticket import of_floor, of_product
from bench.servers import Bench, Checkout, pid_of
from bench.sink import times
from tests.stack import wait_for

EACH, MAILS, TIMEOUT = 5, 2, 120.0  # requests of a client, mails of a request, seconds
GOAL = Goal(share_of_bare=0.6)
DATABASE_MS = 5.0  # of PostgreSQL for each ticket


@dataclass
class Delivery:
    """A server with its delivering processes, and what was measured in each round."""

    server: Server
    requests: Callable[[], Clients]
    status: int
    accepted: Path  # the file in which the mail server writes when it accepted each mail
    delivering: tuple[int, ...]  # process ids
    rates: list[float] = field(default_factory=list)
    web_ms: list[float] = field(default_factory=list)
    delivering_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)

    def measure(self, bench: Bench) -> None:
        requests = self.requests()
        tickets, mails = sum(map(len, requests)), len(times(self.accepted))
        before, began = self._processor(), monotonic()
        accepted(bench.generator.run(self.server.port, requests), self.status)
        if not wait_for(lambda: len(times(self.accepted)) >= mails + tickets * MAILS, TIMEOUT):
            raise RuntimeError(f"llegaron {len(times(self.accepted)) - mails} correos de {tickets * MAILS}")
        spent = [
            (then - first) * 1000 / tickets for first, then in zip(before, self._processor(), strict=True)
        ]
        self.rates.append(tickets / (times(self.accepted)[mails + tickets * MAILS - 1] - began))
        for kept, each in zip((self.web_ms, self.delivering_ms, self.database_ms), spent, strict=True):
            kept.append(each)

    def forget(self) -> None:
        """Discard what the warm-up measured."""
        for kept in (self.rates, self.web_ms, self.delivering_ms, self.database_ms):
            kept.clear()

    def _processor(self) -> list[float]:
        pids: list[tuple[int, ...]] = [(self.server.web,), self.delivering]
        pids.append((self.server.database,) if self.server.database else ())
        return [processor.seconds(*each) for each in pids]

    def __str__(self) -> str:
        web, delivering, database = (
            figure(Spread.of(kept).middle) for kept in (self.web_ms, self.delivering_ms, self.database_ms)
        )
        database = f", PostgreSQL {database}" if self.server.database else ""
        return f"{Spread.of(self.rates)} /s; web {web}, envío {delivering}{database} ms"


def measure(bench: Bench) -> Iterator[Line]:
    for engine in bench.engines:
        with ExitStack() as cleanup:
            stacks = [bench.product(engine), *bench.before(engine)]
            product, *before = [_of_product(bench, stack, engine) for stack in stacks]
            fair, bare = (_of_floor(bench, cleanup, name, engine) for name in ("fair", "bare"))
            sides = [product, fair, bare, *before]
            for each in sides:
                each.measure(bench)
                each.forget()
            for _ in range(ROUNDS):
                for each in sides:
                    each.measure(bench)
        ours, of_fair, of_bare = (Spread.of(each.rates) for each in (product, fair, bare))
        frugal = engine == "sqlite" or Spread.of(product.database_ms).middle <= DATABASE_MS
        yield Line(
            f"Solicitud hasta su último correo ({ENGINES[engine]})",
            str(product),
            str(fair),
            str(bare),
            ratios(ours, of_fair, of_bare),
            str(GOAL) if engine == "sqlite" else f"{GOAL}; PostgreSQL ≤ {figure(DATABASE_MS)} ms",
            bool(GOAL.reached(ours, of_fair, of_bare)) and frugal,
        )
        for each in before:
            then = Spread.of(each.rates)
            yield Line(
                "Lo mismo, junto a BASELINE",
                str(product),
                bare=f"antes {each}",
                ratio=f"{figure(ours.middle / then.middle)} veces en /s",
            )


def _of_product(bench: Bench, stack: Checkout, engine: str) -> Delivery:
    wait_until_empty(stack.environment["DATABASE_URL"])  # earlier rows may have queued mails
    requests, delivering = of_product(EACH, None), [stack.children[name] for name in ("worker", "sweep")]
    return Delivery(
        bench.server(stack, engine),
        lambda: requests(stack),
        303,
        stack.accepted,
        tuple(map(pid_of, delivering)),
    )


def _of_floor(bench: Bench, cleanup: ExitStack, name: str, engine: str) -> Delivery:
    server, requests = bench.floor(name, engine), of_floor(EACH, None)
    sink = cleanup.enter_context(bench.sink())
    table = {"fair": "fair_message", "bare": "bare_mail"}[name]
    process = cleanup.enter_context(bench.floor_deliverer(name, engine, sink.port))
    wait_until_empty(bench.floor_environment(name, engine)["DATABASE_URL"], table)
    return Delivery(server, lambda: requests(server), 302, sink.path, (pid_of(process),))
