"""Rate limits, kept as a log of uses in the database that all processes share (R1.17, R1.18).

Windows slide: `3/10m` means three in any ten minutes. Each use takes the next number of its key,
and a unique constraint gives each number out once. When two requests want the same number, the
second one fails to insert it and reads the log again, on SQLite and PostgreSQL alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from otp.hashing import keyed_hash
from otp.limits.rates import Rate
from otp.models import LimitUse

# A try fails when another request took the number. At most one request per web thread runs at once,
# and there are far fewer than 50 threads
MAX_TRIES = 50

# Plain SQL: compiling Django's query takes longer than running it
INSERT = 'INSERT INTO otp_limituse ("key", number, at) VALUES'


class LimitReached(Exception):
    """A limit is used up for now.

    Pages do not say which limit, because that could reveal something about the number (R1.20).
    """


class SharedLimitReached(LimitReached):
    """The limit that all visitors share is used up.

    A page may show `until`, because this limit says nothing about a single number.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__()
        # Pages show it to the minute: rounding up never names a moment that is too early
        self.until = (until + timedelta(seconds=59)).replace(second=0, microsecond=0)


@dataclass(frozen=True)
class Limit:
    """How often one phone, address or session, or all visitors together, may do something."""

    key: str
    rates: Sequence[Rate]


def limit(kind: str, value: str, rates: Sequence[Rate]) -> Limit:
    """Return the limit of one value. Its key holds the kind and a keyed hash of the value."""
    return Limit(f"{kind}:{keyed_hash(kind, value)}", rates)


def consume(*limits: Limit, shared: Limit | None = None) -> None:
    """Use each limit once, or none of them: raises LimitReached when one is used up.

    `shared` is the limit that all visitors share. This function only reads it, because another
    place counts it. When it is used up, SharedLimitReached takes precedence over LimitReached.

    Callers list the limits from the most specific to the most shared, always in the same order:
    then two requests cannot deadlock, and the row that most requests want is locked last.
    """
    with _consumed([(each, 1) for each in limits], shared, has_block=False):
        pass


@contextmanager
def consumed(*limits: Limit, shared: Limit | None = None) -> Iterator[dict[str, int]]:
    """Use each limit like `consume`, and run the block in the same transaction.

    Yields the number of each use by the key of its limit. An error in the block, or its
    `set_rollback`, undoes the uses too.
    """
    with _consumed([(each, 1) for each in limits], shared) as numbers:
        yield dict(numbers)


def consume_times(wanted: Limit, times: int) -> None:
    """Use a limit `times` times, or not at all: raises LimitReached when fewer uses are left."""
    if any(times > rate.count for rate in wanted.rates):
        raise LimitReached
    with _consumed([(wanted, times)], has_block=False):
        pass


def allows(wanted: Limit, times: int = 1) -> bool:
    """Whether this many more uses fit now. It reserves nothing: only `consume` decides."""
    if any(times > rate.count for rate in wanted.rates):
        return False
    return not _used_up([(wanted, _last_numbers([wanted.key])[wanted.key] + times - 1)])


def give_back(*used: Limit) -> None:
    """Undo one use of each limit, because what was counted in advance did not happen.

    It deletes the newest use of the key, even if another request made it: then the numbers have no
    gap and the count is right. If another use is inserted at that moment, a gap can remain, and the
    limit may be exceeded by the requests then in flight. Limits that never give back are exact.
    """
    keys = [each.key for each in used]
    for _ in range(MAX_TRIES):
        last = _last_numbers(keys)
        # Another request may have deleted the same use first: that key is tried again
        keys = [
            key
            for key in keys
            if last[key] and LimitUse.objects.filter(key=key, number=last[key]).delete()[0] != 1
        ]
        if not keys:
            return


def remaining(wanted: Limit) -> int:
    """Return how many more uses fit now. Like `allows`, it reserves nothing."""
    now, uses = timezone.now(), LimitUse.objects.filter(key=wanted.key)
    free = (
        rate.count - uses.filter(at__gt=now - timedelta(seconds=rate.seconds)).count()
        for rate in wanted.rates
    )
    return max(0, min(free, default=0))


def use_once(kind: str, value: str) -> bool:
    """Record the first use of a value; returns False when it was used before.

    Of two simultaneous requests, exactly one gets True. A use is kept for at least 48 hours
    (tasks.py).
    """
    return _insert([(limit(kind, value, ()).key, 1)])


@contextmanager
def _consumed(
    wanted: Sequence[tuple[Limit, int]], shared: Limit | None = None, *, has_block: bool = True
) -> Iterator[list[tuple[str, int]]]:
    """Consume all limits with one read and one insert, before the block.

    A try that got only some of the numbers rolls back its transaction, or its savepoint inside the
    caller's: the rows that it inserted must not block other requests while it tries again. A single
    number without a block to undo needs neither.
    """
    for _ in range(MAX_TRIES):
        last = _last_numbers([each.key for each, _ in wanted] + ([shared.key] if shared else []))
        if shared:
            _check_shared(shared, last[shared.key])
        if _used_up([(each, last[each.key] + times - 1) for each, times in wanted]):
            raise LimitReached
        numbers = [(each.key, last[each.key] + use) for each, times in wanted for use in range(1, times + 1)]
        if not has_block and len(numbers) == 1:
            if _insert(numbers):
                yield numbers
                return
            continue
        with transaction.atomic():
            if _insert(numbers):
                yield numbers
                return
            transaction.set_rollback(True)
    raise LimitReached


def _last_numbers(keys: Sequence[str]) -> dict[str, int]:
    """Return the number of each key's last use, or 0 if it has none.

    Raw SQL reads the end of the index once per key; a GROUP BY would read every use of each key.
    """
    newest = ", ".join(['(SELECT MAX(number) FROM otp_limituse WHERE "key" = %s)'] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {newest}", keys)
        numbers = cursor.fetchone()
    return {key: last or 0 for key, last in zip(keys, numbers, strict=True)}


def _check_shared(shared: Limit, last: int) -> None:
    """Raise SharedLimitReached, with the time at which a use is free again, if none is free now."""
    # Sorted, so that of two rates with the same count the longer one overwrites the shorter one
    seconds = {last - rate.count + 1: rate.seconds for rate in sorted(shared.rates) if last >= rate.count}
    uses = LimitUse.objects.filter(key=shared.key, number__in=seconds) if seconds else ()
    ends = [use.at + timedelta(seconds=seconds[use.number]) for use in uses]
    until = max(ends, default=None)
    if until is not None and until > timezone.now():
        raise SharedLimitReached(until)


def _used_up(limits_and_last: Sequence[tuple[Limit, int]]) -> bool:
    """Whether one of the limits is used up, given the number of its last use.

    A rate of `n` is used up while the use `n - 1` numbers before the last is still in the window.
    """
    now = timezone.now()
    windows = [
        Q(key=each.key, number=last - rate.count + 1, at__gt=now - timedelta(seconds=rate.seconds))
        for each, last in limits_and_last
        for rate in each.rates
        if last >= rate.count
    ]
    return bool(windows) and LimitUse.objects.filter(reduce(or_, windows)).exists()


def _insert(numbers: Sequence[tuple[str, int]]) -> bool:
    """Insert these uses; returns False if another request had already taken one of the numbers."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    rows = ", ".join(["(%s, %s, %s)"] * len(numbers))
    values = [value for key, number in numbers for value in (key, number, now)]
    with connection.cursor() as cursor:
        cursor.execute(f"{INSERT} {rows} ON CONFLICT DO NOTHING", values)
        inserted: int = cursor.rowcount
    return inserted == len(numbers)
