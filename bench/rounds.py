"""Measures several servers in alternation, so that other load on the machine affects all alike."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench import processor
from bench.figures import Spread
from bench.load import LoadGenerator, Result

Clients = Sequence[Sequence[bytes]]
ROUNDS = int(os.environ.get("ROUNDS") or 5)


class UnexpectedStatus(Exception):
    """A response had another status than the measured one; the message says which."""


@dataclass(frozen=True)
class Server:
    """A running gunicorn, and the process ids of its master and of the PostgreSQL that it uses."""

    port: int
    web: int
    database: int = 0  # 0 with SQLite


@dataclass
class Side:
    """A server, the requests that it answers in each round, and what was measured."""

    server: Server
    requests: Callable[[], Clients]
    status: int
    results: list[Result] = field(default_factory=list)
    web_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> Spread:
        """Responses per second."""
        return Spread.of([result.rate for result in self.results])

    @property
    def web(self) -> Spread:
        """Processor milliseconds of the web processes for each request."""
        return Spread.of(self.web_ms)

    @property
    def database(self) -> Spread:
        """Processor milliseconds of PostgreSQL for each request."""
        return Spread.of(self.database_ms)

    @property
    def latencies(self) -> list[float]:
        return [latency for result in self.results for latency in result.latencies]

    def measure(self, generator: LoadGenerator) -> None:
        """Send the requests of one round. Building them, which may load pages, is not counted."""
        requests = self.requests()
        pids = (self.server.web, self.server.database)
        before = [processor.seconds(pid) if pid else 0.0 for pid in pids]
        result = accepted(generator.run(self.server.port, requests), self.status)
        after = [processor.seconds(pid) if pid else 0.0 for pid in pids]
        web, database = (
            (then - first) * 1000 / len(result.statuses) for first, then in zip(before, after, strict=True)
        )
        self.results.append(result)
        self.web_ms.append(web)
        self.database_ms.append(database)

    def forget(self) -> None:
        """Discard what the warm-up measured."""
        for measured in (self.results, self.web_ms, self.database_ms):
            measured.clear()


def in_turn(generator: LoadGenerator, sides: Sequence[Side], rounds: int = ROUNDS) -> None:
    """Measure each side once as a warm-up, then all in alternation; each side starts a round."""
    for side in sides:
        side.measure(generator)
        side.forget()
    for number in range(rounds):
        first = number % len(sides)
        for side in [*sides[first:], *sides[:first]]:
            side.measure(generator)


def accepted(result: Result, *statuses: int) -> Result:
    """Return the result. Raises UnexpectedStatus if a response has another status."""
    if not set(result.statuses) <= set(statuses):
        raise UnexpectedStatus(
            f"respuestas {sorted(set(result.statuses))} donde se esperaba {list(statuses)}"
        )
    return result
