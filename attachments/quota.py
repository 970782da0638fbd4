"""How many documents a verified number may send (R3.20).

A document has at most 2 MiB, so 20 of them are 40 MiB at most.

What is refused for its content counts too: it was opened, which is what costs the server (S5). What
is refused for its name, its size or because there are five already was not opened, and does not
count.
"""

from contextlib import suppress

from django.conf import settings

from otp.limits import limits


class QuotaReached(Exception):
    """The number has sent as many documents as it may for now;
    `left` says how many it still could.
    """

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left


def remaining(phone: str) -> int:
    """How many more could be stored now."""
    return limits.remaining(_of(phone))


def check(phone: str, count: int) -> None:
    """Raises QuotaReached when so many could not be stored now:
    asked before anything is written.
    """
    if count and (free := remaining(phone)) < count:
        raise QuotaReached(free)


def consume(phone: str, count: int) -> None:
    """Count so many as stored, in the transaction of the rows
    that name them. Raises QuotaReached.
    """
    if not count:
        return
    try:
        limits.consume_times(_of(phone), count)
    except limits.LimitReached:
        raise QuotaReached(remaining(phone)) from None


def count_refused(phone: str, count: int) -> None:
    """Count documents that were opened and refused, up to the limit. The refusals that the customer
    reads stay whole.

    `check` allowed them before they were opened. Simultaneous requests may each have passed it, so
    the limit can be exceeded by as many requests as the web process has threads.
    """
    with suppress(limits.LimitReached):
        for _document in range(count):
            limits.consume(_of(phone))


def _of(phone: str) -> limits.Limit:
    return limits.limit("upload", phone, settings.UPLOAD_QUOTA_PER_PHONE)
