"""The rows of the table, one module each, in the order of the table."""

from collections.abc import Callable, Iterator

from bench.figures import Line
from bench.rows import (
    broker_mute,
    code,
    cold_start,
    desk,
    documents,
    form,
    judging,
    load_curve,
    mail_down,
    mail_slow,
    mails,
    memory,
    ticket,
    timing_parity,
    until_mail,
    weight,
)
from bench.servers import Bench

Row = Callable[[Bench], Iterator[Line]]

ROWS: dict[str, Row] = {
    "form": form.measure,
    "ticket": ticket.measure,
    "documents": documents.measure,
    "code": code.measure,
    "timing_parity": timing_parity.measure,
    "judging": judging.measure,
    "weight": weight.measure,
    "memory": memory.measure,
    "cold_start": cold_start.measure,
    "broker_mute": broker_mute.measure,
    "mails": mails.measure,
    "until_mail": until_mail.measure,
    "desk": desk.measure,
    "mail_slow": mail_slow.measure,
    "mail_down": mail_down.measure,
}
# Measured only when named in the command; they write their part of docs/performance.md
ON_REQUEST: dict[str, Row] = {"load_curve": load_curve.measure}
