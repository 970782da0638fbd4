"""How many documents a verified number may send (R3.20). Each has at most 2 MiB, so 20 of them are 40 MiB at most."""

from django.conf import settings

from otp import budgets


class QuotaReached(Exception):
    """The number has sent as many documents as it may for now; `left` says how many it still could."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left


def left(phone: str) -> int:
    """How many more could be stored now."""
    return budgets.left(_of(phone))


def check(phone: str, count: int) -> None:
    """Raises QuotaReached when so many could not be stored now: asked before anything is written."""
    if count and (free := left(phone)) < count:
        raise QuotaReached(free)


def take(phone: str, count: int) -> None:
    """Count so many as stored, in the transaction of the rows that name them. Raises QuotaReached."""
    if not count:
        return
    try:
        budgets.consume_times(_of(phone), count)
    except budgets.LimitReached:
        raise QuotaReached(left(phone)) from None


def _of(phone: str) -> budgets.Budget:
    return budgets.budget("upload", phone, settings.UPLOAD_QUOTA_PER_PHONE)
