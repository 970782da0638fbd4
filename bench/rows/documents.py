"""Confirming a request with a document of 1 MB, including its whole inspection."""

from collections.abc import Iterator

from bench import documents
from bench.figures import Line
from bench.rounds import rate, share_of_floor
from bench.rows.ticket import against_floor
from bench.servers import Bench

EACH = 5


def measure(bench: Bench) -> Iterator[Line]:
    ours, theirs = against_floor(bench, "postgresql", EACH, documents.pdf())
    yield share_of_floor("Solicitud con un PDF de 1 MB", rate(ours), rate(theirs), 0.7)
