"""How often: every limit is a log of uses in the database, shared by all processes (R1.17, R1.18).

A window slides: `3/10m` is three in any ten minutes, with no moment at which it starts anew. Each use takes the next
number of its key, and the unique constraint gives a number once: of two requests that come at once, the second reads
the log again. That holds alike on SQLite and on PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from otp.keyed import keyed_hash
from otp.models import BudgetUse
from otp.rates import Rate

TRIES = 50  # each lost one means that another request got its number: far more than there are web threads


class LimitReached(Exception):
    """There has been too much of it for now. Which limit it was is told to nobody (R1.20)."""


@dataclass(frozen=True)
class Budget:
    """What may be used so often by one phone, address or session, or by all together."""

    key: str
    rates: Sequence[Rate]


def budget(kind: str, value: str, rates: Sequence[Rate]) -> Budget:
    """A budget whose key shows the kind, and of the value only a keyed hash."""
    return Budget(f"{kind}:{keyed_hash(kind, value)}", rates)


def consume(*budgets: Budget) -> None:
    """Use each of them once, or none: LimitReached is raised when one is used up.

    Callers list them from the most particular to the most shared, always in one order: that is what keeps two requests
    from waiting for each other, and a row that everybody wants is held for the shortest time.
    """
    with transaction.atomic():
        for each in budgets:
            _consume(each)


def allows(wanted: Budget) -> bool:
    """Whether it could be used now: to tell beforehand. Only `consume` decides."""
    last = _last(wanted.key)
    return not any(_used_up(wanted.key, rate, last) for rate in wanted.rates)


def consume_times(wanted: Budget, times: int) -> None:
    """Use it so many times, or not at all: LimitReached is raised when not so many are left."""
    if any(times > rate.count for rate in wanted.rates):
        raise LimitReached
    with transaction.atomic():
        _consume(wanted, times)


def left(wanted: Budget) -> int:
    """How many more times it could be used now: to tell beforehand, like `allows`."""
    now, uses = timezone.now(), BudgetUse.objects.filter(key=wanted.key)
    free = (rate.count - uses.filter(at__gt=now - timedelta(seconds=rate.seconds)).count() for rate in wanted.rates)
    return max(0, min(free, default=0))


def once(kind: str, value: str) -> bool:
    """Use what can be used a single time; of two requests at once, one gets true. Remembered as long as any use."""
    return _take(budget(kind, value, ()).key, 1)


def _consume(wanted: Budget, times: int = 1) -> None:
    for _ in range(TRIES):
        last = _last(wanted.key)
        if any(_used_up(wanted.key, rate, last + times - 1) for rate in wanted.rates):
            raise LimitReached
        if _take(wanted.key, *range(last + 1, last + times + 1)):
            return
    raise LimitReached


def _last(key: str) -> int:
    return BudgetUse.objects.filter(key=key).aggregate(last=Max("number"))["last"] or 0


def _used_up(key: str, rate: Rate, last: int) -> bool:
    """Whether the use that lies `count` back is still within the window."""
    earliest = timezone.now() - timedelta(seconds=rate.seconds)
    return BudgetUse.objects.filter(key=key, number=last - rate.count + 1, at__gt=earliest).exists()


def _take(key: str, *numbers: int) -> bool:
    now = timezone.now()
    try:
        with transaction.atomic():
            BudgetUse.objects.bulk_create(BudgetUse(key=key, number=number, at=now) for number in numbers)
    except IntegrityError:
        return False
    return True
