"""Measures the confirmation of requests while a server fails and, to compare, while all work."""

from collections.abc import Callable, Iterator

from bench.figures import Line, figure, milliseconds, percentile
from bench.load import Result
from bench.rounds import ROUNDS, accepted
from bench.rows.ticket import of_product
from bench.servers import Bench, Checkout

EACH = 4  # requests of each client in a round
GOAL_TIMES = 1.2  # times the healthy p95


def compare(
    bench: Bench,
    work: str,
    prepare: Callable[[], object],
    fail: Callable[[], object],
    heal: Callable[[], object],
    *,
    failing_each: int = EACH,
) -> Iterator[Line]:
    """Measure a healthy and a failing round in turn; `prepare` comes before each pair.

    Each client sends `failing_each` requests in a failing round.
    """
    stack = bench.product()
    healthy: list[float] = []
    failing: list[float] = []
    for _ in range(ROUNDS):
        prepare()
        confirm(bench, stack, 2)  # so that new processes open their connections
        healthy += confirm(bench, stack, EACH).latencies
        fail()
        try:
            failing += confirm(bench, stack, failing_each).latencies
        finally:
            heal()
    p95, of_healthy = percentile(failing, 95), percentile(healthy, 95)
    yield Line(
        work,
        f"{milliseconds(p95)} (la que más, {milliseconds(max(failing))})",
        "",
        f"{milliseconds(of_healthy)} (la que más, {milliseconds(max(healthy))})",
        f"{figure(p95 / of_healthy)} veces; {figure((p95 - of_healthy) * 1000)} ms más",
        f"≤ {figure(GOAL_TIMES)} veces",
        p95 <= of_healthy * GOAL_TIMES,
    )


def confirm(bench: Bench, stack: Checkout, each: int) -> Result:
    """Send new requests. Raises UnexpectedStatus if one is not registered."""
    requests = of_product(each, None)(stack)
    return accepted(bench.generator.run(stack.port, requests), 303)
