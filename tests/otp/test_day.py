"""The day's limit counts SMS that leave, so made-up numbers lock nobody out (S1, R1.15, R1.17)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from notifications.sms import AmbiguousFailure, PermanentFailure, TemporaryFailure, memory
from otp.limits import quotas
from otp.limits.limits import consume, consume_times, give_back, remaining
from otp.limits.rates import parse_rates
from otp.models import AuditEvent, Challenge, LimitUse
from otp.pin import challenges, delivery
from tests import cast
from tests.otp import pin_client
from tests.otp.concurrency import at_once
from tests.otp.test_delivery import FakeProvider
from tests.portal.test_sameness import INACTIVE, KNOWN, UNKNOWN, WITHOUT_COMPANY, seen, shape

pytestmark = pytest.mark.django_db

DAY = 3


@pytest.fixture(autouse=True)
def _small_day(settings: Settings) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates(f"{DAY}/d")
    memory.outbox.clear()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = FakeProvider()
    monkeypatch.setattr(delivery, "sms_gateway", lambda: fake)
    return fake


def used(*, invited: bool = False) -> int:
    return LimitUse.objects.filter(key=quotas.sends_of_day(invited=invited).key).count()


def spend(times: int = DAY) -> None:
    consume_times(quotas.sends_of_day(invited=False), times)


def from_place(number: int) -> Client:
    return Client(REMOTE_ADDR=f"2001:db8:{number:x}::1")


def new_challenge(number: int = 0) -> Challenge:
    return challenges.start(cast.ANA_PHONE, f"{number:064}", "198.51.100.7")


def test_s1_made_up_numbers_from_many_addresses_lock_nobody_out(client: Client) -> None:
    cast.ana()
    for number in range(4 * DAY):
        strangers = from_place(number)
        assert pin_client.ask(strangers, f"09600000{number:02}").status_code == 302
        assert pin_client.receive(strangers) is None
    assert used() == 0
    pin_client.verify(client, cast.ANA_PHONE)
    assert used() == 1


def test_s1_requesting_a_code_reads_the_days_limit_and_never_counts_on_it() -> None:
    cast.ana()
    for phone in (cast.ANA_PHONE, cast.NOBODY_PHONE):
        pin_client.ask(Client(), phone)
    assert Challenge.objects.count() == 2
    assert used() == 0


def test_s1_when_the_days_limit_is_reached_every_number_gets_the_same_answer_and_statements() -> None:
    """R1.13, R1.14: at entry and resend, also for a number that used up its own limit."""
    cast.make_administrator(cast.make_company(), phone=KNOWN)
    cast.make_administrator(cast.make_company(), phone=INACTIVE, is_active=False)
    cast.make_administrator(phone=WITHOUT_COMPANY)
    phones = (KNOWN, UNKNOWN, INACTIVE, WITHOUT_COMPANY)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browsers = [Client() for _ in phones]
        for browser, phone in zip(browsers, phones, strict=True):
            pin_client.ask(browser, phone)
        for number in range(2):
            pin_client.ask(
                Client(REMOTE_ADDR=f"203.0.113.{number}"), UNKNOWN
            )  # the third request: the number's limit
        spend()
        clock.shift(60)
        answered = [answers(browser, phone) for browser, phone in zip(browsers, phones, strict=True)]
    assert [page[0] for page, _ in answered[0]] == [429, 429, 422]
    assert all(steps == answered[0] for steps in answered)


def answers(earlier: Client, phone: str) -> list[tuple[tuple[object, ...], list[str]]]:
    """Return the pages and statements of three posts: a new browser at the entry, and `earlier`,
    which has a code, at the resend and with a wrong code.
    """
    steps = []
    for browser, path in (
        (Client(), pin_client.ENTRY),
        (earlier, pin_client.RESEND),
        (earlier, pin_client.PIN),
    ):
        with CaptureQueriesContext(connection) as captured:
            page = browser.post(path, {"phone": phone, "code": "000000"})
        steps.append((seen(page), [shape(query["sql"]) for query in captured]))
    return steps


def test_s1_the_answer_says_until_when_in_the_operators_time(client: Client, settings: Settings) -> None:
    settings.TIME_ZONE = "America/Guayaquil"
    moment = datetime(2026, 11, 27, 20, 15, 30, tzinfo=ZoneInfo("UTC"))
    with time_machine.travel(moment, tick=False) as clock:
        spend()
        clock.shift(timedelta(hours=2))
        page = pin_client.ask(client, cast.NOBODY_PHONE)
        assert page.status_code == 429
        assert page["Cache-Control"] == "no-store"
        said = " ".join(BeautifulSoup(page.content, "html.parser").get_text().split())
        assert "28 de noviembre de 2026, 15:16 (hora de Ecuador)" in said
        clock.shift(timedelta(hours=22))
        assert pin_client.ask(client, cast.NOBODY_PHONE).status_code == 302


def test_s1_a_code_received_before_the_days_limit_was_reached_still_works(client: Client) -> None:
    cast.ana()
    pin_client.ask(client, cast.ANA_PHONE)
    code = pin_client.receive(client)
    spend(DAY - 1)
    assert code is not None
    assert pin_client.answer(client, code)["Location"] == "/fidelizacion/solicitud/"


def test_s1_a_visitor_verified_by_the_network_needs_no_code(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.ana()
    spend()
    assert pin_client.ask(client, cast.ANA_PHONE).status_code == 429
    monkeypatch.setattr("otp.network.network_identity.identify", lambda _request: cast.ANA_PHONE)
    assert pin_client.ask(client, cast.ANA_PHONE)["Location"] == "/fidelizacion/solicitud/"


def test_s1_a_code_requested_before_the_days_limit_was_reached_is_not_sent_after(
    provider: FakeProvider,
) -> None:
    cast.ana()
    challenge = new_challenge()
    spend()
    delivery.send(challenge.pk)
    challenge.refresh_from_db()
    assert (provider.got, challenge.outcome, challenge.maybe_sent) == ([], Challenge.Outcome.LIMIT, 0)
    event = AuditEvent.objects.get(kind=AuditEvent.Kind.SENT)
    assert event.result == AuditEvent.Result.LIMIT
    delivery.send(challenge.pk)
    delivery.sweep()
    assert provider.got == []


def test_s1_an_sms_that_did_not_leave_does_not_count(provider: FakeProvider) -> None:
    """A provider that is down for an hour must not use up the day's limit."""
    cast.ana()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number, failure in enumerate([TemporaryFailure("busy"), PermanentFailure("no such number")]):
            provider.failure = failure
            challenge = new_challenge(number)
            for _ in range(3):
                delivery.send(challenge.pk)
                clock.shift(20)
    assert len(provider.got) == 4
    assert used() == 0


def test_s1_an_sms_that_may_have_left_counts_each_time(provider: FakeProvider) -> None:
    cast.ana()
    provider.failure = AmbiguousFailure("lost")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        for _ in range(3):
            delivery.send(challenge.pk)
            clock.shift(20)
    assert (len(provider.got), used()) == (2, 2)


def test_s1_a_code_sent_again_after_a_kill_counts_again_within_the_days_limit(provider: FakeProvider) -> None:
    cast.ana()
    spend(DAY - 2)
    provider.failure = KeyboardInterrupt()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first, second = new_challenge(1), new_challenge(2)
        with pytest.raises(KeyboardInterrupt):
            delivery.send(first.pk)
        assert used() == DAY - 1
        provider.failure = None
        clock.shift(delivery.LEASE)
        delivery.send(first.pk)
        delivery.send(second.pk)
    assert (len(provider.got), used()) == (2, DAY)
    second.refresh_from_db()
    assert second.outcome == Challenge.Outcome.LIMIT


def test_s1_an_sms_that_may_have_left_stays_doubtful_if_the_days_limit_stops_its_retry(
    provider: FakeProvider,
) -> None:
    cast.ana()
    provider.failure = AmbiguousFailure("lost")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        delivery.send(challenge.pk)
        spend(DAY - 1)
        clock.shift(20)
        delivery.send(challenge.pk)
    challenge.refresh_from_db()
    assert (len(provider.got), challenge.outcome) == (1, Challenge.Outcome.DOUBTFUL)


@pytest.mark.django_db(transaction=True)
def test_s1_simultaneous_workers_send_no_more_than_the_days_limit() -> None:
    cast.ana()
    now = timezone.now()
    waiting = [
        Challenge.objects.create(
            phone=cast.ANA_PHONE,
            session_ref=f"{number:064}",
            nonce=f"{number:032}",
            created_at=now,
            expires_at=now + timedelta(minutes=5),
        ).pk
        for number in range(12)
    ]
    at_once(12, lambda number: delivery.send(waiting[number]))
    assert (len(memory.outbox), used()) == (DAY, DAY)
    outcomes = list(Challenge.objects.values_list("outcome", flat=True))
    assert (outcomes.count("handled"), outcomes.count("limit")) == (DAY, 12 - DAY)


@pytest.mark.django_db(transaction=True)
def test_s1_uses_given_back_while_others_are_consumed_leave_the_right_count(settings: Settings) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates("100/d")
    day = quotas.sends_of_day(invited=False)

    def use(number: int) -> None:
        consume(day)
        if number % 3:
            give_back(day)

    at_once(12, use)
    assert (used(), remaining(day)) == (4, 96)


@pytest.mark.parametrize(
    ("prefix", "times", "networks"),
    [(56, 4, "2001:db8:0:{:02x}::1"), (48, 16, "2001:db8:0:{:x}00::1")],
)
def test_s1_a_code_request_counts_for_the_wider_ipv6_networks(
    settings: Settings, prefix: int, times: int, networks: str
) -> None:
    """A /56 has 4 times and a /48 16 times the limit of a /64."""
    settings.OTP_SENDS_PER_ADDRESS = parse_rates("2/h")
    statuses = []
    for number in range(2 * times + 1):
        browser = Client(REMOTE_ADDR=networks.format(number))
        statuses.append(pin_client.ask(browser, f"0960{number:06}").status_code)
    assert statuses == [302] * (2 * times) + [429], prefix
    assert pin_client.ask(Client(REMOTE_ADDR="2001:db8:ffff::1"), cast.NOBODY_PHONE).status_code == 302


def test_s1_an_ipv4_address_has_no_wider_networks() -> None:
    assert len(quotas.of_address("address", "198.51.100.7", parse_rates("2/h"))) == 1
    assert len(quotas.of_address("address", "None", parse_rates("2/h"))) == 1
