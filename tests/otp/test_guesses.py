"""Limits of wrong codes: per address, overall, and 100 in a row for one number (S6)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from operations import alarms
from operations.models import Alarm
from operations.sources import code_metrics
from otp import known_browser
from otp.limits import guesses, lockout
from otp.limits.limits import consume_times
from otp.limits.rates import parse_rates
from otp.models import AuditEvent, Challenge, LimitUse, PhoneLockout
from otp.pin import challenges, codes
from otp.pin.challenges import Answer
from tests import cast
from tests.otp import pin_client
from tests.otp.concurrency import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

HOME = "198.51.100.7"


@pytest.fixture(autouse=True)
def _people(settings: Settings) -> None:
    cast.ana()
    cast.bruno()
    settings.OTP_SENDS_PER_ADDRESS = settings.OTP_SENDS_PER_PHONE = settings.OTP_SENDS_PER_SESSION = ()


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the typed codes that are compared."""
    seen: list[str] = []
    matches: Callable[[str, str, str], bool] = codes.matches

    def spy(typed: str, nonce: str, phone: str) -> bool:
        seen.append(typed)
        return matches(typed, nonce, phone)

    monkeypatch.setattr(codes, "matches", spy)
    return seen


def request_code(phone: str, client: Client | None = None) -> Client:
    """Request a code in a browser, and return it."""
    client = client or Client()
    assert pin_client.ask(client, phone).status_code == 302
    return client


def guess(number: int, place: str = HOME) -> int:
    """Type a wrong code for a new number in a new browser; returns the status."""
    client = Client(REMOTE_ADDR=place)
    pin_client.ask(client, f"0960{number:06}")
    return pin_client.answer(client, "000000").status_code


def stop(phone: str = cast.ANA_PHONE, **fields: object) -> None:
    """Give a number a hundred failures in a row."""
    PhoneLockout.objects.update_or_create(
        phone=phone, defaults={"failures": 100, "tried_at": timezone.now(), **fields}
    )


def enters(client: Client, phone: str = cast.ANA_PHONE) -> bool:
    """Whether the right code opens the portal."""
    request_code(phone, client)
    code = pin_client.receive(client)
    assert code is not None
    return pin_client.answer(client, code).status_code == 302


def test_s6_an_address_that_tries_many_numbers_is_stopped(settings: Settings) -> None:
    settings.OTP_FAILURES_PER_ADDRESS = parse_rates("5/h")
    assert [guess(number, HOME) for number in range(7)] == [422] * 5 + [429] * 2
    assert guess(8, "203.0.113.9") == 422
    assert AuditEvent.objects.filter(kind="failed", result="limit").exists()


def test_s6_past_the_limit_no_code_is_compared(settings: Settings, compared: list[str]) -> None:
    settings.OTP_FAILURES_PER_ADDRESS = parse_rates("2/h")
    for number in range(4):
        guess(number)
    assert len(compared) == 2
    assert (
        Challenge.objects.filter(attempts__gt=0).count() == 2
    )  # an attempt that is not compared costs no try


@pytest.mark.parametrize(
    ("times", "networks"), [(4, "2001:db8:0:{:02x}::1"), (16, "2001:db8:0:{:x}00::1")], ids=["/56", "/48"]
)
def test_s6_the_wider_ipv6_networks_are_limited_too(settings: Settings, times: int, networks: str) -> None:
    settings.OTP_FAILURES_PER_ADDRESS = parse_rates("1/h")
    statuses = [guess(number, networks.format(number)) for number in range(times + 1)]
    assert statuses == [422] * times + [429]
    assert guess(99, "2001:db8:ffff::1") == 422


def test_s6_right_codes_and_attempts_without_comparison_do_not_count(client: Client) -> None:
    """A whole company may enter from one address."""
    for _ in range(3):
        assert enters(Client())
    dead = request_code(cast.BRUNO_PHONE)
    for _ in range(8):
        pin_client.answer(dead, "000000")
    wrong = LimitUse.objects.filter(key__startswith="wrong.")
    assert wrong.count() == 2 * 5  # five comparisons, each counted for the address and overall


@pytest.mark.django_db(transaction=True)
def test_s6_simultaneous_attempts_get_no_more_than_successive_ones(settings: Settings) -> None:
    settings.OTP_FAILURES_PER_ADDRESS = parse_rates("4/h")
    waiting = [challenges.start(f"+5939600000{number:02}", f"{number:064}", HOME) for number in range(12)]
    answers = at_once(12, lambda number: challenges.verify(waiting[number], "000000", HOME).answer)
    assert (answers.count(Answer.WRONG), answers.count(Answer.LIMIT)) == (4, 8)


def test_s6_a_known_browser_is_exempt_from_the_limit_of_its_address(
    client: Client, settings: Settings
) -> None:
    """Strangers may share the customer's address in a mobile network."""
    assert enters(client)
    settings.OTP_FAILURES_PER_ADDRESS = parse_rates("1/h")
    assert [guess(number, "127.0.0.1") for number in range(2)] == [422, 429]
    assert not enters(Client())
    assert enters(client)


def test_s6_too_many_wrong_codes_overall_raise_an_alarm_and_lower_the_limit_of_each_address(
    settings: Settings,
) -> None:
    settings.OTP_FAILURES_PER_ADDRESS = parse_rates("40/h")
    settings.OTP_FAILURES_ALARM = parse_rates("100/h")
    consume_times(guesses.overall(), 100)
    alarms.watch(judge_silence=False)
    assert Alarm.objects.filter(kind="codes-guessed", cleared_at=None).exists()
    assert [guess(number) for number in range(11)] == [422] * 10 + [429]  # 10 an hour, a quarter of 40
    assert guess(20, "203.0.113.9") == 422
    assert enters(Client(REMOTE_ADDR="203.0.113.10"))
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        alarms.watch(judge_silence=False)
        assert not Alarm.objects.filter(kind="codes-guessed", cleared_at=None).exists()


def test_s6_the_lower_limit_leaves_the_five_tries_of_one_code(settings: Settings) -> None:
    settings.OTP_FAILURES_PER_ADDRESS = parse_rates("8/h")
    settings.OTP_FAILURES_ALARM = parse_rates("1/h")
    consume_times(guesses.overall(), 1)
    assert [guess(number) for number in range(6)] == [422] * 5 + [429]


def test_s6_after_a_hundred_failures_in_a_row_no_code_is_compared(compared: list[str]) -> None:
    """NIST 800-63B 3.2.2: a hundred in a row, however much time passes between them."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(130):
            challenge = challenges.start(cast.ANA_PHONE, f"{number:064}", f"198.51.100.{number}")
            challenges.verify(challenge, "not it", f"198.51.100.{number}")
            clock.shift(timedelta(hours=1))
    assert len(compared) == 100
    assert PhoneLockout.objects.get(phone=cast.ANA_PHONE).failures == 100


@pytest.mark.django_db(transaction=True)
def test_s6_simultaneous_attempts_are_compared_a_hundred_times_at_most() -> None:
    stop(failures=97, locked_at=None)
    now = timezone.now()
    results = at_once(8, lambda _: lockout.register_attempt(cast.ANA_PHONE, now, exempt=True))
    assert PhoneLockout.objects.get().failures == 100
    assert results.count(lockout.AttemptStatus.REFUSED) == 5


def test_s6_a_code_asked_for_before_the_stop_is_not_exempt(client: Client) -> None:
    request_code(cast.ANA_PHONE, client)
    code = pin_client.receive(client)
    stop(locked_at=timezone.now(), locked_until=timezone.now() + timedelta(hours=1))
    assert code is not None
    assert pin_client.answer(client, code).status_code == 429


def test_s6_a_browser_that_verified_the_number_before_is_exempt_from_the_stop(client: Client) -> None:
    assert enters(client)
    client.post(pin_client.LEAVE)
    stop()
    assert not enters(Client())
    assert enters(client)
    assert PhoneLockout.objects.get(phone=cast.ANA_PHONE).failures == 0


def test_s6_it_is_exempt_from_the_wait_too_and_its_own_failures_stop_it_at_a_hundred(client: Client) -> None:
    assert enters(client)
    now = timezone.now()
    stop(failures=50, locked_at=now - timedelta(minutes=1), locked_until=now + timedelta(hours=1))
    request_code(cast.ANA_PHONE, client)
    assert pin_client.answer(client, "000000").status_code == 422
    phone_lockout = PhoneLockout.objects.get(phone=cast.ANA_PHONE)
    assert (phone_lockout.failures, phone_lockout.trusted_failures) == (51, 1)
    stop(trusted_failures=100, locked_until=None)
    assert not enters(client)


def test_s6_a_browser_that_verified_one_number_is_unknown_to_another(client: Client) -> None:
    assert enters(client)
    stop(cast.BRUNO_PHONE)
    assert not enters(client, cast.BRUNO_PHONE)


def test_s6_network_identity_and_staff_pass_the_stop(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stop()
    with monkeypatch.context() as network:
        network.setattr("otp.network.network_identity.identify", lambda _request: cast.ANA_PHONE)
        assert pin_client.ask(client, cast.ANA_PHONE)["Location"] == "/fidelizacion/solicitud/"
    assert not enters(Client())
    assert lockout.clear(cast.ANA_PHONE)
    assert enters(Client())


def test_s6_a_stopped_number_is_a_metric_and_an_alarm() -> None:
    stop()
    metric = next(each for each in code_metrics.metrics() if each.name == "phones_stopped")
    assert (metric.value, metric.alarms) == (1, ("phone-stopped",))


def test_s6_the_cookie_names_no_number_and_comes_only_with_the_sign_in(client: Client) -> None:
    """R1.13, R6.08"""
    page = pin_client.ask(client, cast.ANA_PHONE)
    assert "portalbrowser" not in page.cookies
    code = pin_client.receive(client)
    assert code is not None
    value = pin_client.answer(client, code).cookies["portalbrowser"].value
    assert cast.ANA_PHONE[-9:] not in value
    other = Client()
    request_code(cast.ANA_PHONE, other)
    again = pin_client.receive(other)
    assert again is not None
    # The cookies of two browsers of one person cannot be matched
    assert pin_client.answer(other, again).cookies["portalbrowser"].value[-64:] != value[-64:]


@pytest.mark.parametrize("forgery", ["", "x", "." * 50, "0" * 32 + "-9999999999-" + "0" * 64, "ñ" * 107])
def test_s6_a_forged_cookie_makes_no_browser_known(client: Client, forgery: str) -> None:
    stop()
    client.cookies["portalbrowser"] = forgery
    assert not enters(client)


def test_s6_a_browser_stays_known_for_half_a_year_and_for_three_numbers(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert enters(client)
        value = client.cookies["portalbrowser"].value
        for number in range(3):
            phone = f"+59398111220{number}"
            cast.make_administrator(cast.make_company(), phone=phone)
            assert enters(client, phone)
        assert client.cookies["portalbrowser"].value.count(".") == known_browser.MAX_NUMBERS - 1
        stop()
        assert not enters(client)  # the fourth number replaced the oldest
        client.cookies["portalbrowser"] = value
        clock.shift(timedelta(days=181))
        assert not enters(client)
