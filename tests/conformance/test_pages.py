"""What holds for each page of the portal as a visitor gets it (R6.07, R6.08)."""

import re

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client

from tests import cast
from tests.otp.links import address, invited
from tests.otp.pin_client import ask
from tests.tickets.portal_client import filled_form, visitor

pytestmark = pytest.mark.thorough

ADDRESSES = (
    "/fidelizacion/",
    "/fidelizacion/ayuda/",
    "/fidelizacion/empresa/",
    "/fidelizacion/solicitud/",
    "/fidelizacion/tickets/",
)
OURS = re.compile(r"/(?!/)|data:")
PERSONAL = re.compile(r"09\d{8}|\+?593\d{9}|\d{13}")


@pytest.fixture
def pages() -> dict[str, BeautifulSoup]:
    """Every page of the portal, as one walk shows them."""
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Segunda S. A.")))
    shown = {"no such page": client.get("/fidelizacion/nada/")}
    picker = client.get("/fidelizacion/empresa/")
    company = BeautifulSoup(picker.content, "html.parser").select_one("[name=company]")
    assert company
    shown["no company picked"] = client.post("/fidelizacion/empresa/")
    client.post("/fidelizacion/empresa/", {"company": company["value"]})
    shown |= {path: client.get(path) for path in ADDRESSES}
    form = filled_form(client)
    shown["refused"] = form.post(reason="")
    created = form.post()
    shown["created"] = client.get(created["Location"])
    shown["ticket"] = client.get(created["Location"].partition("?")[0])
    shown["list"] = client.get("/fidelizacion/tickets/")
    stranger = Client()
    ask(stranger, cast.NOBODY_PHONE)
    shown["pin"] = stranger.get("/fidelizacion/pin/")
    token = invited()
    shown["link"] = stranger.get(address(token))
    shown["link, refused"] = stranger.post("/fidelizacion/", {"phone": "12", "invitation": token})
    shown["dead link"] = stranger.get(address("x"))
    shown["wrong code"] = stranger.post("/fidelizacion/pin/", {"code": "000000"})
    assert {
        name: page.status_code for name, page in shown.items() if page.status_code not in {200, 404, 422}
    } == {}
    return {name: BeautifulSoup(page.content, "html.parser") for name, page in shown.items()}


@pytest.mark.django_db
def test_every_page_has_one_heading_and_a_title_that_matches_it(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        headings = [heading.get_text(" ", strip=True) for heading in page.select("h1")]
        assert len(headings) == 1, name
        assert page.title, name
        assert headings[0] in page.title.get_text(), name
        assert str(page.html["lang"]).startswith("es") if page.html else False, name


@pytest.mark.django_db
def test_every_id_of_a_page_is_there_once(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        ids = [str(tag["id"]) for tag in page.select("[id]")]
        assert len(ids) == len(set(ids)), name
        for tag in page.select("[aria-describedby], [aria-labelledby], label[for]"):
            for attribute in ("aria-describedby", "aria-labelledby", "for"):
                assert set(str(tag.get(attribute) or "").split()) <= set(ids), (name, str(tag)[:200])


@pytest.mark.django_db
def test_every_field_has_a_label(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for field in page.select("input:not([type=hidden]), select, textarea"):
            assert page.select(f'label[for="{field.get("id")}"]') or field.get("aria-label"), (
                name,
                str(field),
            )


@pytest.mark.django_db
def test_every_form_that_changes_something_carries_its_token(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for form in page.select("form"):
            assert str(form.get("method")).lower() == "post", name
            assert form.select('input[name="csrfmiddlewaretoken"]'), name


@pytest.mark.django_db
def test_nothing_personal_stands_in_an_address_or_a_title(pages: dict[str, BeautifulSoup]) -> None:
    """R6.08."""
    for name, page in pages.items():
        addresses = [_address(tag) for tag in page.select("[href], [src], [action]")]
        assert [
            address for address in addresses if PERSONAL.search(address) and "tel:" not in address
        ] == [], name
        assert not PERSONAL.search(page.title.get_text() if page.title else ""), name


@pytest.mark.django_db
def test_everything_a_page_loads_comes_from_our_own_origin(pages: dict[str, BeautifulSoup]) -> None:
    """R6.18."""
    for name, page in pages.items():
        loaded = [_address(tag) for tag in page.select("link[rel=stylesheet], link[rel=icon], script, img")]
        assert [address for address in loaded if not OURS.match(address)] == [], name
        assert not page.select("style, [style], [onclick]"), name


def _address(tag: Tag) -> str:
    return str(tag.get("href") or tag.get("src") or tag.get("action") or "")
