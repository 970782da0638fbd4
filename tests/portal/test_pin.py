"""The code screen (A4, R1.10, R1.11, R1.19, R1.22, R1.29)."""

import re
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from companies.models import Administrator
from otp.models import Challenge, PhoneLockout
from tests import cast
from tests.otp import pin_client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ana() -> None:
    cast.ana()


def request_code(client: Client, phone: str = cast.ANA_PHONE) -> str:
    """Request a code and return it."""
    pin_client.ask(client, phone)
    code = pin_client.receive(client)
    assert code is not None
    return code


def another_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_right_code_opens_the_portal_under_a_new_session_key(client: Client) -> None:
    """R1.11"""
    code = request_code(client)
    before = client.cookies["sessionid"].value
    page = pin_client.answer(client, code)
    assert (page.status_code, page["Location"]) == (302, "/fidelizacion/solicitud/")
    assert client.cookies["sessionid"].value != before
    stranger = Client()
    stranger.cookies["sessionid"] = before
    assert stranger.get("/fidelizacion/solicitud/")["Location"] == pin_client.ENTRY


def test_the_code_is_nowhere_in_the_database(client: Client) -> None:
    """R1.09: neither while it is valid nor after its use."""
    code = request_code(client)
    for _ in range(2):
        dump = StringIO()
        call_command("dumpdata", stdout=dump)
        assert Challenge.objects.get().nonce in dump.getvalue()
        assert code not in dump.getvalue()
        assert code not in str(dict(client.session.items()))
        pin_client.answer(client, code)


def test_it_shows_the_last_three_digits_and_no_more(client: Client) -> None:
    pin_client.ask(client, cast.ANA_PHONE)
    page = client.get(pin_client.PIN)
    assert page["Cache-Control"] == "no-store"
    text = page.content.decode()
    assert "567" in text
    assert "1234567" not in re.sub(r"\D", "", BeautifulSoup(text, "html.parser").get_text())


def test_the_field_is_made_for_codes(client: Client) -> None:
    """R1.22"""
    pin_client.ask(client, cast.ANA_PHONE)
    field = BeautifulSoup(client.get(pin_client.PIN).content, "html.parser").select_one("input[name=code]")
    assert field is not None
    shown = {name: field.get(name) for name in ("type", "inputmode", "autocomplete", "maxlength")}
    assert shown == {
        "type": "text",
        "inputmode": "numeric",
        "autocomplete": "one-time-code",
        "maxlength": "10",
    }
    assert field.has_attr("required")
    for typed in ("123456", "123 456", "123-456", " 123456"):
        assert re.fullmatch(str(field["pattern"]), typed)
    for typed in ("12345", "1234567", "12345a"):
        assert not re.fullmatch(str(field["pattern"]), typed)


@pytest.mark.parametrize("spelling", ["{0} {1}", "{0}-{1}", " {0}{1} ", "{0}\u00a0{1}"])
def test_a_pasted_code_may_hold_spaces_and_dashes(client: Client, spelling: str) -> None:
    """R1.22"""
    code = request_code(client)
    assert pin_client.answer(client, spelling.format(code[:3], code[3:])).status_code == 302


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "12345\x00", "1" * 5000, "½23456", "１２３４"]
)
def test_what_cannot_be_a_code_costs_no_try(client: Client, typed: str) -> None:
    pin_client.ask(client, cast.ANA_PHONE)
    page = pin_client.answer(client, typed)
    assert page.status_code == 422
    assert page.context["form"].errors["code"]
    assert Challenge.objects.get().attempts == 0


def test_a_wrong_code_says_how_many_tries_are_left(client: Client) -> None:
    wrong = another_code(request_code(client))
    pages = [pin_client.answer(client, wrong) for _ in range(5)]
    assert {page.status_code for page in pages} == {422}
    assert {page["Cache-Control"] for page in pages} == {"private, no-cache"}
    said = [
        "Le quedan 4 intentos",
        "Le quedan 3 intentos",
        "Le quedan 2 intentos",
        "Le queda 1 intento",
        "ya no sirve",
    ]
    for page, words in zip(pages, said, strict=True):
        assert words in page.content.decode()


def main_actions(page: "Page") -> list[tuple[str, str]]:
    """The text and the form's address of each primary button."""
    found = BeautifulSoup(page.content, "html.parser").select("main form button.button")
    return [(button.get_text(strip=True), str(button.find_parent("form")["action"])) for button in found]  # type: ignore[index]  # it has one


def text_of(page: "Page") -> str:
    return " ".join(BeautifulSoup(page.content, "html.parser").select_one("main").get_text().split())  # type: ignore[union-attr]  # every page has one


def test_15_of_an_expired_code_the_main_action_is_to_ask_for_another(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        code = request_code(client)
        clock.shift(timedelta(minutes=6))
        pages = [client.get(pin_client.PIN), pin_client.answer(client, code), client.get(pin_client.PIN)]
    assert [page.status_code for page in pages] == [200, 422, 200]
    for page in pages:
        assert main_actions(page) == [("Enviar otro código", pin_client.RESEND)]
        assert "El código venció" in text_of(page)
        assert "Se agotaron los intentos" not in text_of(page)
        assert b'name="code"' not in page.content


def test_15_a_code_out_of_tries_says_so_and_not_that_it_expired(client: Client) -> None:
    wrong = another_code(request_code(client))
    last = [pin_client.answer(client, wrong) for _ in range(5)][-1]
    for page in (last, pin_client.answer(client, wrong), client.get(pin_client.PIN)):
        assert main_actions(page) == [("Enviar otro código", pin_client.RESEND)]
        assert "Se agotaron los intentos" in text_of(page)
        assert "venció" not in text_of(page)
        assert "Podrá pedir otro en 60 segundos" in text_of(
            page
        ) or "Podrá pedir otro en 59 segundos" in text_of(page)


def test_15_a_live_code_is_typed_in_the_main_form(client: Client) -> None:
    request_code(client)
    assert main_actions(client.get(pin_client.PIN)) == [("Continuar", pin_client.PIN)]


def test_15_a_resend_before_its_time_says_how_many_seconds_on_the_page_of_the_code(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        code = request_code(client)
        clock.shift(50)
        page = client.post(pin_client.RESEND)
        assert page.status_code == 429
        assert "Podrá pedirlo en 10 segundos" in text_of(page)
        beside = BeautifulSoup(page.content, "html.parser").select_one(f'form[action="{pin_client.RESEND}"]')
        assert beside is not None
        assert "Podrá pedir otro en 10 segundos" in " ".join(beside.get_text().split())
        assert main_actions(page) == [("Continuar", pin_client.PIN)]
        assert pin_client.answer(client, code).status_code == 302


@pytest.mark.parametrize(("seconds", "words"), [(60, "sirve 1 minuto y"), (300, "sirve 5 minutos y")])
def test_15_one_minute_is_one(client: Client, settings: Settings, seconds: int, words: str) -> None:
    settings.OTP_VALIDITY = timedelta(seconds=seconds)
    pin_client.ask(client, cast.ANA_PHONE)
    assert words in text_of(client.get(pin_client.PIN))
    assert words.removesuffix(" y") in text_of(client.get("/fidelizacion/ayuda/"))


def test_a_code_of_one_session_is_invalid_in_another(client: Client) -> None:
    """R1.10"""
    code, stranger = request_code(client), Client()
    pin_client.ask(stranger, cast.BRUNO_PHONE)
    assert pin_client.answer(stranger, code).status_code == 422
    pin_client.ask(stranger, cast.ANA_PHONE)
    assert pin_client.answer(stranger, code).status_code == 422
    assert pin_client.answer(client, code).status_code == 302


def test_another_number_in_another_tab_kills_the_code(client: Client) -> None:
    """R1.10"""
    code = request_code(client)
    pin_client.ask(client, cast.NOBODY_PHONE)
    assert pin_client.answer(client, code).status_code == 422


def test_another_number_ends_the_older_sign_in(client: Client) -> None:
    """R1.11"""
    pin_client.verify(client, cast.ANA_PHONE)
    before = client.cookies["sessionid"].value
    pin_client.ask(client, cast.NOBODY_PHONE)
    assert client.cookies["sessionid"].value != before
    assert client.get("/fidelizacion/solicitud/")["Location"] == pin_client.ENTRY


def test_the_same_number_again_keeps_the_sign_in(client: Client) -> None:
    pin_client.verify(client, cast.ANA_PHONE)
    pin_client.ask(client, cast.ANA_PHONE)
    assert client.get("/fidelizacion/solicitud/").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", pin_client.PIN), ("POST", pin_client.PIN), ("POST", pin_client.RESEND)]
)
def test_without_a_code_asked_for_there_is_only_the_entry(client: Client, method: str, path: str) -> None:
    """R1.29"""
    page = client.generic(method, path)
    assert (page.status_code, page["Location"]) == (302, pin_client.ENTRY)


def test_the_code_screen_redirects_a_verified_visitor(client: Client) -> None:
    """For example with Back, after the right code."""
    pin_client.verify(client, cast.ANA_PHONE)
    assert client.get(pin_client.PIN)["Location"] == "/fidelizacion/solicitud/"


def test_a_resend_brings_a_new_code_and_kills_the_old(client: Client) -> None:
    """R1.19"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        old = request_code(client)
        clock.shift(60)
        page = client.post(pin_client.RESEND)
        assert (page.status_code, page["Location"]) == (302, pin_client.PIN)
        new = pin_client.receive(client)
        assert new is not None
        assert pin_client.answer(client, old).status_code == 422
        assert pin_client.answer(client, new).status_code == 302


def test_a_resend_before_the_minute_is_refused(client: Client) -> None:
    """R1.19"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        code = request_code(client)
        clock.shift(59)
        assert client.get(pin_client.PIN).context["resend_wait"] == 1
        assert client.post(pin_client.RESEND).status_code == 429
        assert Challenge.objects.count() == 1
        assert pin_client.answer(client, code).status_code == 302


def test_a_resend_takes_a_post(client: Client) -> None:
    assert client.get(pin_client.RESEND).status_code == 405


def test_two_typos_one_resend_and_the_right_code_get_an_honest_person_in(
    client: Client, settings: Settings
) -> None:
    """With the default limits."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = request_code(client)
        for _ in range(2):
            assert pin_client.answer(client, another_code(first)).status_code == 422
        clock.shift(61)
        client.post(pin_client.RESEND)
        second = pin_client.receive(client)
        assert second is not None
        assert pin_client.answer(client, second).status_code == 302


def test_too_many_failures_of_a_phone_are_answered_as_a_limit(client: Client) -> None:
    """R1.07, R1.20"""
    PhoneLockout.objects.create(
        phone=cast.ANA_PHONE, failures=10, locks=1, locked_until=timezone.now() + timedelta(seconds=30)
    )
    code = request_code(client)
    page = pin_client.answer(client, code)
    assert page.status_code == 429
    assert page["Cache-Control"] == "no-store"


def test_a_second_click_on_its_way_does_not_take_the_new_cookie_away(client: Client) -> None:
    code = request_code(client)
    second = Client()
    second.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    pin_client.answer(client, code)
    late = pin_client.answer(second, code)
    assert late.status_code == 302
    assert settings.SESSION_COOKIE_NAME not in late.cookies


def test_of_two_clicks_the_newer_code_counts_whichever_request_ends_last(client: Client) -> None:
    pin_client.ask(client, cast.BRUNO_PHONE)
    read_by_the_first = dict(client.session.items())
    code = request_code(client)
    session = client.session
    session.update(read_by_the_first)
    session.save()
    assert pin_client.answer(client, code).status_code == 302


def test_an_administrator_who_was_removed_meanwhile_does_not_get_in(client: Client) -> None:
    code = request_code(client)
    Administrator.objects.update(is_active=False)
    assert pin_client.answer(client, code).status_code == 422
