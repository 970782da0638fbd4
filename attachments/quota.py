"""How many documents a verified number may send (R3.20).

A document has at most 2 MiB, so 20 of them have at most 40 MiB.

A document refused for its content counts too, because opening it takes the server's time (S5). A
document refused for its name or size, or because it is the form's sixth, is not opened and does not
count.
"""

from contextlib import suppress

from django.conf import settings

from otp.limits import limits


class QuotaReached(Exception):
    """The phone may not send this many documents now; it may send `left` of them."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left


def remaining(phone: str) -> int:
    """Return how many more documents the phone may send now."""
    return limits.remaining(_limit(phone))


def check(phone: str, count: int) -> None:
    """Raise QuotaReached when the phone may not send that many. Called before any write."""
    if count and not limits.allows(_limit(phone), count):
        raise QuotaReached(remaining(phone))


def consume(phone: str, count: int) -> None:
    """Count stored documents, in the transaction that saves their rows. Raises QuotaReached."""
    if not count:
        return
    try:
        limits.consume_times(_limit(phone), count)
    except limits.LimitReached:
        raise QuotaReached(remaining(phone)) from None


def count_refused(phone: str, count: int) -> None:
    """Count opened and refused documents. Never raises, so that the customer reads the refusal.

    `check` was called before they were opened. Simultaneous requests can each have passed it, so as
    many requests as the web process has threads can exceed the limit.
    """
    with suppress(limits.LimitReached):
        for _document in range(count):
            limits.consume(_limit(phone))


def _limit(phone: str) -> limits.Limit:
    return limits.limit("upload", phone, settings.UPLOAD_QUOTA_PER_PHONE)
