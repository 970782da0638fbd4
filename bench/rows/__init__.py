"""The rows of the table, one module each, in the order of the table."""

from collections.abc import Callable, Iterator

from bench.figures import Line
from bench.rows import (
    broker,
    code,
    desk,
    documents,
    form,
    judging,
    mails,
    pages,
    ticket,
    timing_parity,
    until_mail,
)
from bench.servers import Bench

Row = Callable[[Bench], Iterator[Line]]

ROWS: dict[str, Row] = {
    "form": form.measure,
    "ticket": ticket.measure,
    "documents": documents.measure,
    "broker": broker.measure,
    "code": code.measure,
    "timing_parity": timing_parity.measure,
    "judging": judging.measure,
    "until_mail": until_mail.measure,
    "mails": mails.measure,
    "pages": pages.measure,
    "desk": desk.measure,
}
