"""Confirming a request with a document of 1 MB, including the document's inspection."""

from collections.abc import Iterator

from bench import documents
from bench.comparison import Goal, compare
from bench.figures import Line
from bench.rows.ticket import confirmations
from bench.servers import Bench

EACH = 3


def measure(bench: Bench) -> Iterator[Line]:
    goals = {"postgresql": Goal(share_of_bare=0.7)}
    work = confirmations("Solicitud con un PDF de 1 MB", EACH, documents.pdf(), goals)
    yield from compare(bench, work)
