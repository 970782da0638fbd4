"""Stuck messages: the list, oldest first, and putting them back in the queue (R4.08, R4.18)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Message, MessageAction
from notifications.outbox import GIVE_UP_AFTER
from tests import cast
from tests.desk.desk import advisor, signed_in, soup, text_of
from tests.desk.test_ticket_page import make_message
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
MESSAGES = "/admin/notifications/message/"
State = Message.State


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


@pytest.fixture
def ticket() -> Ticket:
    return cast.make_ticket()


def aged(ticket: Ticket, key: str, minutes: int, **changes: object) -> Message:
    at = timezone.now() - timedelta(minutes=minutes)
    values: dict[str, object] = {
        "created_at": at,
        "give_up_at": at + GIVE_UP_AFTER,
        "stored_subject": key,
        "dedup_key": key,
    }
    return make_message(ticket, **{**values, **changes})


def listed(desk: Client) -> list[str]:
    rows = soup(desk.get(MESSAGES, {"detenidos": "si"})).select("#result_list .field-title")
    return [row.get_text(strip=True) for row in rows]


def test_stuck_messages_are_listed_oldest_first(desk: Client, ticket: Ticket) -> None:
    aged(ticket, "dead yesterday", 1440, state=State.DEAD)
    aged(ticket, "failed just now", 0, state=State.FAILED)
    aged(ticket, "waits for long", 6)
    aged(ticket, "is sent for long", 7, state=State.SENDING)
    aged(ticket, "waits", 4)
    aged(ticket, "sent", 500, state=State.SENT)
    aged(ticket, "delivered", 500, state=State.DELIVERED)
    assert listed(desk) == ["dead yesterday", "is sent for long", "waits for long", "failed just now"]


def test_a_message_queued_again_or_redirected_is_no_longer_stuck(desk: Client, ticket: Ticket) -> None:
    aged(ticket, "queued again", 600, give_up_at=timezone.now() + GIVE_UP_AFTER)
    replaced = aged(ticket, "sent elsewhere", 600, state=State.FAILED)
    aged(ticket, "the copy", 1, copy_of=replaced)
    assert listed(desk) == []


def test_selected_messages_are_queued_again_and_it_is_recorded(desk: Client, ticket: Ticket) -> None:
    chosen = [aged(ticket, f"k{state}", 9, state=state) for state in (State.DEAD, State.FAILED, State.QUEUED)]
    left = [
        aged(ticket, "sent", 9, state=State.SENT),
        aged(ticket, "none", 9, state=State.FAILED, to="nadie"),
    ]
    picked = [message.pk for message in (*chosen, *left)]
    response = desk.post(MESSAGES, {"action": "retry", "_selected_action": picked, "index": "0"}, follow=True)
    assert "3 mensajes vuelven a la cola" in text_of(response)
    assert "2 quedaron como estaban" in text_of(response)
    assert Message.objects.filter(state=State.QUEUED, next_at__lte=timezone.now()).count() == 3
    assert Message.objects.get(dedup_key="sent").state == State.SENT
    assert sorted(action.message_id for action in MessageAction.objects.all()) == [each.pk for each in chosen]


def test_selected_stuck_messages_are_counted_before_they_leave_the_list(desk: Client, ticket: Ticket) -> None:
    chosen = [aged(ticket, f"k{number}", 9, state=State.DEAD) for number in range(2)]
    asked = {"action": "retry", "_selected_action": [message.pk for message in chosen], "index": "0"}
    shown = text_of(desk.post(f"{MESSAGES}?detenidos=si", asked, follow=True))
    assert "2 mensajes vuelven a la cola" in shown
    assert "como estaba" not in shown


def test_users_who_may_not_resend_get_no_action(ticket: Ticket) -> None:
    message = aged(ticket, "dead", 9, state=State.DEAD)
    reader = advisor()
    reader.user_permissions.remove(*reader.user_permissions.filter(codename="resend_message"))
    client = signed_in(type(reader).objects.get(pk=reader.pk))
    client.post(MESSAGES, {"action": "retry", "_selected_action": message.pk, "index": "0"}, follow=True)
    message.refresh_from_db()
    assert message.state == State.DEAD


def test_an_uncounted_list_has_no_button_to_select_all_rows(desk: Client, ticket: Ticket) -> None:
    aged(ticket, "dead", 9, state=State.DEAD)
    assert soup(desk.get(MESSAGES)).select(".question") == []


def test_the_list_of_all_is_read_newest_first_without_sorting_them(desk: Client, ticket: Ticket) -> None:
    """Sorting by a time without an index would read all messages for each page."""
    for key in ("first", "second"):
        aged(ticket, key, 9)
    with CaptureQueriesContext(connection) as queries:
        rows = soup(desk.get(MESSAGES)).select("#result_list .field-title")
    assert [row.get_text(strip=True) for row in rows] == ["second", "first"]
    [listing] = [query["sql"] for query in queries if '_message"."to"' in query["sql"]]
    assert listing.partition("ORDER BY")[2].split()[:2] == ['"notifications_message"."id"', "DESC"]
