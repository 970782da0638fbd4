"""Confirming a request while the broker accepts connections but never answers (R4.03)."""

import signal
from collections.abc import Iterator

from bench.figures import Line
from bench.outages import compare
from bench.servers import Bench

# Each process waits once for the broker and then leaves it alone for 30 s. With fewer requests than
# these, those that wait would be more than the twentieth that p95 leaves out, which they are not in
# those 30 s
EACH = 24


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    with bench.delivery_paused(product):
        yield from compare(
            bench,
            "Solicitud con el broker mudo, p95",
            # A process that met a mute broker leaves it alone for a while, and would be measured as
            # healthy without using it
            product.renew_web_workers,
            lambda: product.signal(signal.SIGSTOP, "broker"),
            lambda: product.signal(signal.SIGCONT, "broker"),
            failing_each=EACH,
        )
