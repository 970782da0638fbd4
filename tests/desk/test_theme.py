"""The desk's pages are in Spanish, in the operator's colour, and work without JavaScript."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import gettext, override

from brand.operator import contrast
from desk.theme import DARK_SURFACES, shades
from tests import cast
from tests.desk.desk import TICKETS, advisor, page_of, signed_in, soup, step_of, supervisor, text_of

ENGLISH = re.compile(
    r"\b(the|and|select|filters?|search|previous|next|add|save|delete|welcome|sign|log ?out|run|type|results?|show)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("colour", ["#0b5c6b", "#ffe600", "#ffffff", "#000000", "#e4002b", "#7fdbff"])
def test_white_text_can_be_read_on_any_colour_an_operator_picks(colour: str) -> None:
    made = shades(colour)
    assert contrast("#ffffff", made["600"]) >= 4.5
    assert list(made) == ["50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950"]


@pytest.mark.parametrize("colour", ["#0b5c6b", "#ffe600", "#ffffff", "#000000", "#e4002b", "#7fdbff"])
@pytest.mark.parametrize("weight", ["400", "500"])
def test_links_can_be_read_on_the_dark_surfaces_in_any_colour(colour: str, weight: str) -> None:
    assert min(contrast(shades(colour)[weight], surface) for surface in DARK_SURFACES) >= 4.5


def test_a_readable_colour_is_not_changed() -> None:
    assert shades("#0b5c6b")["600"] == "#0b5c6b"


def test_the_compiled_translations_match_their_source() -> None:
    written = Path(settings.BASE_DIR, "locale/es/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    entries = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', written, re.MULTILINE)
    assert len(entries) > 40
    with override("es-ec"):
        for english, spanish in entries:
            assert gettext(english.replace('\\"', '"')) == spanish.replace('\\"', '"')


@pytest.mark.django_db
def test_no_page_of_the_desk_speaks_english() -> None:
    ticket = cast.make_ticket()
    company = ticket.company_id
    pages = {
        signed_in(advisor()): [TICKETS, page_of(ticket.number), step_of(ticket.number, "closed")],
        signed_in(supervisor()): [
            "/admin/",
            f"/admin/companies/company/{company}/change/",
            "/admin/companies/administrator/add/",
            "/admin/tickets/reason/",
            "/admin/tickets/requesttype/add/",
            "/admin/notifications/message/",
            f"/admin/tickets/reason/{ticket.reason_id}/delete/",
        ],
        Client(): ["/admin/login/"],
    }
    for client, addresses in pages.items():
        for address in addresses:
            # {type} and others are the names of values in a request type's words
            shown = re.sub(r"\{\w+\}", "", text_of(client.get(address, follow=True)))
            assert ENGLISH.findall(shown) == [], address


@pytest.mark.django_db
def test_every_form_of_the_desks_own_pages_carries_its_token() -> None:
    desk = signed_in(advisor(), enforce_csrf_checks=True)
    ticket = cast.make_ticket()
    for address in (page_of(ticket.number), step_of(ticket.number, "closed")):
        forms = list(soup(desk.get(address)).select("form[method=post]"))
        assert forms
        assert all(form.select_one("[name=csrfmiddlewaretoken]") for form in forms)


@pytest.mark.django_db
def test_every_control_in_a_table_of_related_rows_has_a_label() -> None:
    """WCAG 1.3.1: the theme labels only the columns."""
    company, desk = cast.make_company(), signed_in(supervisor())
    cast.make_administrator(company)
    kind = cast.a_reason().request_type
    for address in (
        f"/admin/companies/company/{company.pk}/change/",
        f"/admin/tickets/requesttype/{kind.pk}/change/",
    ):
        controls = soup(desk.get(address)).select("td.field-tabular :is(input:not([type=hidden]), select)")
        assert controls, address
        assert all(control.get("aria-label") for control in controls), address


def test_browsers_that_request_favicon_ico_get_an_icon() -> None:
    answer = Client().get("/favicon.ico")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
