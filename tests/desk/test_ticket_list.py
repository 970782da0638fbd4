"""The list of tickets at the desk: search, filters and the number of queries."""

from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.template import Context
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from unfold.templatetags import unfold_list

from tests import cast
from tests.desk.desk import TICKETS, advisor, numbers_listed, signed_in
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
CEDULA_LIKE_A_MOBILE = "0912345675"


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


def found(desk: Client, term: str) -> list[int]:
    response = desk.get(TICKETS, {"q": term})
    assert response.status_code == 200
    return numbers_listed(response)


@pytest.mark.parametrize("spelling", ["{}", "#{}", " {} "])
def test_a_ticket_is_found_by_its_number(desk: Client, spelling: str) -> None:
    ticket, _other = cast.make_ticket(), cast.make_ticket()
    assert found(desk, spelling.format(ticket.number)) == [ticket.number]


@pytest.mark.parametrize("spelling", ["0991234567", "+593 99 123 4567", "593991234567", "99-123-4567"])
@pytest.mark.parametrize("field", ["verified_phone", "contact_phone"])
def test_a_ticket_is_found_by_either_phone_in_any_spelling(desk: Client, field: str, spelling: str) -> None:
    others: dict[str, Any] = {"verified_phone": "+593987000001", "contact_phone": "+593987000002"}
    ticket = cast.make_ticket(**{**others, field: "+593991234567"})
    cast.make_ticket(**others)
    assert found(desk, spelling) == [ticket.number]


@pytest.mark.parametrize("term", ["1790012345001", "1790012345-001", "1790012345", "17900"])
def test_a_ticket_is_found_by_its_ruc_or_the_start_of_it(desk: Client, term: str) -> None:
    ticket = cast.make_ticket(company_tax_id="1790012345001")
    cast.make_ticket(company_tax_id="0990012345001")
    assert found(desk, term) == [ticket.number]


def test_ten_digits_are_looked_up_as_a_phone_and_as_a_cedula(desk: Client) -> None:
    by_cedula = cast.make_ticket(company_tax_id=CEDULA_LIKE_A_MOBILE)
    by_phone = cast.make_ticket(contact_phone=f"+593{CEDULA_LIKE_A_MOBILE[1:]}")
    cast.make_ticket()
    assert found(desk, CEDULA_LIKE_A_MOBILE) == [by_phone.number, by_cedula.number]


def test_a_ticket_is_found_by_its_address_in_any_case(desk: Client) -> None:
    ticket = cast.make_ticket(email="Ana.Perez@acme.example")
    cast.make_ticket(email="otra@acme.example")
    assert found(desk, "ana.perez@ACME.example") == [ticket.number]


def test_words_are_searched_in_the_companys_name_on_the_ticket(desk: Client) -> None:
    ticket = cast.make_ticket(company_name="Comercial Andes del Pacífico S. A.")
    cast.make_ticket(company_name="Comercial Costa")
    assert found(desk, "andes comercial") == [ticket.number]


@pytest.mark.parametrize("term", ["0", "' OR 1=1 --", "9" * 400, "#", "@", "١٢٣٤٥٦٧", "%", "\x00"])
def test_a_meaningless_search_finds_nothing_without_an_error(desk: Client, term: str) -> None:
    cast.make_ticket()
    response = desk.get(TICKETS, {"q": term}, follow=True)
    assert response.status_code == 200


def test_the_list_shows_status_and_dates_in_words(desk: Client) -> None:
    cast.make_ticket(effective_date=date(2026, 12, 15))
    row = desk.get(TICKETS).content.decode()
    assert "Nuevo" in row
    assert "15 dic 2026" in row


@pytest.mark.parametrize(
    ("chosen", "days"), [("pasada", -1), ("7", 0), ("7", 7), ("30", 30), ("sin", None)], ids=str
)
def test_the_effective_date_filter_keeps_the_tickets_of_its_period(
    desk: Client, chosen: str, days: int | None
) -> None:
    outside = {"pasada": 0, "7": 8, "30": 31, "sin": 0}[chosen]
    today = timezone.localdate()
    inside = cast.make_ticket(effective_date=None if days is None else today + timedelta(days=days))
    cast.make_ticket(effective_date=today + timedelta(days=outside))
    assert numbers_listed(desk.get(TICKETS, {"efectiva": chosen})) == [inside.number]


def test_the_status_filter_keeps_its_status(desk: Client) -> None:
    cast.make_ticket()
    closed = cast.make_ticket(status=Ticket.Status.CLOSED)
    assert numbers_listed(desk.get(TICKETS, {"status__exact": "closed"})) == [closed.number]


def test_an_impossible_year_in_a_filter_is_not_an_error(desk: Client) -> None:
    assert desk.get(TICKETS, {"registered_at__year": "99999999"}, follow=True).status_code == 200


def test_r5_11_ten_rows_and_fifty_take_the_same_queries(desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(TICKETS).status_code == 200
        return len(captured)

    for _ in range(10):
        cast.make_ticket()
    desk.get(TICKETS)  # fills the caches of the process (content types)
    ten = queries()
    for _ in range(45):
        cast.make_ticket()
    assert queries() == ten <= 10
    assert len(numbers_listed(desk.get(TICKETS))) == 50
    assert len(numbers_listed(desk.get(TICKETS, {"p": 2}))) == 5


def test_the_table_is_that_of_the_theme(desk: Client) -> None:
    """Its own tag only composes the headers once, for all rows, and keeps their links."""
    for status in ("new", "in_progress"):
        cast.make_ticket(status=status)
    response = desk.get(TICKETS, {"o": "-2.1"})
    changelist = response.context["cl"]
    theirs = unfold_list.result_list(Context({"request": response.wsgi_request}), changelist)
    ours = response.context["results"]
    assert [list(map(str, row)) for row in ours] == [list(map(str, row)) for row in theirs["results"]]
    assert response.context["result_headers"] == theirs["result_headers"]
    assert response.context["num_sorted_fields"] == 2


def test_a_row_composes_no_address_that_sorts(desk: Client) -> None:
    def composed() -> int:
        with mock.patch.object(
            ChangeList, "get_query_string", autospec=True, side_effect=ChangeList.get_query_string
        ) as compose:
            desk.get(TICKETS)
        return int(compose.call_count)

    cast.make_ticket()
    one = composed()
    cast.make_ticket()
    assert composed() == one
