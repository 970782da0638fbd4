"""What a try to sign in has to pass before a password is hashed (S2, R5.02).

A hash takes half a second of processor, in threads that the portal shares. So a process computes
one at a time for browsers that it does not know, and one for those that it does; other tries are
refused at once. Of wrong passwords only so many are compared: by username, by address, and by
browser where the person signed in with it before. A known browser is not subject to the first two,
which anybody can use up.
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

SECONDS_TO_WAIT = 2.0  # for its turn, in a known browser
_turns = {True: BoundedSemaphore(1), False: BoundedSemaphore(1)}


class Busy(Exception):
    """This process is already comparing a password for this kind of browser (known or not)."""


@dataclass(frozen=True)
class Try:
    """One username typed in one browser at one address."""

    username: str
    browser: Browser
    address: addresses.Address | None

    @property
    def known(self) -> bool:
        return self.browser.knows(self.username)

    @property
    def place(self) -> str:
        return addresses.bucket(self.address)

    def limits(self) -> list[Limit]:
        """From the most particular to the most shared."""
        if self.known:
            own = f"{self.browser.name}:{key_of(self.username)}"
            return [limit("staff.browser", own, settings.STAFF_FAILURES_PER_BROWSER)]
        user = limit("staff.user", key_of(self.username), settings.STAFF_FAILURES_PER_USER)
        return [user, *quotas.of_address("staff.address", self.place, settings.STAFF_FAILURES_PER_ADDRESS)]

    def is_locked(self) -> bool:
        """Whether the next try would be refused."""
        return not all(limits.allows(limit) for limit in self.limits())


@contextmanager
def turn(attempt: Try) -> Iterator[None]:
    """Let one password be compared, and count it as wrong in advance. Raises LimitReached, or Busy.

    Counted before comparing, so that tries at once get no more than tries in a row; `was_right`
    takes it back.
    """
    if attempt.is_locked():  # asked before taking the turn, so that refusals keep no one waiting
        raise LimitReached
    semaphore = _turns[attempt.known]
    if not semaphore.acquire(timeout=SECONDS_TO_WAIT if attempt.known else 0):
        raise Busy
    try:
        limits.consume(*attempt.limits())
        yield
    finally:
        semaphore.release()


def was_right(attempt: Try) -> None:
    """Only wrong passwords count: a whole office may sign in from one address at eight o'clock."""
    limits.give_back(*attempt.limits())
