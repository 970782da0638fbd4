"""Confirming a request while the broker or the mail server accepts connections but never answers
(R4.03).
"""

import signal
from collections.abc import Iterator

from bench.figures import Line, figure, milliseconds, percentile
from bench.load import Result
from bench.rounds import accepted
from bench.rows.ticket import of_product
from bench.servers import Bench

EACH, ROUNDS = 8, 4
GOAL_MS, GOAL_TIMES = 50.0, 1.2


def measure(bench: Bench) -> Iterator[Line]:
    with bench.delivery_paused(bench.product()):
        healthy, mute = latencies_with_and_without(bench, "broker")
    added = (percentile(mute, 95) - percentile(healthy, 95)) * 1000
    yield Line(
        "Solicitud con el broker mudo, p95",
        f"{milliseconds(percentile(mute, 95))} (la que más, {milliseconds(max(mute))})",
        "",
        milliseconds(percentile(healthy, 95)),
        f"{figure(added)} ms más",
        f"≤ {GOAL_MS:.0f} ms más",
        added <= GOAL_MS,
    )
    healthy, mute = latencies_with_and_without(bench, "smtp")
    times = percentile(mute, 95) / percentile(healthy, 95)
    yield Line(
        "Solicitud con el correo mudo, p95",
        milliseconds(percentile(mute, 95)),
        "",
        milliseconds(percentile(healthy, 95)),
        f"{figure(times)} veces",
        f"≤ {figure(GOAL_TIMES)} veces",
        times <= GOAL_TIMES,
    )


def latencies_with_and_without(bench: Bench, server: str) -> tuple[list[float], list[float]]:
    """Measure requests, in alternation, while the server runs and while it is stopped."""
    product = bench.product()
    healthy: list[float] = []
    mute: list[float] = []

    def confirm() -> Result:
        requests = of_product(EACH, None)(product)
        return accepted(bench.generator.run(product.port, requests), 303)

    for _ in range(ROUNDS):
        healthy += confirm().latencies
        product.signal(signal.SIGSTOP, server)
        try:
            mute += confirm().latencies
        finally:
            product.signal(signal.SIGCONT, server)
    return healthy, mute
