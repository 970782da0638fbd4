"""Wrong codes by address and in all (S6). Per number alone, a stranger had 10,000 guesses a day
over many numbers.

A code is six digits, so each guess is one in a million. Past `OTP_FAILURES_PER_ADDRESS` nothing is
compared from an address, save for those of whom there is a sign that the number is theirs: a
browser that verified it before, or a link. Past `OTP_FAILURES_ALARM` in all, operations get an
alarm and every address a quarter of its limit; nobody is refused for what others did, since that
would close the door to all.
"""

from collections.abc import Sequence

from django.conf import settings

from otp.limits import quotas
from otp.limits.limits import Limit, allows, consume, limit
from otp.limits.rates import Rate

TIGHTENED = 4  # an address's limit is divided by it while there are too many in all
LEAST = 5  # the tries of one code: what anybody who mistypes needs


def in_all() -> Limit:
    """All wrong codes: nothing is refused by it."""
    return limit("wrong.all", "", settings.OTP_FAILURES_ALARM)


def count(address: str, *, trusted: bool) -> list[Limit]:
    """Count a wrong code in advance, and return what to give back if it is none. Raises
    LimitReached.

    Counted before comparing, so that tries at once get no more than tries in a row. A trusted try
    counts and is never refused: the number's own limits hold for it (guards.py).
    """
    everybody = in_all()
    rates: Sequence[Rate] = () if trusted else settings.OTP_FAILURES_PER_ADDRESS
    if not allows(everybody):
        rates = [Rate(max(LEAST, rate.count // TIGHTENED), rate.seconds) for rate in rates]
    counted = [*quotas.of_address("wrong.address", address, rates), Limit(everybody.key, ())]
    consume(*counted)
    return counted
