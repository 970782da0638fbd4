"""Confirming a request while the broker accepts connections but never answers (R4.03)."""

import signal
from collections.abc import Iterator

from bench.figures import Line
from bench.outages import compare
from bench.servers import Bench

# Requests per client. Each process waits once for the mute broker and then does not try it for
# 30 s. With fewer requests, those that waited would be more than 5 %, and so decide the p95
EACH = 24


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    with bench.delivery_paused(product):
        yield from compare(
            bench,
            "Solicitud con el broker mudo, p95",
            # A process that found the broker mute does not try it for 30 s, so the healthy round
            # would measure it without the broker
            product.renew_web_workers,
            lambda: product.signal(signal.SIGSTOP, "broker"),
            lambda: product.signal(signal.SIGCONT, "broker"),
            failing_each=EACH,
        )
