"""Notifying the customer of a change of status, if the advisor ticks the box."""

import pytest
from django.db import IntegrityError
from django.test import Client

from notifications.models import Message
from tests import cast
from tests.desk.desk import advisor, page_of, signed_in, soup, step_of, text_of
from tests.tickets.portal_client import visitor
from tickets.emails import emails
from tickets.models import Ticket, TicketEvent

pytestmark = pytest.mark.django_db
NOTE = "Hablé con el jefe de <b>red</b>."
FOR_CUSTOMER = "Las líneas se dan de baja el 15.\nLe llamaremos <b>antes</b>."


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


def post(desk: Client, ticket: Ticket, to: str = "closed", **fields: str) -> Message | None:
    desk.post(step_of(ticket.number, to), {"version": "0", "note": NOTE, **fields})
    return Message.objects.first()


def test_nobody_is_notified_unless_the_box_is_ticked(desk: Client) -> None:
    ticket = cast.make_ticket()
    box = soup(desk.get(step_of(ticket.number, "closed"))).select_one("input[name=tell]")
    assert box is not None
    assert not box.has_attr("checked")
    assert post(desk, ticket) is None
    assert TicketEvent.objects.get().customer_notified is False


def test_the_customer_is_notified_once_with_the_note_meant_for_them(desk: Client) -> None:
    ticket = cast.make_ticket()
    message = post(desk, ticket, tell="on", customer_note=FOR_CUSTOMER)
    assert message is not None
    event = TicketEvent.objects.get()
    assert (event.customer_notified, event.customer_note, event.note) == (True, FOR_CUSTOMER, NOTE)
    assert (message.dedup_key, message.to) == (f"ticket:{ticket.number}:event:{event.pk}", ticket.email)
    assert message.subject == f"Ticket {ticket.number}: su solicitud se cerró"
    assert message.reply_to == "postventa@operadora.example"
    assert FOR_CUSTOMER.splitlines()[1] in message.text
    assert "&lt;b&gt;antes" in message.html
    for part in (message.text, message.html):
        assert "jefe" not in part  # the internal note is not sent
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("before", "to", "said"),
    [
        ("new", "in_progress", "su solicitud está en gestión"),
        ("new", "closed", "su solicitud se cerró"),
        ("closed", "in_progress", "reabrimos su solicitud"),
    ],
)
def test_the_subject_says_what_the_change_means(desk: Client, before: str, to: str, said: str) -> None:
    message = post(desk, cast.make_ticket(status=before), to, tell="on")
    assert message is not None
    assert message.subject.endswith(f": {said}")


def test_history_shows_that_the_customer_was_notified(desk: Client) -> None:
    ticket = cast.make_ticket()
    post(desk, ticket, tell="on", customer_note=FOR_CUSTOMER)
    shown = text_of(desk.get(page_of(ticket.number)))
    assert "Se avisó al cliente por correo, con esta nota:" in shown
    assert "Las líneas se dan de baja el 15." in shown


def test_the_customer_reads_their_note_on_the_portal_and_not_the_other(desk: Client) -> None:
    administrator = cast.ana()
    ticket = cast.make_ticket(administrator)
    post(desk, ticket, tell="on", customer_note=FOR_CUSTOMER)
    page = visitor(administrator).get(f"/fidelizacion/ticket/{ticket.number}/").content.decode()
    assert "Las líneas se dan de baja el 15.<br>Le llamaremos &lt;b&gt;antes" in page
    assert "jefe" not in page


def test_a_customer_note_without_the_box_ticked_is_an_error(desk: Client) -> None:
    ticket = cast.make_ticket()
    response = desk.post(
        step_of(ticket.number, "closed"), {"version": "0", "note": NOTE, "customer_note": "Hola"}
    )
    assert response.status_code == 422
    assert "Marque esta casilla" in text_of(response)
    assert Ticket.objects.get().status == "new"


def test_a_note_too_long_for_a_mail_is_refused(desk: Client) -> None:
    ticket = cast.make_ticket()
    fields = {"version": "0", "note": NOTE, "tell": "on", "customer_note": "x" * 1001}
    assert desk.post(step_of(ticket.number, "closed"), fields).status_code == 422


def test_taking_a_ticket_can_notify_the_customer_too(desk: Client) -> None:
    ticket = cast.make_ticket()
    assert soup(desk.get(page_of(ticket.number))).select_one(
        f"a[href='{step_of(ticket.number, 'in_progress')}']"
    )
    assert soup(desk.get(step_of(ticket.number, "in_progress"))).select_one("input[name=tell]")


def test_after_a_conflict_the_form_keeps_the_note_to_the_customer(desk: Client) -> None:
    ticket = cast.make_ticket()
    Ticket.objects.update(version=3)
    fields = {"version": "0", "note": NOTE, "tell": "on", "customer_note": "Hola, Ana"}
    response = desk.post(step_of(ticket.number, "closed"), fields)
    assert response.status_code == 409
    page = soup(response)
    assert page.select_one("input[name=tell][checked]")
    assert "Hola, Ana" in page.get_text()
    assert not Message.objects.exists()


def test_no_mail_without_the_change_and_no_change_without_the_mail_r4_01(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_ticket: Ticket, _event: TicketEvent) -> Message:
        raise IntegrityError

    monkeypatch.setattr(emails, "status_changed", fail)
    ticket = cast.make_ticket()
    with pytest.raises(IntegrityError):
        post(desk, ticket, tell="on")
    assert Ticket.objects.get().status == "new"
    assert not TicketEvent.objects.exists()
