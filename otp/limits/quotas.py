"""The limits at the door by name: what is counted for each address, and for all codes of a day.

Asking is counted where it happens, in the request. The day is counted where an SMS leaves, in the
worker, after the directory said that the number is registered: otherwise made-up numbers, which
cost no SMS, would use it up and shut everybody out. A request only reads the day, and never writes
it.
"""

from collections.abc import Sequence

from django.conf import settings

from otp import addresses
from otp.limits.limits import Limit, limit
from otp.limits.rates import Rate


def of_address(kind: str, address: str, rates: Sequence[Rate]) -> list[Limit]:
    """The limits of an address: its own, and for IPv6 those of the networks around it, which are
    multiples.

    The networks come last: `consume` is given the most shared ones at the end.
    """
    own = limit(kind, address, rates)
    around = [
        limit(kind, network, [Rate(rate.count * times, rate.seconds) for rate in rates])
        for network, times in addresses.surrounding(address)
    ]
    return [own, *around]


def asking(session_ref: str, address: str) -> list[Limit]:
    """What every request for a code is counted on, whatever number it names."""
    session = limit("session", session_ref, settings.OTP_SENDS_PER_SESSION)
    return [session, *of_address("address", address, settings.OTP_SENDS_PER_ADDRESS)]


def sends_of_day(*, invited: bool) -> Limit:
    """SMS with a code that left in a day. Those of links have a budget of their own, so that
    pumping codes to known customers' numbers through the plain entry does not shut out the
    customers who were invited.
    """
    return limit("all.invited" if invited else "all", "", settings.OTP_SENDS_PER_DAY)
