"""After sign-in the visitor gets the page requested before; no open redirect, no leak."""

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from pytest_django import Settings

from otp.destinations import SALT, Destination
from otp.limits.rates import parse_rates
from tests import cast
from tests.otp import gateway, links, pin_client
from tests.tickets.portal_client import soup

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
LIST = "/fidelizacion/tickets/"
START = "/fidelizacion/solicitud/"
SOMEWHERE = "/fidelizacion/ticket/3608314/"


def hidden(page: "Page") -> str:
    field = soup(page).select_one("main form [name=destination]")
    return str(field["value"]) if field else ""


def signed(route: str, kwargs: object, salt: str = SALT) -> str:
    return signing.TimestampSigner(salt=salt).sign_object([route, kwargs])


def ask_for(client: Client, path: str) -> "Page":
    """Open a page that needs a sign-in; return the entry to which it redirects."""
    redirect = client.get(path)
    assert redirect.status_code == 302
    assert urlsplit(redirect["Location"]).path == pin_client.ENTRY
    return client.get(redirect["Location"])


def enter(client: Client, entry: "Page", phone: str = cast.ANA_PHONE) -> "Page":
    """Send this entry page's form, then the code; return the response to the code."""
    sent = client.post(pin_client.ENTRY, {"phone": phone, "destination": hidden(entry)})
    pin = client.get(sent["Location"])
    code = pin_client.receive(client)
    assert code is not None
    return client.post(pin_client.PIN, {"code": code, "destination": hidden(pin)})


@pytest.fixture
def ticket_page() -> str:
    return f"/fidelizacion/ticket/{cast.make_ticket(cast.ana()).number}/"


def test_the_sign_in_leads_on_to_the_ticket_that_was_asked_for(client: Client, ticket_page: str) -> None:
    entry = ask_for(client, ticket_page)
    number = ticket_page.split("/")[-2]
    assert f"Ingrese para ver el ticket n.º\xa0{number}" in soup(entry).select_one("h1").get_text()  # type: ignore[union-attr]
    assert enter(client, entry)["Location"] == ticket_page
    assert client.get(ticket_page).status_code == 200


def test_the_list_is_led_to_also_with_several_companies(client: Client) -> None:
    """The company is picked only where a page needs one."""
    cast.ana(cast.make_company(), cast.make_company("Segunda S. A."))
    entry = ask_for(client, LIST)
    assert "Ingrese para ver sus solicitudes" in entry.content.decode()
    assert enter(client, entry)["Location"] == LIST
    assert client.get(LIST).status_code == 200


def test_who_asked_for_no_page_lands_on_the_request(client: Client) -> None:
    cast.ana()
    entry = client.get(pin_client.ENTRY)
    assert hidden(entry) == ""
    assert enter(client, entry)["Location"] == START


def test_it_is_carried_over_whatever_happens_on_the_way(client: Client, ticket_page: str) -> None:
    """After a refused number, a refused code, a resend and another number."""
    entry = ask_for(client, ticket_page)
    entry = client.post(pin_client.ENTRY, {"phone": "12", "destination": hidden(entry)})
    assert entry.status_code == 422
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent = client.post(pin_client.ENTRY, {"phone": cast.NOBODY_PHONE, "destination": hidden(entry)})
        pin = client.get(sent["Location"])
        change = next(
            str(link["href"]) for link in soup(pin).select("main a") if "Cambiar" in link.get_text()
        )
        entry = client.get(change)
        pin = client.get(
            client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "destination": hidden(entry)})["Location"]
        )
        pin = client.post(pin_client.PIN, {"code": "12", "destination": hidden(pin)})
        assert pin.status_code == 422
        clock.shift(timedelta(seconds=61))
        resend = soup(pin).select_one("details [name=destination]")
        assert resend is not None
        pin = client.get(client.post(pin_client.RESEND, {"destination": resend["value"]})["Location"])
        code = pin_client.receive(client)
        assert (
            client.post(pin_client.PIN, {"code": code, "destination": hidden(pin)})["Location"] == ticket_page
        )


def test_it_outlives_the_session_in_which_the_code_was_asked_for(client: Client, ticket_page: str) -> None:
    value = hidden(ask_for(client, ticket_page))
    pin = client.get(
        client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "destination": value})["Location"]
    )
    client.cookies.clear()
    for step in (pin_client.PIN, pin_client.RESEND):
        entry = client.get(client.post(step, {"code": "123456", "destination": hidden(pin)})["Location"])
        assert hidden(entry)
    assert enter(client, entry)["Location"] == ticket_page


def test_a_verification_that_ran_out_leads_back_to_its_page(client: Client, ticket_page: str) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=20), tick=False):
        pin_client.verify(client, cast.ANA_PHONE)
    entry = ask_for(client, ticket_page)
    assert "Pasó el tiempo de su sesión" in entry.content.decode()
    assert enter(client, entry)["Location"] == ticket_page


def test_a_limit_reached_gives_a_way_back_with_it(client: Client, settings: Settings) -> None:
    settings.OTP_SENDS_PER_SESSION = parse_rates("1/h")
    token = links.invited()
    pin_client.ask(client, cast.ANA_PHONE)
    value = hidden(ask_for(client, SOMEWHERE))
    page = client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "destination": value})
    assert page.status_code == 429
    way_back = soup(page).select_one("main a.button")
    assert way_back is not None
    assert hidden(client.get(str(way_back["href"])))
    page = client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "destination": value, "invitation": token})
    way_back = soup(page).select_one("main a.button")
    assert way_back is not None
    query = parse_qs(urlsplit(str(way_back["href"])).query)
    assert query["i"] == [token]
    assert set(query) == {"i", "destino"}


def test_an_invitation_and_a_page_go_together(client: Client, ticket_page: str) -> None:
    token = links.invited()
    value = hidden(ask_for(client, ticket_page))
    entry = client.get(f"{links.address(token)}&destino={value}")
    assert hidden(entry)
    sent = client.post(
        pin_client.ENTRY, {"phone": cast.ANA_PHONE, "destination": hidden(entry), "invitation": token}
    )
    pin = client.get(sent["Location"])
    code = pin_client.receive(client)
    assert client.post(pin_client.PIN, {"code": code, "destination": hidden(pin)})["Location"] == ticket_page


def test_a_sign_in_by_the_network_leads_to_the_page(
    client: Client, ticket_page: str, settings: Settings
) -> None:
    gateway.configure(settings)
    value = hidden(ask_for(client, ticket_page))
    page = client.post(
        pin_client.ENTRY,
        {"phone": cast.ANA_PHONE, "destination": value},
        headers={"X-Forwarded-For": gateway.MOBILE_CLIENT, "X-MSISDN": gateway.ANA},
        REMOTE_ADDR=gateway.GATEWAY,
    )
    assert page["Location"] == ticket_page


def test_a_verified_visitor_is_offered_the_page(client: Client, ticket_page: str) -> None:
    value = hidden(ask_for(client, ticket_page))
    pin_client.verify(client, cast.ANA_PHONE)
    entry = client.get(pin_client.ENTRY, {"destino": value})
    assert ticket_page in [str(link["href"]) for link in soup(entry).select(".notice a")]
    assert client.get(pin_client.PIN, {"destino": value})["Location"] == ticket_page


def test_asking_for_a_page_stores_nothing(client: Client) -> None:
    ask_for(client, SOMEWHERE)
    assert Session.objects.count() == 0


def test_the_pages_are_the_same_whether_the_ticket_exists_or_not(ticket_page: str) -> None:
    """R4.22: the pages show only the number that is in the address."""
    number, other = ticket_page.split("/")[-2], "1999999"
    with time_machine.travel(timezone.now(), tick=False):
        shown = [seen(Client(), ticket_page, number), seen(Client(), f"/fidelizacion/ticket/{other}/", other)]
    assert shown[0] == shown[1]


def seen(client: Client, path: str, number: str) -> list[tuple[int, str]]:
    """The entry and the code page, without the number and the tokens that contain it."""
    entry = ask_for(client, path)
    sent = client.post(pin_client.ENTRY, {"phone": cast.NOBODY_PHONE, "destination": hidden(entry)})
    pages = []
    for page in (entry, client.get(sent["Location"])):
        parsed = soup(page)
        for field in parsed.select("[type=hidden], a[href*=destino]"):
            field.decompose()
        pages.append((page.status_code, str(parsed).replace(number, "N")))
    return pages


FOREIGN = {
    "another site": "https://evil.example/",
    "another site, short": "//evil.example/",
    "the desk": "/admin/",
    "a route, not signed": "tickets:list",
    "long": "x" * 5000,
    "no text": "\x00:é:ñ",
    "signed for something else": signed("tickets:list", {}, "tickets.submission_key"),
    "tampered": signed("tickets:list", {})[:-1],
    "a page that is not on the list": signed("admin:index", {}),
    "one that changes something": signed("otp:sign_out", {}),
    "an address as the route": signed("https://evil.example/", {}),
    "an address as the number": signed("tickets:ticket", {"number": "//evil.example"}),
    "no number": signed("tickets:ticket", {}),
}


@pytest.mark.parametrize("value", FOREIGN.values(), ids=FOREIGN)
def test_what_was_not_signed_for_one_of_these_pages_is_ignored(client: Client, value: str) -> None:
    """No open redirect: a token that was changed, is from elsewhere, or names another page."""
    cast.ana()
    entry = client.get(pin_client.ENTRY, {"destino": value})
    assert hidden(entry) == ""
    sent = client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "destination": value, "next": value})
    assert sent["Location"] == pin_client.PIN
    code = pin_client.receive(client)
    assert (
        client.post(pin_client.PIN, {"code": code, "destination": value, "next": value})["Location"] == START
    )


def test_a_value_of_the_day_before_is_ignored(client: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=25), tick=False):
        value = hidden(ask_for(client, SOMEWHERE))
    assert value
    assert hidden(client.get(pin_client.ENTRY, {"destino": value})) == ""


def test_every_page_on_the_list_exists_and_is_read_by_get() -> None:
    for route in django_settings.SIGN_IN_DESTINATIONS:
        kwargs = {"number": 3608314} if route == "tickets:ticket" else {}
        destination = Destination.read(signed(route, kwargs))
        assert destination is not None
        assert get_resolver().resolve(destination.url).view_name == route
        assert Client().get(destination.url).status_code == 302


def test_two_numbers_get_the_same_bytes_on_the_way_to_a_page() -> None:
    """R1.13: a known and an unknown number that end in the same three digits, which pages show."""
    cast.ana()
    shown = []
    with time_machine.travel(timezone.now(), tick=False):
        for phone in (cast.ANA_PHONE, "+593960000567"):
            client = Client()
            value = hidden(ask_for(client, SOMEWHERE))
            sent = client.post(pin_client.ENTRY, {"phone": phone, "destination": value})
            pin = client.get(sent["Location"])
            wrong = client.post(pin_client.PIN, {"code": "000000", "destination": hidden(pin)})
            shown.append([sent["Location"], *(without_csrf(page) for page in (pin, wrong))])
    assert shown[0] == shown[1]


def without_csrf(page: "Page") -> str:
    parsed = soup(page)
    for field in parsed.select("[name=csrfmiddlewaretoken]"):
        field.decompose()
    return str(parsed)
