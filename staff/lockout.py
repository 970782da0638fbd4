"""Limits that an attempt to sign in must pass before its password is hashed (S2, R5.02).

A hash takes half a second of CPU time, in threads that the portal shares. So a process computes one
hash at a time for unknown browsers, and one for known browsers. Another attempt is refused, at once
or, from a known browser, after 2 s. Wrong passwords are limited by username and by address. A known
browser has a separate limit instead, because anybody could use up the other two to lock a user out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from django.conf import settings

from otp import addresses
from otp.limits import limits, quotas
from otp.limits.limits import Limit, LimitReached, limit
from staff.known_browser import Browser
from staff.names import key_of

KNOWN_BROWSER_WAIT = 2.0  # seconds; an unknown browser does not wait
_semaphores = {True: BoundedSemaphore(1), False: BoundedSemaphore(1)}


class Busy(Exception):
    """This process is already comparing a password for this kind of browser (known or not)."""


@dataclass(frozen=True)
class Attempt:
    """An attempt to sign in: the username typed, the browser, and the network address."""

    username: str
    browser: Browser
    address: addresses.Address | None

    @property
    def known(self) -> bool:
        return self.browser.knows(self.username)

    @property
    def network(self) -> str:
        return addresses.bucket(self.address)

    def limits(self) -> list[Limit]:
        """Return the limits, from the most specific to the most shared."""
        if self.known:
            account = f"{self.browser.id}:{key_of(self.username)}"
            return [limit("staff.browser", account, settings.STAFF_FAILURES_PER_BROWSER)]
        user = limit("staff.user", key_of(self.username), settings.STAFF_FAILURES_PER_USER)
        return [user, *quotas.of_address("staff.address", self.network, settings.STAFF_FAILURES_PER_ADDRESS)]

    def is_locked(self) -> bool:
        """Return whether the next attempt would be refused."""
        return not all(limits.allows(each) for each in self.limits())


@contextmanager
def comparing(attempt: Attempt) -> Iterator[None]:
    """Let one password be compared, and count it as wrong beforehand. Raises LimitReached or Busy.

    Counting first gives simultaneous attempts no more than successive ones; `forgive` undoes it.
    """
    if attempt.is_locked():  # checked before waiting, so that refused attempts do not delay others
        raise LimitReached
    semaphore = _semaphores[attempt.known]
    if not semaphore.acquire(timeout=KNOWN_BROWSER_WAIT if attempt.known else 0):
        raise Busy
    try:
        limits.consume(*attempt.limits())
        yield
    finally:
        semaphore.release()


def forgive(attempt: Attempt) -> None:
    """Undo the count of an attempt whose password was right.

    Otherwise an office whose staff sign in from one address at the same hour would reach its limit.
    """
    limits.give_back(*attempt.limits())
