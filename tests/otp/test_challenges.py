"""The rules of a PIN check (R1.02-R1.08, R1.10, R1.19)."""

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from otp.limits.limits import LimitReached
from otp.limits.rates import parse_rates
from otp.models import Challenge, PhoneLockout
from otp.pin import challenges, codes
from otp.pin.challenges import Answer
from tests import cast

pytestmark = pytest.mark.django_db

ANA = cast.ANA_PHONE
MINE, STRANGERS = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def _ana() -> None:
    cast.ana()


@pytest.fixture(autouse=True)
def _generous(settings: Settings) -> None:
    """Switch off the limits, so that no test here reaches one. Other tests check them."""
    settings.OTP_SENDS_PER_PHONE = settings.OTP_SENDS_PER_ADDRESS = ()


def ask(session_ref: str = MINE, phone: str = ANA) -> Challenge:
    return challenges.start(phone, session_ref, "198.51.100.7")


def right_code(challenge: Challenge) -> str:
    return codes.derive(challenge.nonce, challenge.phone)


def wrong_code(challenge: Challenge) -> str:
    return f"{(int(right_code(challenge)) + 1) % 1_000_000:06}"


def type_right(challenge: Challenge) -> Answer:
    return challenges.verify(challenge, right_code(challenge)).answer


def type_wrong(challenge: Challenge, times: int = 1) -> list[Answer]:
    return [challenges.verify(challenge, wrong_code(challenge)).answer for _ in range(times)]


def test_a_code_is_valid_for_299_seconds_and_not_for_301() -> None:
    """R1.02"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        mine, strangers = ask(MINE), ask(STRANGERS)
        clock.shift(299)
        assert type_right(mine) is Answer.RIGHT
        clock.shift(2)
        assert type_right(strangers) is Answer.INVALID


def test_a_clock_set_back_does_not_make_a_code_valid_again() -> None:
    """R1.02"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = ask()
        clock.shift(301)
        type_wrong(challenge)
        clock.shift(-200)
        assert type_right(challenge) is Answer.INVALID


def test_a_code_can_be_used_once() -> None:
    """R1.03"""
    challenge = ask()
    assert [type_right(challenge), type_right(challenge)] == [Answer.RIGHT, Answer.INVALID]


def test_the_fifth_wrong_attempt_invalidates_a_code() -> None:
    """R1.04"""
    challenge = ask()
    assert type_wrong(challenge, 5) == [Answer.WRONG] * 4 + [Answer.INVALID]
    assert type_right(challenge) is Answer.INVALID


def test_the_tries_left_are_counted_down() -> None:
    challenge = ask()
    assert [challenges.verify(challenge, wrong_code(challenge)).attempts_left for _ in range(5)] == [
        4,
        3,
        2,
        1,
        0,
    ]


def test_attempts_on_an_invalid_code_do_not_count() -> None:
    """Otherwise a stranger could make a phone wait with a single code."""
    challenge = ask()
    type_wrong(challenge, 20)
    assert PhoneLockout.objects.get(phone=ANA).failures == 5


def test_failures_add_up_over_codes_and_sessions() -> None:
    """R1.05: two wrong ones on each of five codes."""
    for number in range(5):
        challenge = ask(f"{number}" * 64)
        type_wrong(challenge, 2)
    assert type_right(challenge) is Answer.WAIT
    assert type_right(ask()) is Answer.WAIT


def test_a_right_code_resets_the_failures() -> None:
    """R1.06"""
    for number in range(3):
        challenge = ask(f"{number}" * 64)
        type_wrong(challenge, 3)
    assert type_right(challenge) is Answer.RIGHT
    lockout = PhoneLockout.objects.get(phone=ANA)
    assert (lockout.failures, lockout.locks, lockout.locked_until) == (0, 0, None)


def fail_ten_times() -> None:
    for session_ref in ("c" * 64, "d" * 64):
        type_wrong(ask(session_ref), 5)


def test_the_wait_doubles_from_30_seconds_to_an_hour_at_most() -> None:
    """R1.07"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        fail_ten_times()
        for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
            clock.shift(seconds - 1)
            assert type_wrong(ask(f"x{seconds:063}")) == [Answer.WAIT]
            clock.shift(1)
            assert type_wrong(ask(f"y{seconds:063}")) == [Answer.WRONG]
        clock.shift(3601)
        assert type_right(ask()) is Answer.RIGHT


def test_a_strangers_failures_leave_the_customer_five_attempts() -> None:
    """R1.08"""
    mine = ask(MINE)
    type_wrong(ask(STRANGERS), 5)
    assert type_right(mine) is Answer.RIGHT


def test_a_code_requested_before_a_strangers_failures_still_signs_in() -> None:
    """R1.08"""
    mine = ask(MINE)
    fail_ten_times()
    assert type_right(mine) is Answer.RIGHT


def test_only_one_try_is_exempt_from_the_wait() -> None:
    mine = ask(MINE)
    fail_ten_times()
    assert type_wrong(mine) == [Answer.WRONG]
    assert type_right(mine) is Answer.WAIT
    assert PhoneLockout.objects.get(phone=ANA).failures == 11


def test_a_code_asked_for_during_the_wait_is_not_exempt() -> None:
    fail_ten_times()
    assert type_right(ask()) is Answer.WAIT


def test_an_attempt_refused_during_the_wait_uses_up_none() -> None:
    fail_ten_times()
    challenge = ask()
    type_wrong(challenge, 9)
    challenge.refresh_from_db()
    assert challenge.attempts == 0


def test_another_number_ends_the_code_of_the_first() -> None:
    """R1.10"""
    first = ask()
    ask(phone=cast.BRUNO_PHONE)
    assert type_right(first) is Answer.INVALID


def test_a_session_finds_no_other_sessions_code() -> None:
    """R1.10"""
    ask(MINE)
    assert challenges.of_session(STRANGERS) is None


def test_a_new_code_ends_the_old_one() -> None:
    """R1.19"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = ask()
        clock.shift(60)
        second = challenges.resend(first, "198.51.100.7")
    assert type_right(first) is Answer.INVALID
    assert type_right(second) is Answer.RIGHT


def test_a_resend_before_the_minute_is_refused_and_the_next_waits_twice_as_long() -> None:
    """R1.19"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = ask()
        for wait in (60, 120, 240):
            assert challenges.resend_wait(challenge) == wait
            clock.shift(wait - 1)
            with pytest.raises(LimitReached):
                challenges.resend(challenge, "198.51.100.7")
            clock.shift(1)
            challenge = challenges.resend(challenge, "198.51.100.7")


def test_the_wait_for_a_new_code_is_never_longer_than_a_codes_validity() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = ask()
        for _ in range(3):
            clock.shift(300)
            challenge = challenges.resend(challenge, "198.51.100.7")
        assert challenges.resend_wait(challenge) == 300


def test_asking_again_for_the_same_number_at_once_keeps_the_code() -> None:
    assert ask() == ask()


def test_entering_the_number_again_does_not_avoid_the_wait_when_a_code_is_invalid() -> None:
    """R1.19"""
    type_wrong(ask(), 5)
    with pytest.raises(LimitReached):
        ask()


def test_asking_again_and_again_in_one_session_reaches_its_limit() -> None:
    for _ in range(5):
        ask()
    with pytest.raises(LimitReached):
        ask()


def test_a_guessed_code_of_an_unregistered_number_is_answered_as_a_wrong_one() -> None:
    """A5"""
    challenge = ask(phone=cast.NOBODY_PHONE)
    assert challenges.verify(challenge, right_code(challenge)) == challenges.AttemptResult(
        Answer.WRONG, 4, compared=True
    )
    challenge.refresh_from_db()
    assert challenge.used_at is None


def test_two_typos_one_resend_and_the_right_code_get_an_honest_person_in(settings: Settings) -> None:
    settings.OTP_SENDS_PER_PHONE = parse_rates("3/10m,5/h,10/d")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = ask()
        type_wrong(first, 2)
        clock.shift(61)
        assert type_right(challenges.resend(first, "198.51.100.7")) is Answer.RIGHT
