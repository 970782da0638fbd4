"""Locks a phone out for a while after too many wrong codes, from any browser (R1.05-R1.08).

From the `OTP_FAILURES_PER_PHONE`th failure on, each one starts a wait: 30 s at first, then twice as
long each time, up to one hour. A right code resets failures and waits.

During a wait no code is compared, in any session, with two exceptions: the first attempt of a code
that was requested before the wait began, and the first attempt of a trusted code. So a stranger's
failures lock out neither a customer who is about to type the right code nor a known browser
(R1.08). The price is that a stranger gets one guess per code requested; `OTP_SENDS_PER_PHONE`
limits those requests.

An attempt is trusted if its browser verified this number before (known_browser.py), or if its code
was requested through an invitation: a stranger has neither. After 100 failures in a row (NIST
800-63B 3.2.2) only trusted attempts are compared, until a right code, an unlock by staff, or 30
days without an attempt. Trusted attempts have a separate count of 100, so that a stranger
cannot lock the customer out for good.
"""

from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.db.models import QuerySet

from otp.models import Challenge, PhoneLockout

FIRST_WAIT = timedelta(seconds=30)  # NIST 800-63B 3.2.2: "30 seconds up to an hour"
LONGEST_WAIT = timedelta(hours=1)
MAX_DOUBLINGS = 7  # 30 s doubled seven times is more than an hour
MAX_FAILURES = 100  # in a row: "no more than 100" (NIST 800-63B 3.2.2)


class AttemptStatus(Enum):
    """Whether an attempt was counted, and so may be compared."""

    REFUSED = auto()  # the phone waits, or has 100 failures in a row: the code must not be compared
    COUNTED = auto()
    BEGAN_WAIT = auto()  # counted; unless the code is right, the phone waits from now on


def lockout_of(phone: str) -> PhoneLockout:
    """Return the phone's row, or an unsaved empty one for a number that was never tried."""
    return PhoneLockout.objects.filter(phone=phone).first() or PhoneLockout(phone=phone)


def is_waiting(lockout: PhoneLockout, now: datetime) -> bool:
    """Whether the phone has a wait that is not over."""
    return lockout.locked_until is not None and now < lockout.locked_until


def is_stopped(lockout: PhoneLockout, *, trusted: bool) -> bool:
    """Whether the phone has 100 failures in a row; a trusted attempt counts only trusted ones."""
    return (lockout.trusted_failures if trusted else lockout.failures) >= MAX_FAILURES


def is_exempt(lockout: PhoneLockout, challenge: Challenge, *, trusted: bool) -> bool:
    """Whether the first attempt of this code is compared despite the wait (see the module)."""
    return trusted or (lockout.locked_at is not None and challenge.created_at < lockout.locked_at)


def stopped() -> QuerySet[PhoneLockout]:
    """Return the numbers of which only trusted attempts are compared."""
    return PhoneLockout.objects.filter(failures__gte=MAX_FAILURES)


def register_attempt(
    phone: str, now: datetime, *, exempt: bool = False, trusted: bool = False
) -> AttemptStatus:
    """Count a failure before the comparison, unless the phone waits; a right code resets the count.

    Counting first means that parallel requests get no more attempts than requests in a row. An
    exempt attempt is counted too, but not refused during a wait.
    """
    _ensure_row(phone, now)
    # When the update changes no row, another request has just counted an attempt: read again
    while True:
        lockout = lockout_of(phone)
        waiting = is_waiting(lockout, now)
        if is_stopped(lockout, trusted=trusted) or (waiting and not exempt):
            return AttemptStatus.REFUSED
        unchanged = PhoneLockout.objects.filter(
            phone=phone, failures=lockout.failures, locked_until=lockout.locked_until
        )
        changes = (
            {"failures": lockout.failures + 1, "tried_at": now} if waiting else _next_failure(lockout, now)
        )
        changes["trusted_failures"] = lockout.trusted_failures + trusted
        if unchanged.update(**changes):
            return AttemptStatus.BEGAN_WAIT if "locked_until" in changes else AttemptStatus.COUNTED


def clear(phone: str) -> bool:
    """Reset failures and wait after a right code or an unlock by staff (R1.06). Returns False if
    there were none.
    """
    failed = PhoneLockout.objects.filter(phone=phone).exclude(failures=0, locks=0, locked_until=None)
    return failed.update(failures=0, trusted_failures=0, locks=0, locked_at=None, locked_until=None) == 1


def _ensure_row(phone: str, now: datetime) -> None:
    """Insert or update the phone's row with the same statement.

    So the first attempt of a number takes as long as later ones, and its time does not reveal
    whether the number was typed before (R1.14).
    """
    PhoneLockout.objects.bulk_create(
        [PhoneLockout(phone=phone, tried_at=now)],
        update_conflicts=True,
        unique_fields=["phone"],
        update_fields=["tried_at"],
    )


def _next_failure(lockout: PhoneLockout, now: datetime) -> dict[str, object]:
    """Return the columns after one more failure, with a wait from `OTP_FAILURES_PER_PHONE` on."""
    failures = lockout.failures + 1
    if failures < settings.OTP_FAILURES_PER_PHONE:
        return {"failures": failures, "tried_at": now}
    wait = min(FIRST_WAIT * 2 ** min(lockout.locks, MAX_DOUBLINGS), LONGEST_WAIT)
    return {
        "failures": failures,
        "tried_at": now,
        "locks": min(lockout.locks + 1, MAX_DOUBLINGS),
        "locked_at": now,
        "locked_until": now + wait,
    }
