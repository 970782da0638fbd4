"""The limits of the sign-in: code requests per session and address, and SMS per day.

The web request counts each code request. The worker counts the day's SMS when one leaves, after the
directory has found the number (S1): otherwise requests for made-up numbers, which cost no SMS,
would use up the day and lock out all customers. A web request only reads the day's limit.
"""

from collections.abc import Sequence

from django.conf import settings

from otp import addresses
from otp.limits.limits import Limit, limit
from otp.limits.rates import Rate


def of_address(kind: str, address: str, rates: Sequence[Rate]) -> list[Limit]:
    """Return the limits of an address: its own and, for IPv6, larger ones of its wider networks.

    The networks come last, because `consume` takes the most shared limits at the end.
    """
    own = limit(kind, address, rates)
    around = [
        limit(kind, network, [Rate(rate.count * times, rate.seconds) for rate in rates])
        for network, times in addresses.surrounding(address)
    ]
    return [own, *around]


def code_requests(session_ref: str, address: str) -> list[Limit]:
    """Return the limits on which each request for a code counts, for any number."""
    session = limit("session", session_ref, settings.OTP_SENDS_PER_SESSION)
    return [session, *of_address("address", address, settings.OTP_SENDS_PER_ADDRESS)]


def sends_of_day(*, invited: bool) -> Limit:
    """Return the daily limit of SMS with a code.

    Codes requested through an invitation have a separate limit: an attacker who uses up the general
    one by requesting codes for known customers' numbers cannot lock out the invited customers.
    """
    return limit("all.invited" if invited else "all", "", settings.OTP_SENDS_PER_DAY)
