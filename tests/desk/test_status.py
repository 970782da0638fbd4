"""Taking, closing and reopening tickets at the desk (R5.08)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests import cast
from tests.desk.desk import advisor, page_of, signed_in, soup, step_of, text_of
from tickets import workflow
from tickets.models import Ticket, TicketEvent

pytestmark = pytest.mark.django_db

NOTE = "El cliente confirmó por teléfono."


@pytest.fixture
def carla() -> User:
    return advisor()


@pytest.fixture
def desk(carla: User) -> Client:
    return signed_in(carla)


def test_tomar_puts_a_new_ticket_in_progress_and_records_who_did_it(desk: Client, carla: User) -> None:
    ticket = cast.make_ticket()
    response = desk.post(step_of(ticket.number, "in_progress"), {"version": "0"}, follow=True)
    assert "quedó en estado «En gestión»" in text_of(response)
    event = TicketEvent.objects.get()
    assert (event.actor, event.from_status, event.to_status) == (carla, "new", "in_progress")


def test_cerrar_asks_for_a_note_and_keeps_it_in_the_history(desk: Client) -> None:
    ticket = cast.make_ticket()
    form = desk.get(step_of(ticket.number, "closed"))
    assert soup(form).select_one("textarea[name=note][required]") is not None
    response = desk.post(step_of(ticket.number, "closed"), {"version": "0", "note": NOTE}, follow=True)
    assert NOTE in text_of(response)
    assert Ticket.objects.get().status == "closed"


@pytest.mark.parametrize("note", ["", "   ", "x" * 2001])
def test_cerrar_without_a_proper_note_says_so_and_closes_nothing(desk: Client, note: str) -> None:
    ticket = cast.make_ticket()
    response = desk.post(step_of(ticket.number, "closed"), {"version": "0", "note": note})
    assert response.status_code == 422
    assert soup(response).select_one(".errors textarea") is not None
    assert Ticket.objects.get().status == "new"


def test_reabrir_takes_a_closed_ticket_back_into_progress(desk: Client) -> None:
    ticket = cast.make_ticket(status=Ticket.Status.CLOSED)
    assert "Reabrir" in text_of(desk.get(page_of(ticket.number)))
    desk.post(step_of(ticket.number, "in_progress"), {"version": "0", "note": NOTE})
    assert Ticket.objects.get().status == "in_progress"


def test_r5_08_two_advisors_cannot_both_take_a_ticket(desk: Client, carla: User) -> None:
    ticket = cast.make_ticket()
    workflow.change_status(Ticket.objects.get(), "in_progress", carla)
    response = desk.post(step_of(ticket.number, "in_progress"), {"version": "0"}, follow=True)
    assert "Otra persona cambió esta solicitud" in text_of(response)
    assert TicketEvent.objects.count() == 1


@pytest.mark.parametrize("meanwhile", ["in_progress", "closed"])
def test_r5_08_after_a_conflict_the_form_keeps_the_note(desk: Client, carla: User, meanwhile: str) -> None:
    ticket = cast.make_ticket()
    workflow.change_status(Ticket.objects.get(), meanwhile, carla)
    response = desk.post(step_of(ticket.number, "closed"), {"version": "0", "note": NOTE})
    assert response.status_code == 409
    assert "Otra persona cambió esta solicitud" in text_of(response)
    assert NOTE in text_of(response)
    assert Ticket.objects.get().status == meanwhile


def test_r5_08_the_form_shown_after_a_conflict_can_be_sent(desk: Client, carla: User) -> None:
    ticket = cast.make_ticket()
    workflow.change_status(Ticket.objects.get(), "in_progress", carla)
    response = desk.post(step_of(ticket.number, "closed"), {"version": "0", "note": NOTE})
    version = soup(response).select_one("form.desk-card [name=version]")
    assert version is not None
    desk.post(step_of(ticket.number, "closed"), {"version": version["value"], "note": NOTE})
    assert Ticket.objects.get().status == "closed"


def test_r5_08_a_change_between_reading_and_writing_is_a_conflict_too(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = cast.make_ticket()
    real = workflow.change_status

    def change_after_another(read: Ticket, *args: Any) -> TicketEvent:
        Ticket.objects.update(version=7)
        return real(read, *args)

    monkeypatch.setattr(workflow, "change_status", change_after_another)
    response = desk.post(step_of(ticket.number, "closed"), {"version": "0", "note": NOTE})
    assert response.status_code == 409
    assert NOTE in text_of(response)


@pytest.mark.parametrize("version", ["", "x", "-1", "99"])
def test_a_forged_version_changes_nothing(desk: Client, version: str) -> None:
    ticket = cast.make_ticket()
    desk.post(step_of(ticket.number, "closed"), {"version": version, "note": NOTE})
    assert Ticket.objects.get().status == "new"


def test_a_step_that_is_not_in_the_workflow_is_refused_with_a_reason(desk: Client) -> None:
    ticket = cast.make_ticket()
    for response in (
        desk.get(step_of(ticket.number, "new"), follow=True),
        desk.post(step_of(ticket.number, "new"), {"version": "0", "note": NOTE}, follow=True),
    ):
        assert "Ese cambio no corresponde" in text_of(response)
    assert not TicketEvent.objects.exists()


def test_an_unknown_status_or_ticket_is_not_found(desk: Client) -> None:
    ticket = cast.make_ticket()
    assert desk.post(step_of(ticket.number, "borrado"), {"version": "0"}).status_code == 404
    assert desk.post(step_of(ticket.number + 1, "closed"), {"version": "0"}).status_code == 404


def test_a_change_without_its_csrf_token_is_refused(carla: User) -> None:
    ticket = cast.make_ticket()
    strict = signed_in(carla, enforce_csrf_checks=True)
    assert strict.post(step_of(ticket.number, "in_progress"), {"version": "0"}).status_code == 403
    assert Ticket.objects.get().status == "new"


def test_a_get_never_changes_a_status(desk: Client) -> None:
    ticket = cast.make_ticket()
    desk.get(step_of(ticket.number, "in_progress") + "?version=0&note=x")
    assert Ticket.objects.get().status == "new"
