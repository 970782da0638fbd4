"""A model of the PIN check's rules in plain Python, without a database (R1.02-R1.10, R1.17).

It follows docs/rules.md and docs/decisions.md, not the code that it is compared with: it has no
retries and no conditional updates, because its steps run one after the other. Times are seconds.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

VALIDITY = 300
TRIES = 5
FAILURES = 10
MOST_FAILURES = 100
FIRST_WAIT, LONGEST_WAIT = 30, 3600
RESEND, RESEND_WINDOW = 60, 3600

Rates = Sequence[tuple[int, int]]  # pairs of a count and a window in seconds
PER_PHONE: Rates = ((3, 600), (5, 3600), (10, 86400))
PER_SESSION: Rates = ((5, 3600),)

RIGHT, WRONG, DEAD, WAIT = "right", "wrong", "dead", "wait"
ASKED, KEPT, LIMIT, NOTHING = "asked", "kept", "limit", "nothing"


@dataclass(eq=False)
class Code:
    """A code that a session requested."""

    phone: str
    at: float
    tries: int = 0
    ended: bool = False  # used, replaced or left

    def lives(self, now: float) -> bool:
        return not self.ended and self.tries < TRIES and now < self.at + VALIDITY


@dataclass
class Phone:
    """A number's failures and waits, over all sessions."""

    failures: int = 0
    trusted_failures: int = 0  # the part of them in browsers that verified the number before
    waits: int = 0
    waits_since: float = 0
    waits_until: float = 0

    def is_stopped(self, *, trusted: bool) -> bool:
        return (self.trusted_failures if trusted else self.failures) >= MOST_FAILURES

    def fail(self, now: float, *, trusted: bool) -> None:
        self.failures += 1
        self.trusted_failures += trusted
        if now < self.waits_until or self.failures < FAILURES:
            return
        self.waits_since, self.waits_until = now, now + min(FIRST_WAIT << self.waits, LONGEST_WAIT)
        self.waits += 1


@dataclass
class Rules:
    """The state of all codes, numbers and limits. Any string can name a session."""

    registered: frozenset[str]
    per_address: Rates
    per_day: Rates
    codes: dict[str, list[Code]] = field(default_factory=lambda: defaultdict(list))
    phones: dict[str, Phone] = field(default_factory=lambda: defaultdict(Phone))
    uses: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def last(self, session: str) -> Code | None:
        return self.codes[session][-1] if self.codes[session] else None

    def ask(self, session: str, phone: str, address: str, now: float) -> str:
        """Enter a number. Within the resend wait, the session keeps its valid code."""
        earlier = [code for code in self.codes[session] if code.phone == phone and not code.ended][-1:]
        if earlier and self.resend_wait(session, now) > 0:
            allowed = self._use(now, ("session", session), ("address", address))
            return KEPT if allowed and earlier[0].tries < TRIES else LIMIT
        return self._send(session, phone, address, now)

    def resend(self, session: str, address: str, now: float) -> str:
        code = self.last(session)
        if code is None:
            return NOTHING
        return LIMIT if self.resend_wait(session, now) > 0 else self._send(session, code.phone, address, now)

    def resend_wait(self, session: str, now: float) -> float:
        """Return what is left of the wait: 60 s, 120 s, 240 s..., at most a code's validity."""
        last = self.codes[session][-1]
        recent = [
            code for code in self.codes[session] if code.phone == last.phone and code.at > now - RESEND_WINDOW
        ]
        earlier = len([code for code in recent if code is not last])
        return last.at + min(RESEND << earlier, VALIDITY) - now

    def type(self, session: str, *, right: bool, now: float, trusted: bool) -> tuple[str, int]:
        """Type a code. Returns the answer, and the tries left after a wrong code."""
        code = self.last(session)
        if code is None:
            return NOTHING, 0
        phone = self.phones[code.phone]
        waits = now < phone.waits_until
        # The first try of a code is exempt if the code is older than the wait or the browser known
        exempt = waits and (trusted or code.at < phone.waits_since) and code.tries == 0
        if phone.is_stopped(trusted=trusted) or (waits and not (exempt and code.lives(now))):
            return WAIT, 0
        if not code.lives(now):
            return DEAD, 0
        code.tries += 1
        if right and code.phone in self.registered:
            code.ended = True
            self.phones[code.phone] = Phone()
            return RIGHT, 0
        phone.fail(now, trusted=trusted)
        return (WRONG, TRIES - code.tries) if code.tries < TRIES else (DEAD, 0)

    def end(self, session: str) -> None:
        """End the session's codes, after a sign-in or sign-out."""
        for code in self.codes[session]:
            code.ended = True

    def _send(self, session: str, phone: str, address: str, now: float) -> str:
        if self._used_up(now, ("all", "")):
            return LIMIT
        if not self._use(now, ("phone", phone), ("session", session), ("address", address)):
            return LIMIT
        self.end(session)
        self.codes[session].append(Code(phone, now))
        return ASKED

    def sms_leaves(self, now: float) -> bool:
        """Count an SMS on the day's limit; returns False if it is used up (S1)."""
        return self._use(now, ("all", ""))

    def _use(self, now: float, *wanted: tuple[str, str]) -> bool:
        """Use all of these limits, or none."""
        if any(self._used_up(now, key) for key in wanted):
            return False
        for key in wanted:
            self.uses[key].append(now)
        return True

    def _used_up(self, now: float, key: tuple[str, str]) -> bool:
        rates = {"phone": PER_PHONE, "session": PER_SESSION, "address": self.per_address, "all": self.per_day}
        return any(
            len([at for at in self.uses[key] if at > now - seconds]) >= count
            for count, seconds in rates[key[0]]
        )
