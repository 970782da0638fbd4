"""Limits wrong codes per address, and watches how many there are overall (S6).

The limits per number do not stop a stranger who tries a few codes on each of many numbers: that
allowed 10,000 guesses a day, each with one chance in a million. Past `OTP_FAILURES_PER_ADDRESS` no
further code from that address is compared, except trusted ones: from a browser that verified the
number before, or requested through an invitation. Past `OTP_FAILURES_ALARM` overall, operations get
an alarm and each address gets a quarter of its limit. The overall count itself refuses no attempt,
because then one attacker could lock out all customers.
"""

from collections.abc import Sequence

from django.conf import settings

from otp.limits import quotas
from otp.limits.limits import Limit, allows, consume, limit
from otp.limits.rates import Rate

ALARM_DIVISOR = 4  # divides an address's limit while there are too many wrong codes overall
LOWEST_LIMIT = 5  # of an address: the attempts of one code, so a person who mistypes gets them all


def overall() -> Limit:
    """Return the limit on all wrong codes together. It raises an alarm and refuses nothing."""
    return limit("wrong.all", "", settings.OTP_FAILURES_ALARM)


def count(address: str, *, trusted: bool) -> list[Limit]:
    """Count a wrong code before the comparison; return what to give back if the code was right.

    Counting first keeps parallel attempts within the limit. A trusted attempt is counted but not
    refused here, because the limits of its number apply (lockout.py). Raises LimitReached.
    """
    all_guesses = overall()
    rates: Sequence[Rate] = () if trusted else settings.OTP_FAILURES_PER_ADDRESS
    if not allows(all_guesses):
        rates = [Rate(max(LOWEST_LIMIT, rate.count // ALARM_DIVISOR), rate.seconds) for rate in rates]
    counted = [*quotas.of_address("wrong.address", address, rates), Limit(all_guesses.key, ())]
    consume(*counted)
    return counted
