"""Signing in at the desk: limits on guesses, known browsers, and the record (S2, S8, R5.02)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audit.append_only import AppendOnlyError
from otp.limits.rates import parse_rates
from staff.models import SignInEvent
from tests.desk.desk import signed_in, soup, supervisor, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

LOGIN = "/admin/login/"
RIGHT, WRONG = "tres monos azules en Loja", "no es esta, seguro que no"
Kind = SignInEvent.Kind


@pytest.fixture(autouse=True)
def carla() -> User:
    return User.objects.create_user("carla", password=RIGHT, is_staff=True)


def sign_in(client: Client, password: str = RIGHT, username: str = "carla", **extra: Any) -> Any:
    return client.post(LOGIN, {"username": username, "password": password}, **extra)


def value_of(page: Any, name: str) -> str:
    field = soup(page).select_one(f"[name={name}]")
    assert field
    return str(field["value"])


def kinds(username: str = "carla") -> list[str]:
    return list(
        SignInEvent.objects.filter(name__startswith=username).order_by("pk").values_list("kind", flat=True)
    )


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the passwords that are hashed."""
    done: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        done.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return done


def test_signing_in_without_next_opens_the_desk(client: Client) -> None:
    response = sign_in(client)
    assert response["Location"] == "/admin/"
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize("where", ["address", "form"])
def test_signing_in_goes_on_to_the_page_asked_for_and_to_no_other_site(client: Client, where: str) -> None:
    for wanted, reached in (
        ("/admin/otp/auditevent/", "/admin/otp/auditevent/"),
        ("https://evil.example/", "/admin/"),
    ):
        typed = {"username": "carla", "password": RIGHT}
        if where == "form":
            response = client.post(LOGIN, {**typed, "next": wanted})
        else:
            response = client.post(f"{LOGIN}?next={wanted}", typed)
        assert response["Location"] == reached


def test_s2_r5_02_after_five_wrong_passwords_nothing_is_compared_not_even_the_right_one(
    hashed: list[str],
) -> None:
    statuses = [sign_in(Client(), WRONG).status_code for _ in range(25)]
    assert statuses == [422] * 5 + [429] * 20
    hashed.clear()
    response = sign_in(Client())
    assert (response.status_code, hashed) == (429, [])
    assert "Espere unos minutos" in text_of(response)
    assert value_of(response, "username") == "carla"


def test_r5_02_after_a_quarter_of_an_hour_the_right_password_opens() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(25):
            sign_in(Client(), WRONG)
        clock.shift(timedelta(minutes=14))
        assert sign_in(Client()).status_code == 429
        clock.shift(timedelta(minutes=2))
        assert sign_in(Client()).status_code == 302


@pytest.mark.parametrize("spelling", ["CARLA", " carla ", "ｃａｒｌａ"])
def test_another_spelling_of_a_username_has_no_separate_limit(spelling: str) -> None:
    for _ in range(5):
        sign_in(Client(), WRONG, username=spelling)
    assert sign_in(Client()).status_code == 429


def test_s6_a_browser_in_which_she_signed_in_before_is_not_locked_out_by_a_stranger() -> None:
    hers = Client()
    sign_in(hers)
    hers.post("/admin/logout/")
    for _ in range(30):
        sign_in(Client(), WRONG)
    assert sign_in(Client()).status_code == 429
    assert sign_in(hers).status_code == 302


def test_s6_a_known_browser_is_exempt_for_its_own_account_only_and_has_a_limit_too(
    settings: Settings,
) -> None:
    User.objects.create_user("sonia", password=RIGHT, is_staff=True)
    hers = Client()
    sign_in(hers)
    hers.post("/admin/logout/")
    for _ in range(5):
        sign_in(Client(), WRONG, username="sonia")
    assert sign_in(hers, username="sonia").status_code == 429
    statuses = [sign_in(hers, WRONG).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    hers.cookies[settings.STAFF_BROWSER_COOKIE_NAME] = "forged"
    assert sign_in(hers).status_code == 302  # an unknown browser now, without wrong passwords


@pytest.mark.parametrize(
    ("addresses", "other"),
    [
        (["198.51.100.7"] * 20, "198.51.100.8"),
        ([f"2001:db8:1:2::{n:x}" for n in range(1, 21)], "2001:db8:1:3::1"),
        ([f"2001:db8:1:{n:x}::1" for n in range(80)], "2001:db8:1:1ff::1"),
    ],
    ids=["an IPv4 address", "an IPv6 network of 64 bits", "an IPv6 network of 56 bits"],
)
def test_s2_an_address_and_the_networks_around_it_have_limits_over_all_usernames(
    addresses: list[str], other: str
) -> None:
    for number, address in enumerate(addresses):
        assert sign_in(Client(REMOTE_ADDR=address), WRONG, username=f"user{number}").status_code == 422
    assert sign_in(Client(REMOTE_ADDR=addresses[-1])).status_code == 429
    assert sign_in(Client(REMOTE_ADDR=other)).status_code == 302


def test_r5_02_right_passwords_do_not_count_an_office_of_forty_shares_an_address() -> None:
    statuses = [sign_in(Client()).status_code for _ in range(40)]
    assert set(statuses) == {302}


def test_the_limits_are_settings(settings: Settings) -> None:
    settings.STAFF_FAILURES_PER_USER = parse_rates("1/h")
    assert [sign_in(Client(), WRONG).status_code for _ in range(2)] == [422, 429]
    settings.STAFF_FAILURES_PER_USER, settings.STAFF_FAILURES_PER_ADDRESS = (
        parse_rates("9/h"),
        parse_rates("2/h"),
    )
    assert [sign_in(Client(), WRONG, username="x").status_code for _ in range(2)] == [422, 429]


@pytest.mark.parametrize("username", ["carla", "nadie", "inactive", "visitor", "without"])
def test_a_refusal_says_the_same_and_does_the_same_work_for_any_username(
    username: str, hashed: list[str]
) -> None:
    User.objects.create_user("inactive", password=RIGHT, is_staff=True, is_active=False)
    User.objects.create_user("visitor", password=RIGHT)
    User.objects.create_user("without", is_staff=True)
    password = WRONG if username == "carla" else RIGHT
    said = []
    for _ in range(7):
        hashed.clear()
        response = sign_in(Client(), password, username=username)
        page = response.content.decode().replace(value_of(response, "csrfmiddlewaretoken"), "")
        said.append((response.status_code, len(hashed), page.replace(username, "x")))
    assert [(status, hashes) for status, hashes, _page in said] == [(422, 1)] * 5 + [(429, 0)] * 2
    words = " ".join(soup(response).get_text(" ").split())
    assert "Hubo demasiados intentos con este usuario o desde esta red" in words
    assert username not in words


def test_s8_every_sign_in_refusal_and_sign_out_is_recorded(client: Client, carla: User) -> None:
    for _ in range(7):
        sign_in(Client(), WRONG)
    assert kinds() == [Kind.WRONG] * 5 + [Kind.LOCKED, Kind.REFUSED]
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        sign_in(client)
        client.post("/admin/logout/")
    assert kinds()[-2:] == [Kind.SIGNED_IN, Kind.SIGNED_OUT]
    assert set(SignInEvent.objects.values_list("user", "address")) == {(carla.pk, "127.0.0.1")}
    assert all(SignInEvent.objects.values_list("request_id", flat=True))


def test_s8_a_password_typed_as_the_username_is_not_kept() -> None:
    sign_in(Client(), "x", username=RIGHT)
    event = SignInEvent.objects.get()
    assert (event.kind, event.user, event.name) == (Kind.WRONG, None, "tr…")
    assert RIGHT not in str(SignInEvent.objects.values().get())


def test_s8_the_record_is_append_only(carla: User) -> None:
    sign_in(Client())
    event = SignInEvent.objects.get()
    for change in (event.save, event.delete, SignInEvent.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            change()
    with pytest.raises(AppendOnlyError):
        SignInEvent.objects.update(name="x")
    assert SignInEvent.objects.purge(timezone.now()) == 1


def test_s8_supervisors_read_the_record_and_find_an_account_in_it() -> None:
    sign_in(Client(), WRONG)
    sign_in(Client(), WRONG, username="pedro")
    desk = signed_in(supervisor())
    page = text_of(desk.get("/admin/staff/signinevent/"))
    assert "carla" in page
    assert "pe…" in page
    found = soup(desk.get("/admin/staff/signinevent/", {"q": "Carla"})).select("#result_list tbody tr")
    assert len(found) == 1


def test_r5_04_the_csrf_token_and_the_session_key_change_at_sign_in() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    token = value_of(client.get(LOGIN), "csrfmiddlewaretoken")
    before = client.cookies["csrftoken"].value
    typed = {"username": "carla", "password": RIGHT, "csrfmiddlewaretoken": token}
    assert client.post(LOGIN, typed).status_code == 302
    assert client.cookies["csrftoken"].value != before
    assert client.post("/admin/logout/", {"csrfmiddlewaretoken": token}).status_code == 403
