"""Resolving a failed message without sending it: recorded once, and no longer stuck (R5.09)."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from notifications import actions
from notifications.models import Message, MessageAction
from operations import metrics
from operations.metrics import Level
from operations.sources import queue_metrics
from tests.desk.desk import TICKETS, advisor, numbers_listed, page_of, signed_in, soup, text_of
from tests.desk.test_resend import failed
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
State = Message.State
HOW = "Le leí la constancia por teléfono"


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


def resolve_address(message: Message) -> str:
    return f"/admin/notifications/message/{message.pk}/resuelto/"


def ticket_page() -> str:
    return page_of(Ticket.objects.get().number)


def test_a_message_is_resolved_once_and_it_is_recorded_r5_09(desk: Client) -> None:
    message = failed()
    answers = [
        text_of(desk.post(resolve_address(message), {"serial": "0", "note": HOW}, follow=True))
        for _ in range(2)
    ]
    assert "El mensaje «Confirmación al cliente» queda resuelto." in answers[0]
    assert "Ya se había pedido" in answers[1]
    action = MessageAction.objects.get()
    assert (action.kind, action.actor_name, action.note) == (MessageAction.Kind.RESOLVED, "Carla", HOW)
    message.refresh_from_db()
    assert message.state == State.FAILED  # the mail itself still failed
    assert HOW in text_of(desk.get(ticket_page()))


def test_a_resolved_message_is_not_stuck_and_its_ticket_is_not_marked(desk: Client) -> None:
    message = failed(state=State.DEAD)
    assert numbers_listed(desk.get(TICKETS, {"confirmacion": "no"})) == [Ticket.objects.get().number]
    desk.post(resolve_address(message), {"serial": "0", "note": HOW})
    assert not queue_metrics.stuck(Message.objects.all()).exists()
    assert numbers_listed(desk.get(TICKETS, {"confirmacion": "no"})) == []
    assert "El cliente no recibió la confirmación" not in text_of(desk.get(ticket_page()))
    dead = next(metric for metric in metrics.collect().metrics if metric.name == "messages_dead")
    assert (dead.value, dead.level) == (0, Level.FINE)


def test_the_retry_command_does_not_send_a_resolved_message() -> None:
    message = failed(state=State.DEAD)
    actions.resolve(message, HOW, actions.Actor("Carla"), 0)
    output = StringIO()
    call_command("retry_notifications", "--dead", "--yes", stdout=output)
    call_command("retry_notifications", stdout=output)
    assert "Nada que hacer" in output.getvalue()
    assert "Abandonado                      0" in output.getvalue()


def test_a_resolved_message_that_is_resent_and_fails_is_unresolved_again(desk: Client) -> None:
    message = failed()
    actions.resolve(message, HOW, actions.Actor("Carla"), 0)
    message.refresh_from_db()
    actions.resend(message, actions.Actor("Carla"), 1)
    Message.objects.update(state=State.FAILED)
    assert queue_metrics.stuck(Message.objects.all()).exists()
    assert resolve_address(message) in desk.get(ticket_page()).content.decode()


def test_a_note_on_how_it_was_resolved_is_required(desk: Client) -> None:
    message = failed()
    response = desk.post(resolve_address(message), {"serial": "0", "note": " "})
    assert response.status_code == 422
    assert "Escriba cómo se resolvió" in text_of(response)
    assert not MessageAction.objects.exists()


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.SENT, State.DELIVERED])
def test_a_message_that_was_not_given_up_is_not_resolved(desk: Client, state: str) -> None:
    message = failed(state=state)
    assert resolve_address(message) not in desk.get(ticket_page()).content.decode()
    assert "rechazado o abandonado" in text_of(
        desk.post(resolve_address(message), {"serial": "0", "note": HOW}, follow=True)
    )
    assert not MessageAction.objects.exists()


def test_resolving_is_offered_where_the_message_is_shown_until_it_is_done(desk: Client) -> None:
    message = failed()
    pages = (ticket_page(), f"/admin/notifications/message/{message.pk}/change/")
    assert [resolve_address(message) in desk.get(page).content.decode() for page in pages] == [True, True]
    assert soup(desk.get(resolve_address(message))).select_one("textarea[name=note]") is not None
    actions.resolve(message, HOW, actions.Actor("Carla"), 0)
    assert [resolve_address(message) in desk.get(page).content.decode() for page in pages] == [False, False]


def test_resolving_needs_the_permission_to_resend_r5_06() -> None:
    message, reader = failed(), advisor()
    reader.user_permissions.remove(*reader.user_permissions.filter(codename="resend_message"))
    client = signed_in(User.objects.get(pk=reader.pk))
    assert client.post(resolve_address(message), {"serial": "0", "note": HOW}).status_code == 403
    assert resolve_address(message) not in client.get(ticket_page()).content.decode()
