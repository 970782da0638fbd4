"""In random sign-ins the portal answers as the model in rules.py (R7.04).

Hypothesis generates the steps. Each one goes through the real views, and its answer is compared
with `rules.Rules`; the comparisons and SMS are checked by `trace.Trace`. `SEED=` repeats a run and
looks for the shortest sequence that fails.
"""

import os
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from notifications.sms import memory
from otp.hashing import keyed_hash
from otp.limits.rates import parse_rates
from otp.models import Challenge
from otp.pin import codes, delivery
from tests import cast
from tests.otp import pin_client, rules
from tests.otp.trace import Comparison, Trace

pytestmark = pytest.mark.thorough

EXAMPLES, SHARDS, STEPS = 2000, 4, 20
SAMPLE = 15
REGISTERED = (cast.ANA_PHONE, cast.BRUNO_PHONE)
# Lower than the product's, so that a run of 20 steps can reach them
PER_ADDRESS, PER_DAY = "8/h", "6/d"
LEFT = re.compile(r"Le quedan? (\d) intento")

people = st.sampled_from(["ana", "twin", "stranger"])
phones = st.sampled_from([cast.ANA_PHONE, cast.ANA_PHONE, cast.BRUNO_PHONE, cast.NOBODY_PHONE])
ADDRESSES = {"ana": "198.51.100.7", "twin": "198.51.100.7", "stranger": "203.0.113.9"}


class Door(RuleBasedStateMachine):
    """Three browsers and two registered numbers; the clock moves only in steps of its rules."""

    def __init__(self) -> None:
        super().__init__()
        self._undo: list[Callable[[], object]] = []
        self._enter(transaction.atomic())
        self._undo.append(lambda: transaction.set_rollback(True))
        self._enter(
            override_settings(
                OTP_SENDS_PER_ADDRESS=parse_rates(PER_ADDRESS),
                OTP_SENDS_PER_DAY=parse_rates(PER_DAY),
                OTP_FAILURES_PER_ADDRESS=(),  # test_guesses.py
            )
        )
        self.clock: Any = self._enter(time_machine.travel(timezone.now(), tick=False))
        patch = pytest.MonkeyPatch()
        self._undo.append(patch.undo)
        patch.setattr(codes, "matches", self._spy(codes.matches))
        cast.ana()
        cast.bruno()
        memory.outbox.clear()
        self.model = rules.Rules(frozenset(REGISTERED), ((8, 3600),), ((6, 86400),))
        self.trace = Trace()
        self.browsers = {name: Client(REMOTE_ADDR=address) for name, address in ADDRESSES.items()}
        self.inside: dict[str, str] = {}  # the number that each person is signed in with
        self.known: set[tuple[str, str]] = set()  # person and number verified in the current browser
        self.typing = ""  # the person who types a code

    def _enter(self, context: Any) -> Any:
        entered = context.__enter__()
        self._undo.append(lambda: context.__exit__(None, None, None))
        return entered

    def teardown(self) -> None:
        while self._undo:
            self._undo.pop()()

    def _spy(self, matches: Callable[[str, str, str], bool]) -> Callable[[str, str, str], bool]:
        def compare(typed: str, nonce: str, phone: str) -> bool:
            asked_at = Challenge.objects.get(nonce=nonce).created_at.timestamp()
            trusted = (self.typing, phone) in self.known
            self.trace.comparisons.append(Comparison(nonce, phone, asked_at, self.now, trusted=trusted))
            return matches(typed, nonce, phone)

        return compare

    @property
    def now(self) -> float:
        return timezone.now().timestamp()

    def session(self, person: str) -> str:
        """Return the portal's name for this browser session, or "" if it has none."""
        return str(self.browsers[person].session.get("portal.name", ""))

    # -- What people do --

    @rule(person=people, phone=phones, worker_is_quick=st.booleans())
    def ask(self, person: str, phone: str, worker_is_quick: bool) -> None:
        newest = self._newest()
        page = pin_client.ask(self.browsers[person], phone)
        if self.inside.get(person) != phone:
            self.inside.pop(person, None)
        expected = self.model.ask(self.session(person), phone, ADDRESSES[person], self.now)
        assert self._asked(page, newest) == expected
        self._check_who_is_inside(person)
        if worker_is_quick:
            self.worker()

    @rule(person=people)
    def resend(self, person: str) -> None:
        self._have_asked(person)
        session, newest = self.session(person), self._newest()
        page = self.browsers[person].post(pin_client.RESEND)
        answer = rules.NOTHING if page.get("Location") == pin_client.ENTRY else self._asked(page, newest)
        assert answer == self.model.resend(session, ADDRESSES[person], self.now)
        self.worker()

    @rule(person=people)
    def type_the_right_code(self, person: str) -> None:
        self._have_asked(person)
        if challenge := self._challenge(person):
            self._type(person, codes.derive(challenge.nonce, challenge.phone))

    @rule(person=people, times=st.sampled_from([1, 2, 4, 5, 6]))
    def type_wrong_codes(self, person: str, times: int) -> None:
        self._have_asked(person)
        challenge = self._challenge(person)
        right = codes.derive(challenge.nonce, challenge.phone) if challenge else "000000"
        for _ in range(times):
            if self._type(person, f"{(int(right) + 1) % 1_000_000:06}") in {rules.WAIT, rules.NOTHING}:
                break

    @rule(phone=phones)
    def strangers_fail_until_the_number_waits(self, phone: str) -> None:
        """R1.05, R1.08: ten wrong codes, or as many as are compared before the number waits."""
        for _ in range(2):
            self.take_another_browser("stranger")
            self.ask("stranger", phone, worker_is_quick=False)
            self.type_wrong_codes("stranger", times=5)

    @rule(person=people)
    def type_anything_whether_or_not_a_code_was_asked_for(self, person: str) -> None:
        self._type(person, "271828")

    @rule(person=people, of=people)
    def type_the_code_of_another_session_or_an_earlier_one(self, person: str, of: str) -> None:
        """R1.10"""
        if others := Challenge.objects.filter(session_ref=keyed_hash("session", self.session(of))).first():
            self._type(person, codes.derive(others.nonce, others.phone))

    @rule(person=people)
    def leave(self, person: str) -> None:
        session = self.session(person)
        self.browsers[person].post(pin_client.LEAVE)
        self.model.end(session)
        self.inside.pop(person, None)
        self._check_who_is_inside(person)

    @rule(person=people)
    def take_another_browser(self, person: str) -> None:
        self.browsers[person] = Client(REMOTE_ADDR=ADDRESSES[person])
        self.known = {(who, phone) for who, phone in self.known if who != person}
        self.inside.pop(person, None)

    # -- What happens meanwhile --

    @rule()
    def worker(self) -> None:
        """Send the pending codes: only valid ones of registered numbers lead to an SMS (R1.15)."""
        memory.outbox.clear()
        due = []
        for challenge in Challenge.objects.filter(outcome=Challenge.Outcome.PENDING).order_by("pk"):
            alive = challenge.closed_at is None and challenge.expires_at > timezone.now()
            if (
                alive
                and challenge.used_at is None
                and challenge.phone in REGISTERED
                and self.model.sms_leaves(self.now)
            ):
                due.append(challenge)
            delivery.send(challenge.pk)
        assert [sms.to for sms in memory.outbox] == [challenge.phone for challenge in due]
        for challenge, sms in zip(due, memory.outbox, strict=True):
            assert codes.derive(challenge.nonce, challenge.phone) in sms.text
            self.trace.sms.append((sms.to, challenge.created_at.timestamp()))

    @rule(seconds=st.sampled_from([1, 29, 30, 59, 60, 61, 120, 240, 299, 300, 600, 1800, 3601, 86400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.shift(seconds)

    @rule(phone=phones, early=st.booleans())
    def the_wait_of_a_number_ends(self, phone: str, early: bool) -> None:
        left = self.model.phones[phone].waits_until - self.now
        if left > 1:
            self.clock.shift(left - 1 if early else left)

    @rule(person=people, early=st.booleans())
    def a_code_expires(self, person: str, early: bool) -> None:
        code = self.model.last(self.session(person))
        if code is not None and code.lives(self.now):
            self.clock.shift(code.at + rules.VALIDITY - self.now - (1 if early else 0))

    # -- What must hold --

    @invariant()
    def limits_hold_whatever_the_rules_say(self) -> None:
        self.trace.check()

    def _check_who_is_inside(self, person: str) -> None:
        visitor = self.browsers[person].session.get("portal.visitor")
        assert visitor is None or visitor["phone"] == self.inside.get(person), "inside without having entered"

    def _have_asked(self, person: str) -> None:
        """Request a code if there is none; otherwise most runs would only type codes in vain."""
        for minutes in (0, 10, 50):
            if self.model.last(self.session(person)) is None:
                self.clock.shift(minutes * 60)
                self.ask(person, cast.ANA_PHONE, worker_is_quick=True)

    def _type(self, person: str, code: str) -> str:
        browser, session, challenge = self.browsers[person], self.session(person), self._challenge(person)
        right = challenge is not None and codes.derive(challenge.nonce, challenge.phone) == code
        compared = len(self.trace.comparisons)
        self.typing, trusted = person, challenge is not None and (person, challenge.phone) in self.known
        answer, left = _read(pin_client.answer(browser, code), asked=challenge is not None)
        assert (answer, left) == self.model.type(session, right=right, now=self.now, trusted=trusted)
        if answer == rules.RIGHT:
            assert challenge is not None
            self._entered(person, challenge, compared)
        self._check_who_is_inside(person)
        return answer

    def _entered(self, person: str, challenge: Challenge, compared: int) -> None:
        [comparison] = self.trace.comparisons[compared:]
        self.trace.comparisons[compared:] = [replace(comparison, entered=True)]
        self.inside[person] = challenge.phone
        self.known.add((person, challenge.phone))
        assert self.browsers[person].session["portal.visitor"]["phone"] == challenge.phone
        assert challenge.closed_at is None, "R1.10, R1.19: entered with a code that was replaced"

    def _challenge(self, person: str) -> Challenge | None:
        """Return the last code that this browser requested."""
        ref = keyed_hash("session", self.session(person))
        return Challenge.objects.filter(session_ref=ref).order_by("pk").last()

    def _newest(self) -> int:
        return Challenge.objects.order_by("pk").values_list("pk", flat=True).last() or 0

    def _asked(self, page: Any, newest: int) -> str:
        if page.status_code == 429:
            return rules.LIMIT
        assert (page.status_code, page["Location"]) == (302, pin_client.PIN)
        return rules.ASKED if self._newest() > newest else rules.KEPT


def _read(page: Any, *, asked: bool) -> tuple[str, int]:
    """Return the answer on a page, and the tries left after a wrong code."""
    if page.status_code == 429:
        return rules.WAIT, 0
    if page.status_code == 302:
        return (rules.RIGHT if asked else rules.NOTHING), 0
    assert page.status_code == 422
    left = LEFT.search(page.content.decode())
    return (rules.WRONG, int(left[1])) if left else (rules.DEAD, 0)


def explore(examples: int, number: int) -> None:
    """Run this many sequences of steps, generated from the seed `number`."""
    bounds = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        # Shrinking a failure takes minutes, so it is done only when a seed is repeated
        phases=[Phase.generate, Phase.shrink] if "SEED" in os.environ else [Phase.generate],
    )
    try:
        run_state_machine_as_test(seed(number)(Door), settings=bounds)
    except Exception as failure:
        failure.add_note(f"SEED={number}")
        raise


def first_seed() -> int:
    return int(os.environ.get("SEED", "") or secrets.randbelow(2**32))


@pytest.mark.django_db
def test_a_sample_of_visits_is_answered_by_the_rules() -> None:
    explore(SAMPLE, 1)


@pytest.mark.prove
@pytest.mark.django_db
@pytest.mark.parametrize("shard", range(SHARDS))
def test_two_thousand_visits_are_answered_by_the_rules(shard: int) -> None:
    """R7.04"""
    explore(EXAMPLES // SHARDS, first_seed() + shard)
