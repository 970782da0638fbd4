"""Records the comparisons and SMS of one run of the model test, and checks limits on them (R7.04).

The checks are independent of the model in rules.py.
"""

from collections import Counter
from dataclasses import dataclass, field

from tests.otp.rules import FAILURES, FIRST_WAIT, LONGEST_WAIT, MOST_FAILURES, PER_PHONE, TRIES, VALIDITY


@dataclass(frozen=True)
class Comparison:
    """One code compared with what was typed."""

    nonce: str
    phone: str
    asked_at: float
    at: float
    entered: bool = False
    trusted: bool = False  # in a browser that verified the number before


@dataclass
class Trace:
    """The comparisons that a spy saw, and the SMS that the gateway got."""

    comparisons: list[Comparison] = field(default_factory=list)
    sms: list[tuple[str, float]] = field(default_factory=list)  # the number, and when it was requested

    def check(self) -> None:
        """Check all limits. Raises AssertionError."""
        per_code = Counter(each.nonce for each in self.comparisons)
        assert max(per_code.values(), default=0) <= TRIES, "R1.04: a code was compared too often"
        for each in self.comparisons:
            if each.entered:
                assert each.at < each.asked_at + VALIDITY, "R1.02: entered with an old code"
        entered = Counter(each.nonce for each in self.comparisons if each.entered)
        assert max(entered.values(), default=0) <= 1, "R1.03: entered twice with one code"
        for phone in {each.phone for each in self.comparisons}:
            self._check_waits(phone)
        for phone in {to for to, _ in self.sms}:
            self._check_sms(phone)

    def _check_waits(self, phone: str) -> None:
        """R1.05-R1.07: each failure from the tenth on starts a wait; only exempt codes pass it."""
        failures, waits, since, until = 0, 0, 0.0, 0.0
        tried: set[str] = set()
        for each in self.comparisons:
            if each.phone != phone:
                continue
            if each.at < until:
                assert each.trusted or each.asked_at < since, "R1.07: compared during a wait"
                assert each.nonce not in tried, "R1.08: exempt twice with one code"
            tried.add(each.nonce)
            if each.entered:
                failures, waits, since, until = 0, 0, 0.0, 0.0
                continue
            failures += 1
            assert failures <= MOST_FAILURES or each.trusted, "NIST 3.2.2: more than 100 in a row"
            if failures >= FAILURES and each.at >= until:
                since, until = each.at, each.at + min(FIRST_WAIT << waits, LONGEST_WAIT)
                waits += 1

    def _check_sms(self, phone: str) -> None:
        times = [at for to, at in self.sms if to == phone]
        for count, seconds in PER_PHONE:
            for first, beyond in zip(times, times[count:], strict=False):
                assert beyond - first >= seconds, "R1.17: too many SMS"
