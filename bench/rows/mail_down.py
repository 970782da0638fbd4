"""Confirming a request while no mail server listens."""

from collections.abc import Iterator

from bench.figures import Line
from bench.outages import compare
from bench.outbox import drop_pending
from bench.servers import Bench


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    yield from compare(
        bench,
        "Solicitud con el correo caído, p95",
        # Otherwise the failing round's mails would be sent during the next healthy round
        lambda: drop_pending(product.environment["DATABASE_URL"]),
        product.stop_mail_server,
        product.restart_mail_server,
    )
