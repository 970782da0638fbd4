"""Confirming a request while the mail server takes half a second for each message."""

from collections.abc import Iterator

from bench.figures import Line
from bench.outages import compare
from bench.outbox import drop_pending
from bench.servers import Bench

SECONDS = 0.5


def measure(bench: Bench) -> Iterator[Line]:
    product = bench.product()
    yield from compare(
        bench,
        f"Solicitud con el correo a {SECONDS:.1f} s por mensaje, p95".replace(".", ","),
        # Otherwise the failing round's mails would be sent during the next healthy round
        lambda: drop_pending(product.environment["DATABASE_URL"]),
        lambda: product.restart_mail_server(SECONDS),
        product.restart_mail_server,
    )
