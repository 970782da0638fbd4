"""How many failures a phone has had in a row, whoever made them, and the wait they bring (R1.05-R1.08).

After `OTP_FAILURES_PER_PHONE` failures each further one brings a wait, of 30 s at first and twice as long each time, up
to an hour; a right code ends it all. It is never for ever: that would let a stranger shut a customer out for good.

While it lasts nothing is compared, for any session, with two exceptions: the first try of a code that was asked for
before the wait began, and the first try of a code asked for through an invitation. So neither who was about to type the
right code nor who was invited is kept out by a stranger's failures (R1.08). What this gives a stranger is one guess for
each code asked for, and those are limited by `OTP_SENDS_PER_PHONE`; the second takes the link, of which a stranger has
none, is limited by its ten codes, and ends at a hundred failures in a row (NIST 800-63B 3.2.2), whoever made them.
"""

from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.db.models import F

from otp.models import Challenge, PhoneGuard

FIRST_WAIT = timedelta(seconds=30)  # NIST 800-63B 3.2.2: "30 seconds up to an hour"
LONGEST_WAIT = timedelta(hours=1)
DOUBLINGS = 7  # 30 s doubled so often is past an hour
MOST_FAILURES_SPARED = 100  # in a row: "no more than 100" (NIST 800-63B 3.2.2)


class Count(Enum):
    """What became of a try that was to be counted."""

    REFUSED = auto()  # the phone waits: nothing may be compared
    COUNTED = auto()
    BEGAN_WAIT = auto()  # counted, and unless the code is right the phone waits from now on


def guard_of(phone: str) -> PhoneGuard:
    """The phone's guard as it is now; an empty one for a number that was never tried. It writes nothing."""
    return PhoneGuard.objects.filter(phone=phone).first() or PhoneGuard(phone=phone)


def is_waiting(guard: PhoneGuard, now: datetime) -> bool:
    """Whether failures have brought a wait that is not over."""
    return guard.locked_until is not None and now < guard.locked_until


def spares(guard: PhoneGuard, challenge: Challenge) -> bool:
    """Whether the wait of this guard spares the first try of this challenge: the exceptions that are told above."""
    if guard.locked_at is not None and challenge.created_at < guard.locked_at:
        return True
    return challenge.invitation_id is not None and guard.failures < MOST_FAILURES_SPARED


def count_try(phone: str, now: datetime, *, spared: bool) -> Count:
    """Count a failure in advance, unless the phone waits: a right code takes the count back.

    Counted before comparing, so that no number of requests at once gets more tries than one after the other. A spared
    try is counted like any other; it is only not refused.
    """
    _seen(phone, now)
    while True:  # each turn lost is a try of somebody else's that was counted, and those end in a wait
        guard = guard_of(phone)
        if is_waiting(guard, now):
            if not spared:
                return Count.REFUSED
            PhoneGuard.objects.filter(phone=phone).update(failures=F("failures") + 1, tried_at=now)
            return Count.COUNTED
        unchanged = PhoneGuard.objects.filter(phone=phone, failures=guard.failures, locked_until=guard.locked_until)
        counted = _counted(guard, now)
        if unchanged.update(**counted):
            return Count.BEGAN_WAIT if "locked_until" in counted else Count.COUNTED


def _seen(phone: str, now: datetime) -> None:
    """Have a row for the phone. The first try of a number writes as much as any later one, so that it takes as long:
    who has entered before is nobody's business (R1.14)."""
    PhoneGuard.objects.bulk_create(
        [PhoneGuard(phone=phone, tried_at=now)],
        update_conflicts=True,
        unique_fields=["phone"],
        update_fields=["tried_at"],
    )


def clear(phone: str) -> bool:
    """Forget the failures: the right code was given, or staff lifted the wait (R1.06). False: there were none."""
    failed = PhoneGuard.objects.filter(phone=phone).exclude(failures=0, locks=0, locked_until=None)
    return failed.update(failures=0, locks=0, locked_at=None, locked_until=None) == 1


def _counted(guard: PhoneGuard, now: datetime) -> dict[str, object]:
    failures = guard.failures + 1
    if failures < settings.OTP_FAILURES_PER_PHONE:
        return {"failures": failures, "tried_at": now}
    wait = min(FIRST_WAIT * 2 ** min(guard.locks, DOUBLINGS), LONGEST_WAIT)
    return {
        "failures": failures,
        "tried_at": now,
        "locks": min(guard.locks + 1, DOUBLINGS),
        "locked_at": now,
        "locked_until": now + wait,
    }
