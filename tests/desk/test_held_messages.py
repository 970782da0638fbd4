"""Held messages at the desk: an advisor releases or drops each once, and it is recorded (S4)."""

import pytest
from django.test import Client

from notifications.models import Message, MessageAction
from tests import cast
from tests.desk.desk import advisor, page_of, signed_in, soup, text_of
from tests.desk.test_ticket_page import make_message
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


@pytest.fixture
def held() -> Message:
    return make_message(
        cast.make_ticket(), kind="ticket_confirmation", state=State.HELD, last_error="Revise que sea suya."
    )


def address(message: Message, what: str) -> str:
    return f"/admin/notifications/message/{message.pk}/{what}/"


def ticket_page() -> str:
    return page_of(Ticket.objects.get().number)


def test_s4_the_home_page_and_the_ticket_lead_to_held_messages(desk: Client, held: Message) -> None:
    assert "1 correo que espera que un asesor revise su dirección" in text_of(desk.get("/admin/"))
    assert str(held.to) in text_of(desk.get("/admin/notifications/message/?state__exact=held"))
    links = [
        str(link["href"]).partition("?")[0]
        for link in soup(desk.get(ticket_page())).select("#mensajes ~ table a")
    ]
    assert {address(held, "enviar"), address(held, "descartar")} <= set(links)
    assert address(held, "reenviar") not in links
    assert "Revise que sea suya." in text_of(desk.get(ticket_page()))


def test_s4_it_is_released(desk: Client, held: Message) -> None:
    assert "confirme antes con el cliente" in text_of(desk.get(address(held, "enviar")))
    answer = desk.post(address(held, "enviar"), {"serial": "0", "next": ticket_page()})
    assert answer["Location"] == ticket_page()
    held.refresh_from_db()
    assert (held.state, held.last_error) == (State.QUEUED, "")
    assert MessageAction.objects.get().kind == MessageAction.Kind.RELEASED


def test_s4_it_is_dropped_with_a_reason(desk: Client, held: Message) -> None:
    assert desk.post(address(held, "descartar"), {"serial": "0", "note": ""}).status_code == 422
    desk.post(address(held, "descartar"), {"serial": "0", "note": "No es del cliente"})
    held.refresh_from_db()
    assert held.state == State.DROPPED
    action = MessageAction.objects.get()
    assert (action.kind, action.note, action.actor_name) == (
        MessageAction.Kind.DROPPED,
        "No es del cliente",
        "Carla",
    )


@pytest.mark.parametrize("what", ["enviar", "descartar", "reenviar"])
def test_s4_a_second_click_does_nothing(desk: Client, held: Message, what: str) -> None:
    desk.post(address(held, "descartar"), {"serial": "0", "note": "No"})
    desk.post(address(held, what), {"serial": "0", "note": "No"})
    assert MessageAction.objects.count() == 1
    assert Message.objects.get().state == State.DROPPED


@pytest.mark.parametrize("what", ["enviar", "descartar"])
def test_s4_releasing_needs_the_permission_to_resend(held: Message, what: str) -> None:
    client = signed_in(cast.carla())
    assert client.post(address(held, what), {"serial": "0", "note": "x"}).status_code == 403
    assert Message.objects.get().state == State.HELD
