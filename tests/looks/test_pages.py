"""Every page of the portal, drawn from its template and as a visitor gets it (P10).

The drawn pages (pages.py) are all states of all templates, without a database. The walked pages are
the responses of real requests, with the contexts of real views and forms. Both get the same checks.
"""

import gzip
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from attachments import inspection as attachments
from brand import brand_assets
from tests import cast
from tests.looks.pages import contexts, draw
from tests.otp.links import address, invited
from tests.otp.pin_client import ask
from tests.tickets.portal_client import filled_form, visitor

pytestmark = pytest.mark.thorough

MAX_PAGE_BYTES = 20_000  # compressed, with everything it loads (P10)
MAX_REQUESTS = 5
OWN_ORIGIN = re.compile(r"/(?!/)|data:")
PERSONAL = re.compile(r"09\d{8}|\+?593\d{9}|\d{13}")
ADDRESSES = (
    "/fidelizacion/",
    "/fidelizacion/ayuda/",
    "/fidelizacion/empresa/",
    "/fidelizacion/solicitud/",
    "/fidelizacion/tickets/",
)
every_page = pytest.mark.parametrize("case", contexts())


def soup(case: str) -> BeautifulSoup:
    return BeautifulSoup(draw(case), "html.parser")


def text(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text().split())


@pytest.fixture
def walked() -> dict[str, BeautifulSoup]:
    """Request every page of the portal, as a customer and as a stranger."""
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


def one_heading_and_a_title_that_says_the_same(page: BeautifulSoup) -> None:
    (heading,) = page.find_all("h1")
    title = text(page.title).removeprefix("Error: ")
    assert title == f"{text(heading)} · Gestor de Fidelización · {settings.BRAND.name}"
    assert page.html is not None
    assert page.html["lang"] == "es"


def headings_skip_no_level(page: BeautifulSoup) -> None:
    levels = [int(tag.name[1]) for tag in page.find_all(["h1", "h2", "h3", "h4", "h5", "h6"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))


def every_id_is_used_once_and_every_reference_finds_one(page: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    described = [str(tag["aria-describedby"]) for tag in page.select("[aria-describedby]")]
    labelled = [str(tag["aria-labelledby"]) for tag in page.select("[aria-labelledby]")]
    targets = [tag["for"] for tag in page.select("label[for]")]
    anchors = [str(tag["href"])[1:] for tag in page.select('a[href^="#"]')]
    assert {*" ".join(described + labelled).split(), *targets, *anchors} <= set(ids)


def every_control_has_a_label(page: BeautifulSoup) -> None:
    labelled = {tag["for"] for tag in page.select("label[for]")}
    controls = page.select('input:not([type="hidden"]), select, textarea')
    assert {tag["id"] for tag in controls} <= labelled


def nothing_needs_what_the_content_security_policy_refuses(page: BeautifulSoup) -> None:
    assert not page.find_all("style")
    assert all(script.get("src") and not text(script) for script in page.find_all("script"))
    attributes = {name for tag in page.find_all(True) for name in tag.attrs}
    assert not {name for name in attributes if name == "style" or name.startswith("on")}


def every_form_posts_its_token_and_one_action_is_primary(page: BeautifulSoup) -> None:
    forms = page.select("form")
    assert all(str(form.get("method")).lower() == "post" for form in forms)
    assert all(form.select_one('input[name="csrfmiddlewaretoken"]') for form in forms)
    assert len(page.select(".button")) == 1


def everything_it_loads_comes_from_our_own_origin(page: BeautifulSoup) -> None:
    """R6.18."""
    loaded = [str(tag.get("href") or tag.get("src")) for tag in page.select("link[href], [src]")]
    assert [address for address in loaded if not OWN_ORIGIN.match(address)] == []


def nothing_personal_stands_in_an_address_or_a_title(page: BeautifulSoup) -> None:
    """R6.08: addresses and titles end up in histories and logs."""
    links = [
        str(tag.get("href") or tag.get("src") or tag.get("action") or "")
        for tag in page.select("[href], [src], [action]")
    ]
    assert [link for link in links if PERSONAL.search(link) and "tel:" not in link] == []
    assert not PERSONAL.search(text(page.title))


CHECKS: tuple[Callable[[BeautifulSoup], None], ...] = (
    one_heading_and_a_title_that_says_the_same,
    headings_skip_no_level,
    every_id_is_used_once_and_every_reference_finds_one,
    every_control_has_a_label,
    nothing_needs_what_the_content_security_policy_refuses,
    every_form_posts_its_token_and_one_action_is_primary,
    everything_it_loads_comes_from_our_own_origin,
    nothing_personal_stands_in_an_address_or_a_title,
)


@every_page
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_drawn_page_holds(case: str, check: Callable[[BeautifulSoup], None]) -> None:
    check(soup(case))


@pytest.mark.django_db
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_page_that_a_visitor_gets_holds(
    check: Callable[[BeautifulSoup], None], walked: dict[str, BeautifulSoup]
) -> None:
    for name, page in walked.items():
        try:
            check(page)
        except (AssertionError, ValueError) as failure:
            raise AssertionError(f"on the page: {name}") from failure


@every_page
def test_a_first_visit_is_light_and_from_one_origin(case: str) -> None:
    html = draw(case)
    page = BeautifulSoup(html, "html.parser")
    loaded = {str(tag["href"]) for tag in page.select("link[href]")} | {
        str(t["src"]) for t in page.select("[src]")
    }
    fetched = {address for address in loaded if not address.startswith("data:")}
    assert all(address.startswith("/") for address in fetched)
    assert 1 + len(fetched) <= MAX_REQUESTS
    assert compressed(html.encode()) + sum(compressed(body(address)) for address in fetched) <= MAX_PAGE_BYTES


def compressed(content: bytes) -> int:
    return len(gzip.compress(content))


def body(address: str) -> bytes:
    path = address.partition("?")[0]
    served = {"/marca/marca.css": brand_assets.stylesheet, "/marca/logo": brand_assets.page_logo}
    if path in served:
        return served[path](settings.BRAND).content
    found = finders.find(path.removeprefix(settings.STATIC_URL))
    assert found is not None
    return Path(str(found)).read_bytes()


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("entry", "Paso 1 de 3: Identificación"),
        ("pin", "Paso 2 de 3: Verificación"),
        ("company", "Paso 3 de 3: Solicitud"),
        ("request", "Paso 3 de 3: Solicitud"),
    ],
)
def test_each_step_says_where_it_stands(case: str, line: str) -> None:
    assert text(soup(case).select_one(".step p")) == line


@pytest.mark.parametrize("case", ["entry, refused", "pin, refused", "company, refused", "request, refused"])
def test_a_refused_form_sums_up_its_errors_first_and_each_leads_to_its_field(case: str) -> None:
    page = soup(case)
    summary = page.select_one("#errores")
    assert summary is not None
    assert summary.has_attr("autofocus")
    links = summary.select('a:not([href="#id_attachments"])')
    assert links
    for link in links:
        control = page.find(id=str(link["href"])[1:])
        assert control is not None
        assert control.name in {"input", "select", "textarea"}
        assert text(link) in text(control.find_parent(class_="field"))


def test_a_form_that_came_with_files_says_first_that_they_are_kept() -> None:
    assert "Los documentos aceptados están guardados" in text(soup("request, refused").select_one("#errores"))
    assert "guardados" not in text(soup("pin, refused").select_one("#errores"))


def test_a_kept_document_shows_its_name_and_size_and_can_be_taken_off_without_script() -> None:
    entry = soup("request, refused").select("[data-staged] > li")[0]
    assert "carta.pdf 1,8 MB, guardado" in text(entry)
    box = entry.select_one("input[name=remove][type=checkbox]")
    assert box is not None
    assert text(entry.select_one(f'label[for="{box["id"]}"]')) == "Quitar carta.pdf"
    assert [field["name"] for field in entry.select("input")] == ["staged", "remove"]


def test_the_form_tells_the_script_the_same_limits_as_the_server_holds() -> None:
    """A11."""
    box = soup("request").select_one("[data-files]")
    assert box is not None
    assert box["data-kinds"] == " ".join(attachments.EXTENSIONS)
    assert (box["data-bytes"], box["data-count"]) == (str(attachments.MAX_BYTES), str(attachments.MAX_FILES))
    reason = attachments.inspect("foto.pdf", bytes(attachments.MAX_BYTES + 1)).reason
    assert str(box["data-pdf"]).replace(str(box["data-name"]), "foto.pdf") == reason
    reason = attachments.inspect("carta.docx", bytes(attachments.MAX_BYTES + 1)).reason
    assert str(box["data-large"]).replace(str(box["data-name"]), "carta.docx") == reason
    reason = attachments.inspect("fotos.qqq", b"x").reason
    assert str(box["data-wrong"]).replace(str(box["data-name"]), "fotos.qqq") == reason
    others = {
        kind: text for kinds, text in json.loads(str(box["data-others"])).items() for kind in kinds.split()
    }
    assert others["heic"].replace("ARCHIVO", "f.heic") == attachments.inspect("f.heic", b"x").reason
    assert others["docm"].replace("ARCHIVO", "f.docm") == attachments.inspect("f.docm", b"x").reason


@pytest.mark.parametrize("case", ["request", "entry, refused"])
def test_who_is_verified_finds_the_requests_already_sent(case: str) -> None:
    assert soup(case).select_one('a[href="/fidelizacion/tickets/"]') is not None


def test_a_wrong_field_is_described_by_its_hint_and_its_error_in_that_order() -> None:
    field = soup("entry, refused").find(id="id_phone")
    assert field is not None
    assert field["aria-describedby"] == "id_phone_helptext id_phone_error"
    assert field["aria-invalid"] == "true"


def test_the_order_of_a_field_is_label_hint_input_error() -> None:
    control = soup("entry, refused").find(id="id_phone")
    assert control is not None
    field = control.find_parent(class_="field")
    assert field is not None
    assert [tag.name for tag in field.find_all(True, recursive=False)] == ["label", "div", "input", "ul"]


def test_confirming_comes_first_and_is_never_weaker_than_leaving() -> None:
    """A13, F6."""
    confirm, leave = soup("request").select("main form .actions button")
    assert (text(confirm), text(leave)) == ("Confirmar", "Cancelar")
    assert confirm["class"] == ["button"]
    assert leave["class"] == ["button-link"]
    assert leave["formenctype"] == "application/x-www-form-urlencoded"


def test_the_form_says_when_it_takes_effect_before_it_is_confirmed() -> None:
    """A12."""
    html = draw("request").replace("\N{NO-BREAK SPACE}", " ")
    assert html.index("15 de diciembre de 2026") < html.rindex("Confirmar</button>")
    assert "al menos 15 días antes del corte de facturación" in html
    assert "<strong>15 de diciembre de 2026</strong>" in html


def test_the_result_names_reason_number_and_address() -> None:
    """A14, A15."""
    page = text(soup("created, several").main)
    for fact in (
        "No utiliza el servicio",
        "3608314",
        "ana@empresa.example",
        "jefa@empresa.example",
        "no deseado",
    ):
        assert fact in page


def test_what_a_person_typed_is_shown_as_text() -> None:
    """R5.12."""
    assert "<b>0990000101</b>" not in draw("created")
    assert "&lt;b&gt;0990000101" in draw("created")


def test_the_customer_does_not_read_the_advisors_notes() -> None:
    assert "SOLO PARA ASESORES" not in draw("ticket")


@pytest.mark.parametrize("name", ["429.html", "500.html"])
def test_some_pages_need_nothing_at_all(name: str) -> None:
    context: dict[str, Any] = {}
    assert "<h1>" in render_to_string(name, context)


def test_a_page_for_too_many_tries_is_the_same_for_everybody() -> None:
    """R1.20: it uses no context, so it cannot reveal anything."""
    assert render_to_string("429.html") == render_to_string("429.html", {"wait": 40, "phone_tail": "567"})
