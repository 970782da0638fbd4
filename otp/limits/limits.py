"""How often: every limit is a log of uses in the database, shared by all processes (R1.17, R1.18).

A window slides: `3/10m` is three in any ten minutes, with no moment at which it starts anew. Each
use takes the next number of its key, and the unique constraint gives a number once: of two requests
that come at once, the second reads the log again. That holds alike on SQLite and on PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from jobs.insertion import insert_new
from otp.hashing import keyed_hash
from otp.limits.rates import Rate
from otp.models import LimitUse

TRIES = 50  # each lost one means that another request got its number: far more than there are web threads


class LimitReached(Exception):
    """A limit is used up for now. No page says which one, since that could say something of a
    number (R1.20).
    """


class SharedLimitReached(LimitReached):
    """The limit that all visitors share is used up; a page may say `until` when, as that says
    nothing of one number.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__()
        # Shown in minutes, never early
        self.until = (until + timedelta(seconds=59)).replace(second=0, microsecond=0)


@dataclass(frozen=True)
class Limit:
    """What may be used so often by one phone, address or session, or by all together."""

    key: str
    rates: Sequence[Rate]


def limit(kind: str, value: str, rates: Sequence[Rate]) -> Limit:
    """A budget whose key shows the kind, and of the value only a keyed hash."""
    return Limit(f"{kind}:{keyed_hash(kind, value)}", rates)


def consume(*budgets: Limit, within: Limit | None = None) -> None:
    """Use each of them once, or none: LimitReached is raised when one is used up.

    `within` is the limit that all visitors share. It is counted elsewhere, so it is only read here.
    When it is used up, SharedLimitReached is raised, also when others are used up too.

    Callers list them from the most particular to the most shared, always in one order: so two
    requests cannot wait for each other, and the row that most requests want is locked for the
    shortest time.
    """
    _consume([(each, 1) for each in budgets], within)


def consume_times(wanted: Limit, times: int) -> None:
    """Use it so many times, or not at all: LimitReached is raised when not so many are left."""
    if any(times > rate.count for rate in wanted.rates):
        raise LimitReached
    _consume([(wanted, times)])


def allows(wanted: Limit) -> bool:
    """Whether one more use fits now. Another request may take it
    before `consume`, which decides.
    """
    return not _used_up([(wanted, _last([wanted.key])[wanted.key])])


def give_back(*used: Limit) -> None:
    """Take one use of each back: what was counted in advance did not happen.

    It deletes the newest use of a key, whoever made it, so that the numbers stay without gaps and
    what is left is the right count. Another use taken at the same moment can leave a gap, and let
    as many pass beyond the limit as are in flight then; a limit with nothing given back is exact.
    """
    keys = [each.key for each in used]
    for _ in range(TRIES):
        last = _last(keys)
        # Another giver-back may have been quicker with the same one
        keys = [key for key in keys if last[key] and not _delete_use(key, last[key])]
        if not keys:
            return


def _delete_use(key: str, number: int) -> bool:
    return LimitUse.objects.filter(key=key, number=number).delete()[0] == 1


def remaining(wanted: Limit) -> int:
    """How many more uses fit now. Like `allows`, it reserves nothing."""
    now, uses = timezone.now(), LimitUse.objects.filter(key=wanted.key)
    free = (
        rate.count - uses.filter(at__gt=now - timedelta(seconds=rate.seconds)).count()
        for rate in wanted.rates
    )
    return max(0, min(free, default=0))


def use_once(kind: str, value: str) -> bool:
    """Use what can be used a single time; of two requests at once, one gets true. Remembered as
    long as any use.
    """
    return _take([(limit(kind, value, ()).key, 1)])


def _consume(wanted: Sequence[tuple[Limit, int]], within: Limit | None = None) -> None:
    """All budgets in one reading and one writing: asking for a code is mostly this."""
    for _ in range(TRIES):
        last = _last([each.key for each, _ in wanted] + ([within.key] if within else []))
        if within:
            _check(within, last[within.key])
        if _used_up([(each, last[each.key] + times - 1) for each, times in wanted]):
            raise LimitReached
        if _take([(each.key, last[each.key] + use) for each, times in wanted for use in range(1, times + 1)]):
            return
    raise LimitReached


def _last(keys: Sequence[str]) -> dict[str, int]:
    """The number of each key's last use, 0 without any.

    In SQL of our own, which looks at the end of the index once a key: grouped by key, it would read
    all uses there are.
    """
    newest = ", ".join(['(SELECT MAX(number) FROM otp_limituse WHERE "key" = %s)'] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {newest}", keys)
        found = cursor.fetchone()
    return {key: last or 0 for key, last in zip(keys, found, strict=True)}


def _check(shared: Limit, last: int) -> None:
    """Raise SharedLimitReached when this limit is used up, with the moment from which it is not."""
    # Of two rates with one count the longer holds, and comes last
    seconds = {last - rate.count + 1: rate.seconds for rate in sorted(shared.rates) if last >= rate.count}
    uses = LimitUse.objects.filter(key=shared.key, number__in=seconds) if seconds else ()
    ends = [use.at + timedelta(seconds=seconds[use.number]) for use in uses]
    until = max(ends, default=None)
    if until is not None and until > timezone.now():
        raise SharedLimitReached(until)


def _used_up(asked: Sequence[tuple[Limit, int]]) -> bool:
    """Whether for one of them the use that lies a rate's count back from this number is still
    within its window.
    """
    now = timezone.now()
    windows = [
        Q(key=each.key, number=last - rate.count + 1, at__gt=now - timedelta(seconds=rate.seconds))
        for each, last in asked
        for rate in each.rates
        if last >= rate.count
    ]
    return bool(windows) and LimitUse.objects.filter(reduce(or_, windows)).exists()


def _take(numbers: Sequence[tuple[str, int]]) -> bool:
    """Insert all of these uses, or none where another request has
    already taken one of the numbers.
    """
    now = timezone.now()
    with transaction.atomic():
        taken = insert_new([LimitUse(key=key, number=number, at=now) for key, number in numbers])
        if len(taken) < len(numbers):
            transaction.set_rollback(True)
    return len(taken) == len(numbers)
