"""Parts of every page: the sign-out button, robots headers, the support phone (L5)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from tests import cast
from tests.otp.links import address, invited
from tests.otp.pin_client import ask
from tests.tickets.portal_client import filled_form, soup, text_of, visitor

pytestmark = pytest.mark.thorough

HELP, ENTRY = "/fidelizacion/ayuda/", "/fidelizacion/"


@pytest.mark.django_db
def test_every_page_past_the_pin_leads_to_ones_requests_and_out() -> None:
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Segunda S. A.")))
    company = soup(client.get("/fidelizacion/empresa/")).select_one("[name=company]")
    assert company
    client.post("/fidelizacion/empresa/", {"company": company["value"]})
    form = filled_form(client)
    created = form.post()["Location"]
    refused = form.post(reason="", submission_key=filled_form(client).values["submission_key"])
    paths = (
        "/fidelizacion/empresa/",
        "/fidelizacion/solicitud/",
        created,
        created.partition("?")[0],
        "/fidelizacion/tickets/",
    )
    for page in (refused, *(client.get(path) for path in paths)):
        session = soup(page).select_one("nav.account")
        assert session is not None, page.request["PATH_INFO"]
        assert session.select("a[href='/fidelizacion/tickets/']")
        buttons = session.select("button[type=submit]:not([aria-hidden])")
        assert [button.get_text(strip=True) for button in buttons] == ["Salir"]


@pytest.mark.django_db
def test_no_page_before_the_pin_offers_to_leave(client: Client) -> None:
    ask(client, cast.NOBODY_PHONE)
    for path in (ENTRY, HELP, "/fidelizacion/pin/"):
        assert not soup(client.get(path)).select("nav.account"), path


@pytest.mark.django_db
def test_f6_entry_and_help_may_be_listed_by_search_engines_and_nothing_else() -> None:
    client, visited = Client(), visitor(cast.ana())
    token = invited()
    ask(client, cast.NOBODY_PHONE)
    listed = [Client().get(ENTRY), Client().get(HELP)]
    for page in listed:
        assert page["X-Robots-Tag"] == "all"
        assert not soup(page).select("meta[name=robots]")
    to_a_ticket = Client().get("/fidelizacion/ticket/3608314/")["Location"]
    others = [
        *(
            client.get(path)
            for path in (
                "/fidelizacion/pin/",
                address(token),
                address("x"),
                to_a_ticket,
                "/fidelizacion/nada/",
            )
        ),
        *(visited.get(path) for path in ("/fidelizacion/solicitud/", "/fidelizacion/tickets/")),
        client.post(ENTRY, {"phone": "12"}),
    ]
    for page in others:
        assert page["X-Robots-Tag"] == "noindex", page.request["PATH_INFO"]
        assert (
            soup(page).select("meta[name=robots][content=noindex]")
            or page.request["REQUEST_METHOD"] == "POST"
        )
    for path in ("/admin/login/", "/health/live", "/"):
        assert client.get(path)["X-Robots-Tag"] == "noindex", path


def test_robots_txt_lets_them_read_the_portal(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    rules = answer.content.decode().splitlines()
    assert "User-agent: *" in rules
    assert not [
        rule
        for rule in rules
        if rule.startswith("Disallow") and "/fidelizacion/".startswith(rule.split()[-1])
    ]


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [
        ("1800 123 456", "tel:1800123456"),
        ("(02) 234-5678 ext. 12", "tel:022345678"),
        ("+593 99 123 4567", "tel:+593991234567"),
        ("*611", "tel:*611"),
        ("1800 ANDINA", "tel:1800"),
        ("llame", ""),
    ],
)
def test_the_phone_of_help_is_dialled_by_a_touch(phone: str, dialled: str) -> None:
    assert replace(django_settings.BRAND, support_phone=phone).support_tel == dialled


def test_the_phone_of_help_is_a_link_with_its_hours(client: Client, settings: Settings) -> None:
    hours = "lunes a viernes, de 8:00 a 18:00"
    settings.BRAND = replace(settings.BRAND, support_phone="1800 123 456", support_hours=hours)
    page = client.get(HELP)
    link = soup(page).select_one("a[href='tel:1800123456']")
    assert link is not None
    assert "nowrap" in link["class"]
    assert f"1800 123 456 ({hours})" in text_of(page)


@pytest.mark.django_db
def test_a_refused_page_says_so_in_its_title(client: Client) -> None:
    page = client.post(ENTRY, {"phone": "12"})
    title = soup(page).title
    assert title is not None
    assert title.get_text().strip().startswith("Error: ")


@pytest.mark.parametrize(("minutes", "said"), [(1, "sirve 1 minuto."), (5, "sirve 5 minutos.")])
def test_one_minute_is_one_minute(client: Client, settings: Settings, minutes: int, said: str) -> None:
    settings.OTP_VALIDITY = timedelta(minutes=minutes)
    assert said in text_of(client.get(HELP))


@pytest.mark.django_db
def test_no_number_breaks_over_two_lines() -> None:
    client = visitor(cast.ana())
    created = filled_form(client).post()["Location"]
    for path in (created, created.partition("?")[0]):
        page = client.get(path).content.decode()
        assert "099\u00a0123\u00a04567" in page
        assert "099 123 4567" not in page
    assert f"n.º\u00a0{created.split('/')[-2]}" in client.get("/fidelizacion/tickets/").content.decode()
