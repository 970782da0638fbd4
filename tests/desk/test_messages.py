"""The outbox at the desk: the list, its search by recipient and ticket, and a message's page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.models import Message
from tests import cast
from tests.desk.desk import advisor, signed_in, soup, text_of
from tests.desk.test_ticket_page import make_message

pytestmark = pytest.mark.django_db

MESSAGES = "/admin/notifications/message/"


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


@pytest.mark.parametrize("term", ["{ticket.number}", "#{ticket.number}", "ANA@acme.example", "ana@"])
def test_a_message_is_found_by_its_ticket_or_recipient(desk: Client, term: str) -> None:
    ticket = cast.make_ticket(email="ana@acme.example")
    mine = make_message(ticket)
    make_message(cast.make_ticket(email="otra@acme.example"))
    rows = soup(desk.get(MESSAGES, {"q": term.format(ticket=ticket)})).select("#result_list tbody tr")
    assert len(rows) == 1
    assert mine.to in rows[0].get_text()


def test_the_state_filter_keeps_its_state(desk: Client) -> None:
    make_message(cast.make_ticket(), state=Message.State.DEAD)
    make_message(cast.make_ticket())
    response = desk.get(MESSAGES, {"state__exact": "dead"})
    assert len(soup(response).select("#result_list tbody tr")) == 1
    assert "Abandonado" in text_of(response)


def test_the_page_of_a_message_shows_its_text_and_not_its_html(desk: Client) -> None:
    message = make_message(
        cast.make_ticket(), stored_text="El texto escrito", stored_html="<h1>La otra parte</h1>"
    )
    shown = text_of(desk.get(f"{MESSAGES}{message.pk}/change/"))
    assert "El texto escrito" in shown
    assert "Por enviar" in shown
    assert "('" not in shown
    assert "La otra parte" not in shown


@pytest.mark.parametrize("state", Message.State)
def test_a_next_attempt_is_shown_only_for_messages_that_will_be_tried(desk: Client, state: str) -> None:
    message = make_message(cast.make_ticket(), state=state)
    shown = text_of(desk.get(f"{MESSAGES}{message.pk}/change/"))
    assert ("Próximo intento" in shown) is (state == Message.State.QUEUED)


@pytest.mark.parametrize("action", ["change", "delete"])
def test_r5_07_a_forged_post_to_a_message_changes_nothing(action: str) -> None:
    message = make_message(cast.make_ticket())
    root = User.objects.create_superuser("root")
    response = signed_in(root).post(f"{MESSAGES}{message.pk}/{action}/", {"to": "x@y.example", "post": "yes"})
    assert response.status_code == 403
    assert Message.objects.get().to == message.to
