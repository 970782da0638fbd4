"""How many failures a phone has had in a row, whoever made them, and the wait they bring
(R1.05-R1.08).

After `OTP_FAILURES_PER_PHONE` failures each further one brings a wait, of 30 s at first and twice
as long each time, up to an hour; a right code ends it all.

While it lasts nothing is compared, for any session, with two exceptions: the first try of a code
that was asked for before the wait began, and the first try of a code that is trusted. So neither
who was about to type the right code nor who is known is kept out by a stranger's failures (R1.08).
What this gives a stranger is one guess for each code asked for, and those are limited by
`OTP_SENDS_PER_PHONE`.

Trusted is a try in a browser that verified this number before (known_browser.py), or of a code
asked for through an invitation: a stranger has neither. At a hundred failures in a row (NIST
800-63B 3.2.2) nothing is compared any more that is not trusted, until a right code, an unlock by
staff, or 30 days without a try. Trusted tries have a hundred of their own, so a stranger cannot
shut the customer out for good.
"""

from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.db.models import QuerySet

from otp.models import Challenge, PhoneLockout

FIRST_WAIT = timedelta(seconds=30)  # NIST 800-63B 3.2.2: "30 seconds up to an hour"
LONGEST_WAIT = timedelta(hours=1)
DOUBLINGS = 7  # 30 s doubled so often is past an hour
MOST_FAILURES = 100  # in a row: "no more than 100" (NIST 800-63B 3.2.2)


class Count(Enum):
    """What became of a try that was to be counted."""

    REFUSED = auto()  # the phone waits, or has failed a hundred times: nothing may be compared
    COUNTED = auto()
    BEGAN_WAIT = auto()  # counted, and unless the code is right the phone waits from now on


def lockout_of(phone: str) -> PhoneLockout:
    """The phone's guard as it is now; an empty one for a number that was never tried. It writes
    nothing.
    """
    return PhoneLockout.objects.filter(phone=phone).first() or PhoneLockout(phone=phone)


def is_waiting(guard: PhoneLockout, now: datetime) -> bool:
    """Whether failures have brought a wait that is not over."""
    return guard.locked_until is not None and now < guard.locked_until


def is_stopped(guard: PhoneLockout, *, trusted: bool) -> bool:
    """Whether there were a hundred failures in a row. For a trusted try only the trusted failures
    count.
    """
    return (guard.trusted_failures if trusted else guard.failures) >= MOST_FAILURES


def is_exempt(guard: PhoneLockout, challenge: Challenge, *, trusted: bool) -> bool:
    """Whether the first try of this challenge is compared despite the wait (the module's two
    exceptions).
    """
    return trusted or (guard.locked_at is not None and challenge.created_at < guard.locked_at)


def stopped() -> QuerySet[PhoneLockout]:
    """The numbers at which only trusted tries are compared."""
    return PhoneLockout.objects.filter(failures__gte=MOST_FAILURES)


def register_attempt(phone: str, now: datetime, *, spared: bool = False, trusted: bool = False) -> Count:
    """Count a failure in advance, unless the phone waits: a right code takes the count back.

    Counted before comparing, so that no number of requests at once gets more tries than one after
    the other. A spared try is counted like any other; it is only not refused.
    """
    _seen(phone, now)
    # Another request's try was counted in each turn that is lost, and after some of those the phone
    # waits
    while True:
        guard = lockout_of(phone)
        waiting = is_waiting(guard, now)
        if is_stopped(guard, trusted=trusted) or (waiting and not spared):
            return Count.REFUSED
        unchanged = PhoneLockout.objects.filter(
            phone=phone, failures=guard.failures, locked_until=guard.locked_until
        )
        counted = {"failures": guard.failures + 1, "tried_at": now} if waiting else _counted(guard, now)
        counted["trusted_failures"] = guard.trusted_failures + trusted
        if unchanged.update(**counted):
            return Count.BEGAN_WAIT if "locked_until" in counted else Count.COUNTED


def _seen(phone: str, now: datetime) -> None:
    """Write the phone's row, whether it exists or not: the first try of a number runs the same
    statements as any later one, so the time it takes does not say whether the number was typed
    before (R1.14).
    """
    PhoneLockout.objects.bulk_create(
        [PhoneLockout(phone=phone, tried_at=now)],
        update_conflicts=True,
        unique_fields=["phone"],
        update_fields=["tried_at"],
    )


def clear(phone: str) -> bool:
    """Forget the failures: the right code was given, or staff lifted the wait (R1.06). False: there
    were none.
    """
    failed = PhoneLockout.objects.filter(phone=phone).exclude(failures=0, locks=0, locked_until=None)
    return failed.update(failures=0, trusted_failures=0, locks=0, locked_at=None, locked_until=None) == 1


def _counted(guard: PhoneLockout, now: datetime) -> dict[str, object]:
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
