"""The entry screen (A2, A5, R1.16, R1.17)."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from notifications.sms import memory
from otp.limits.rates import parse_rates
from otp.models import Challenge
from tests import cast
from tests.otp import pin_client

pytestmark = pytest.mark.django_db


def test_looking_at_it_stores_nothing(client: Client) -> None:
    page = client.get(pin_client.ENTRY)
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-cache"
    assert Session.objects.count() == 0
    assert set(client.cookies) == {"csrftoken"}


@pytest.mark.parametrize(
    "typed", ["0991234567", "991234567", "+593991234567", "593 99 123-4567", " 099.123.4567 "]
)
def test_every_spelling_of_a_number_is_one_number(client: Client, typed: str) -> None:
    """A18, R1.16"""
    page = pin_client.ask(client, typed)
    assert (page.status_code, page["Location"]) == (302, pin_client.PIN)
    assert Challenge.objects.get().phone == cast.ANA_PHONE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "099123456",
        "09912345678",
        "+1 202 555 0123",
        "022345678",
        "abc",
        "0991234567 ext 2",
        "\x00",
    ],
)
def test_what_is_not_a_mobile_number_is_explained_and_kept(client: Client, typed: str) -> None:
    page = pin_client.ask(client, typed)
    assert page.status_code == 422
    assert page["Cache-Control"] == "private, no-cache"
    form = page.context["form"]
    assert form.errors["phone"]
    assert form["phone"].value() == typed
    assert Challenge.objects.count() == 0


def test_only_registered_numbers_get_an_sms(client: Client) -> None:
    """R1.15"""
    cast.ana()
    pin_client.ask(client, cast.ANA_PHONE)
    assert pin_client.receive(client) is not None
    assert memory.outbox[0].to == cast.ANA_PHONE
    pin_client.ask(client, cast.NOBODY_PHONE)
    assert pin_client.receive(client) is None


def test_one_address_and_many_phones_stop_at_30() -> None:
    """R1.17"""
    statuses = [pin_client.ask(Client(), f"09911{number:05}").status_code for number in range(32)]
    assert statuses == [302] * 30 + [429] * 2


def test_one_phone_and_many_addresses_stop_at_three_in_ten_minutes() -> None:
    """R1.17"""
    asked = [
        Client(REMOTE_ADDR=f"203.0.113.{number}")
        .post(pin_client.ENTRY, {"phone": cast.NOBODY_PHONE})
        .status_code
        for number in range(5)
    ]
    assert asked == [302] * 3 + [429] * 2


def test_r1_20_a_refused_request_leaves_no_session_behind(settings: Settings) -> None:
    """Otherwise a script above its limit would fill the session table."""
    settings.OTP_SENDS_PER_ADDRESS = parse_rates("1/h")
    assert pin_client.ask(Client(), cast.NOBODY_PHONE).status_code == 302
    assert Session.objects.count() == 1
    for number in range(5):
        page = pin_client.ask(Client(), f"09911{number:05}")
        assert page.status_code == 429
        assert settings.SESSION_COOKIE_NAME not in page.cookies
    assert Session.objects.count() == 1


def test_which_limit_was_reached_cannot_be_told(settings: Settings) -> None:
    """R1.20: all limits of a visitor give the same page. The daily one is shared (test_day.py)."""
    bodies = set()
    for name in ("OTP_SENDS_PER_PHONE", "OTP_SENDS_PER_ADDRESS", "OTP_SENDS_PER_SESSION"):
        settings.OTP_SENDS_PER_PHONE = settings.OTP_SENDS_PER_ADDRESS = settings.OTP_SENDS_PER_SESSION = ()
        setattr(settings, name, parse_rates("1/h"))
        client = Client()
        first, second = pin_client.ask(client, cast.NOBODY_PHONE), pin_client.ask(client, cast.ANA_PHONE)
        if name == "OTP_SENDS_PER_PHONE":
            second = pin_client.ask(Client(), cast.NOBODY_PHONE)
        assert second.status_code == 429, (name, first.status_code)
        bodies.add(second.content)
    assert len(bodies) == 1


def test_a_verified_visitor_reads_so_and_may_go_on(client: Client) -> None:
    cast.ana()
    pin_client.verify(client, cast.ANA_PHONE)
    page = client.get(pin_client.ENTRY)
    assert page.context["verified_tail"] == "567"
    assert page["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [pin_client.ENTRY, pin_client.PIN])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_get_head_and_post_are_answered(client: Client, path: str, method: str) -> None:
    """R6.16"""
    assert client.generic(method, path).status_code == 405


def test_head_is_answered_as_get(client: Client) -> None:
    assert client.head(pin_client.ENTRY).status_code == 200


def test_a_post_without_its_token_is_refused() -> None:
    """R6.10"""
    assert pin_client.ask(Client(enforce_csrf_checks=True), cast.ANA_PHONE).status_code == 403
