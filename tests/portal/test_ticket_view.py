"""A ticket page needs a verified session of its administrator, not just its number (A20, R4.22)."""

import re

import pytest

from tests import cast
from tests.tickets.portal_client import filled_form, pdf, text_of, visitor
from tickets import workflow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
REFERENCE = re.compile(r"\b[2-9A-HJKMNP-TV-Z]{8}\b")  # of the request, on error pages
LIST = "/fidelizacion/tickets/"


def page_of(number: object) -> str:
    return f"/fidelizacion/ticket/{number}/"


def test_a20_ones_own_ticket_shows_its_status_and_history() -> None:
    client, carla = visitor(cast.ana()), cast.carla()
    filled_form(client).post(attachments=pdf("sustento.pdf"))
    ticket = Ticket.objects.get()
    workflow.change_status(ticket, Ticket.Status.IN_PROGRESS, carla)
    response = client.get(page_of(ticket.number))
    assert "En gestión" in text_of(response)
    assert "sustento.pdf" in text_of(response)
    assert [event.to_status for event in response.context["events"]] == ["new", "in_progress"]


@pytest.mark.parametrize("query", ["", "?creado=1"])
def test_r4_22_anothers_ticket_and_a_missing_one_are_alike(query: str) -> None:
    theirs = cast.make_ticket(cast.bruno())
    client = visitor(cast.ana())
    another = client.get(page_of(theirs.number) + query)
    nobodys = client.get(page_of(theirs.number + 1) + query)
    assert (another.status_code, nobodys.status_code) == (404, 404)
    assert REFERENCE.sub("", text_of(another)) == REFERENCE.sub("", text_of(nobodys))


@pytest.mark.parametrize("number", ["0", "9" * 19, "9" * 40, "9" * 5000])
def test_numbers_beyond_any_ticket_are_not_found(number: str) -> None:
    assert visitor(cast.ana()).get(page_of(number)).status_code == 404


def test_the_list_holds_ones_own_tickets_newest_first() -> None:
    ana = cast.ana()
    older, newer, theirs = cast.make_ticket(ana), cast.make_ticket(ana), cast.make_ticket(cast.bruno())
    response = visitor(ana).get(LIST)
    assert [ticket.number for ticket in response.context["tickets"]] == [newer.number, older.number]
    assert str(theirs.number) not in text_of(response)


def test_nothing_past_the_gate_is_stored_by_a_browser() -> None:
    client = visitor(cast.ana())
    number = cast.make_ticket().number
    for path in (page_of(number), LIST, page_of(number) + "?creado=1"):
        assert client.get(path)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [LIST, page_of(1_000_001)])
def test_pages_to_read_take_no_post(path: str) -> None:
    assert visitor(cast.ana()).post(path).status_code == 405
