"""Tickets whose confirmation did not arrive are marked in the list, which can be filtered (F5)."""

import pytest
from django.test import Client

from notifications.models import Message
from tests import cast
from tests.desk.desk import TICKETS, advisor, numbers_listed, page_of, signed_in, soup, supervisor, text_of
from tests.desk.test_ticket_page import make_message
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
State = Message.State
MARK = "No recibió la confirmación"
WARNING = "El cliente no recibió la confirmación."


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


def confirmation(ticket: Ticket, state: str, key: str = "client", **changes: object) -> Message:
    values: dict[str, object] = {"kind": "ticket_confirmation", "dedup_key": f"ticket:{ticket.number}:{key}"}
    return make_message(ticket, state=state, **{**values, **changes})


@pytest.mark.parametrize(
    ("states", "undelivered"),
    [
        ([State.FAILED], True),
        ([State.DEAD], True),
        ([State.FAILED, State.DEAD], True),
        ([State.QUEUED], False),
        ([State.SENT], False),
        ([State.DELIVERED], False),
        ([State.FAILED, State.SENT], False),  # a copy arrived
        ([State.FAILED, State.QUEUED], False),  # one is on its way
        ([State.SENT, State.FAILED], False),  # the first one arrived
        ([], False),
    ],
    ids=str,
)
def test_a_ticket_is_marked_when_every_confirmation_was_given_up(
    desk: Client, states: list[str], undelivered: bool
) -> None:
    ticket = cast.make_ticket()
    for number, state in enumerate(states):
        confirmation(ticket, state, f"client:{number}", last_error="550 5.1.1 no")
    make_message(ticket, dedup_key="other", kind="ticket_advisor", state=State.FAILED)
    assert (WARNING in text_of(desk.get(page_of(ticket.number)))) is undelivered
    assert (MARK in soup(desk.get(TICKETS)).select("#result_list tbody tr")[0].get_text()) is undelivered
    assert numbers_listed(desk.get(TICKETS, {"confirmacion": "no"})) == (
        [ticket.number] if undelivered else []
    )


def test_only_the_ticket_without_confirmation_is_marked(desk: Client) -> None:
    confirmed, marked = cast.make_ticket(), cast.make_ticket()
    confirmation(confirmed, State.SENT)
    confirmation(marked, State.FAILED)
    rows = {
        row.get_text() for row in soup(desk.get(TICKETS)).select("#result_list tbody tr") if MARK in row.text
    }
    assert len(rows) == 1
    assert str(marked.number) in rows.pop()


def test_the_page_says_what_happened_and_what_can_be_done() -> None:
    ticket = cast.make_ticket()
    message = confirmation(
        ticket, State.FAILED, last_error="550 5.1.1 <ana@acme.example> unknown", attempts=2
    )
    page = soup(signed_in(supervisor()).get(page_of(ticket.number)))
    section = page.select_one("[aria-labelledby=mensajes]")
    assert section is not None
    shown = " ".join(section.get_text(" ").split())
    for said in (
        "Confirmación al cliente",
        ticket.email,
        "Rechazado",
        "La dirección no existe",
        "550 5.1.1",
        "Creado:",
    ):
        assert said in shown, said
    links = [str(link["href"]) for link in section.select("a")]
    base = f"/admin/notifications/message/{message.pk}"
    back = f"?next={page_of(ticket.number)}"
    assert links == [
        f"{base}/change/",
        f"{base}/reenviar/{back}",
        f"{base}/otra-direccion/{back}",
        f"{base}/resuelto/{back}",
    ]


def test_staff_who_may_not_redirect_a_message_read_who_may(desk: Client) -> None:
    ticket = cast.make_ticket()
    confirmation(ticket, State.FAILED)
    address = page_of(ticket.number)
    assert "Reenvíela, o pida a un supervisor que la envíe a otra dirección." in text_of(desk.get(address))
    assert "Reenvíela, o envíela a otra dirección." in text_of(signed_in(supervisor()).get(address))


def test_what_staff_did_is_shown_beside_the_message(desk: Client) -> None:
    ticket = cast.make_ticket()
    message = confirmation(ticket, State.FAILED)
    desk.post(f"/admin/notifications/message/{message.pk}/reenviar/", {"serial": "0"})
    assert "Puso otra vez en cola · Carla · a•••@acme.example" in text_of(desk.get(page_of(ticket.number)))
