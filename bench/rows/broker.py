"""Confirming a request while the broker or the mail server accepts connections but never answers
(R4.03).
"""

import signal
from collections.abc import Iterator

from bench.figures import Line, figure, percentile
from bench.requests import signed_in
from bench.rounds import milliseconds
from bench.rows.ticket import confirm
from bench.servers import Bench

EACH, ROUNDS = 8, 4
GOAL_MS, GOAL_TIMES = 50.0, 1.2


def measure(bench: Bench) -> Iterator[Line]:
    people = signed_in(bench.product())
    with bench.delivery_paused(bench.product()):
        healthy, mute = latencies_with_and_without(bench, "broker", people)
    added = (percentile(mute, 95) - percentile(healthy, 95)) * 1000
    yield Line(
        "Solicitud con el broker mudo, p95",
        f"{milliseconds(percentile(mute, 95))} (la que más, {milliseconds(max(mute))})",
        milliseconds(percentile(healthy, 95)),
        f"{figure(added)} ms más",
        f"≤ {GOAL_MS:.0f} ms más",
        added <= GOAL_MS,
    )
    healthy, mute = latencies_with_and_without(bench, "smtp", people)
    times = percentile(mute, 95) / percentile(healthy, 95)
    yield Line(
        "Solicitud con el correo mudo, p95",
        milliseconds(percentile(mute, 95)),
        milliseconds(percentile(healthy, 95)),
        f"{figure(times)} veces",
        f"≤ {figure(GOAL_TIMES)} veces",
        times <= GOAL_TIMES,
    )


def latencies_with_and_without(
    bench: Bench, server: str, people: list[dict[str, str]]
) -> tuple[list[float], list[float]]:
    """Measure requests, in alternation, while the server runs and while it is stopped."""
    product = bench.product()
    healthy: list[float] = []
    mute: list[float] = []
    for _ in range(ROUNDS):
        healthy += confirm(bench, product, people, EACH, None).latencies
        product.signal(signal.SIGSTOP, server)
        try:
            mute += confirm(bench, product, people, EACH, None).latencies
        finally:
            product.signal(signal.SIGCONT, server)
    return healthy, mute
