"""Simultaneous requests on real threads: constraints decide, not an `if` (R4.19, R5.08, R7.08)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from notifications import actions
from notifications.models import Message, MessageAction
from otp.limits.rates import parse_rates
from tests import cast
from tests.tickets.portal_client import REQUEST, filled_form, pdf, visitor
from tickets.models import Attachment, LatestRequest, Ticket, TicketEvent
from tickets.workflow import Conflict, change_status

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """Call `act` in `count` simultaneous threads with separate connections; return the results."""
    barrier = Barrier(count)

    def run(position: int) -> T:
        barrier.wait()
        try:
            return act(position)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_r4_19_twenty_clicks_make_one_ticket_and_twenty_answers_name_it(settings: Settings) -> None:
    form = filled_form(visitor(cast.ana()))

    def click(_position: int) -> tuple[int, str]:
        browser = Client()
        browser.cookies = form.client.cookies
        answer = browser.post(REQUEST, {**form.values, "attachments": pdf()})
        return answer.status_code, answer.get("Location", "")

    answers = at_once(20, click)
    ticket = Ticket.objects.get()
    assert set(answers) == {(303, f"/fidelizacion/ticket/{ticket.number}/?creado=1")}
    assert (Message.objects.count(), TicketEvent.objects.count(), Attachment.objects.count()) == (2, 1, 1)
    assert len([path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]) == 1


def test_r4_19_of_two_contents_at_once_one_wins_and_the_other_is_refused() -> None:
    form = filled_form(visitor(cast.ana()))

    def click(position: int) -> int:
        browser = Client()
        browser.cookies = form.client.cookies
        return browser.post(REQUEST, {**form.values, "details": f"Línea {position % 2}"}).status_code

    assert sorted(at_once(8, click)) == [303] * 4 + [422] * 4
    assert Ticket.objects.count() == 1


def repeated_at_once(count: int, values: list[dict[str, str]], cookies: SimpleCookie) -> list[int]:
    """Confirm all forms simultaneously; return the status codes."""

    def confirm(position: int) -> int:
        browser = Client()
        browser.cookies = cookies
        return browser.post(REQUEST, values[position]).status_code

    return sorted(at_once(count, confirm))


def test_a23_of_eight_forms_with_the_same_content_one_makes_a_ticket_and_the_others_are_asked() -> None:
    client = visitor(cast.ana())
    forms = [filled_form(client).values for _ in range(8)]
    assert repeated_at_once(8, forms, client.cookies) == [303] + [422] * 7
    assert (Ticket.objects.count(), LatestRequest.objects.get().ticket) == (1, Ticket.objects.get())
    assert Message.objects.count() == 2


def test_a23_of_eight_who_register_it_anyway_one_does_and_the_others_are_asked_again() -> None:
    client = visitor(cast.ana())
    filled_form(client).post()
    first = Ticket.objects.get()
    forms = [{**filled_form(client).values, "duplicate_of": str(first.number)} for _ in range(8)]
    assert repeated_at_once(8, forms, client.cookies) == [303] + [422] * 7
    assert [ticket.duplicate_of for ticket in Ticket.objects.order_by("number")] == [None, first]


def test_a23_eight_clicks_on_the_button_of_a_repeat_make_one_ticket_which_all_of_them_name() -> None:
    client = visitor(cast.ana())
    filled_form(client).post()
    first = Ticket.objects.get()
    form = {**filled_form(client).values, "duplicate_of": str(first.number)}
    assert repeated_at_once(8, [form] * 8, client.cookies) == [303] * 8
    assert [ticket.duplicate_of for ticket in Ticket.objects.order_by("number")] == [None, first]
    assert Message.objects.count() == 4


def test_s4_eight_requests_at_once_send_no_more_mails_than_the_limit(settings: Settings) -> None:
    settings.TICKETS_PER_PHONE = parse_rates("3/h")
    client = visitor(cast.ana())
    forms = [filled_form(client, details=f"Línea {n}", email="x@ajeno.example").values for n in range(8)]
    assert repeated_at_once(8, forms, client.cookies) == [303] * 8
    states = Message.objects.filter(to="x@ajeno.example").order_by("-state").values_list("state", flat=True)
    assert list(states) == [Message.State.QUEUED] * 3 + [Message.State.HELD] * 5


def test_s4_of_eight_advisors_at_once_one_releases_or_drops_a_held_mail(settings: Settings) -> None:
    settings.TICKETS_PER_PHONE = parse_rates("1/h")
    client = visitor(cast.ana())
    for line in ("Línea 1", "Línea 2"):
        filled_form(client, details=line).post(email="x@ajeno.example")
    held, carla = Message.objects.get(state=Message.State.HELD), actions.Actor.of(cast.carla())
    read = [Message.objects.get(pk=held.pk) for _ in range(8)]

    def decide(position: int) -> bool:
        try:
            if position % 2:
                actions.drop(read[position], "No es del cliente", carla, 0)
            else:
                actions.release(read[position], carla, 0)
        except actions.ActionRefused:
            return False
        return True

    assert at_once(8, decide).count(True) == 1
    kind = MessageAction.objects.get().kind
    held.refresh_from_db()
    assert (kind, held.state) in {("released", Message.State.QUEUED), ("dropped", Message.State.DROPPED)}


def test_r5_08_of_ten_advisors_at_once_one_closes_the_ticket() -> None:
    number, carla = cast.make_ticket().number, cast.carla()
    read = [Ticket.objects.get(pk=number) for _ in range(10)]

    def close(position: int) -> bool:
        try:
            change_status(read[position], Ticket.Status.CLOSED, carla)
        except Conflict:
            return False
        return True

    assert at_once(10, close).count(True) == 1
    assert TicketEvent.objects.count() == 1


def test_r4_22_tickets_of_different_forms_get_different_numbers() -> None:
    client = visitor(cast.ana())
    forms = [filled_form(client, details=f"Línea {number}") for number in range(8)]

    def confirm(position: int) -> str:
        browser = Client()
        browser.cookies = client.cookies
        return str(browser.post(REQUEST, forms[position].values)["Location"])

    assert len(set(at_once(8, confirm))) == 8
    assert Ticket.objects.count() == 8
