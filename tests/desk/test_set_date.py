"""Setting the date of a ticket that has none, with a reason and a notice to the customer (P6)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from companies.models import Administrator
from notifications.models import Message
from tests import cast
from tests.desk.desk import TICKETS, advisor, numbers_listed, page_of, signed_in, soup, text_of
from tests.otp.concurrency import at_once
from tests.tickets.portal_client import visitor
from tickets import workflow
from tickets.models import Ticket, TicketEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket() -> Ticket:
    return cast.make_ticket(cast.ana(cast.make_company(cut_days=[])))


@pytest.fixture
def desk(ticket: Ticket) -> Client:
    return signed_in(advisor())


def address(ticket: Ticket) -> str:
    return f"{TICKETS}{ticket.number}/fecha/"


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def set_date(desk: Client, ticket: Ticket, **changes: Any) -> Any:
    typed = {
        "version": ticket.version,
        "day": in_days(20).isoformat(),
        "note": "Lo dijo facturación",
        **changes,
    }
    return desk.post(address(ticket), typed)


def test_the_page_leads_to_the_form_and_the_date_is_set_with_its_reason(desk: Client, ticket: Ticket) -> None:
    link = soup(desk.get(page_of(ticket.number))).select_one(f"a[href='{address(ticket)}']")
    assert link
    assert desk.get(address(ticket)).status_code == 200
    assert set_date(desk, ticket, customer_note="Es su corte.")["Location"] == page_of(ticket.number)
    ticket.refresh_from_db()
    assert (ticket.effective_date, ticket.version) == (in_days(20), 1)
    event = TicketEvent.objects.get()
    assert (event.actor_name, event.note, event.effective_date) == (
        "Carla",
        "Lo dijo facturación",
        in_days(20),
    )
    page = text_of(desk.get(page_of(ticket.number)))
    assert "Lo dijo facturación" in page
    assert "Cambiar la fecha efectiva" in page


def test_the_customer_is_notified_by_mail_and_sees_it_on_the_page(desk: Client, ticket: Ticket) -> None:
    set_date(desk, ticket, customer_note="Es su corte.")
    mail = Message.objects.get(kind="ticket_date")
    assert mail.to == ticket.email
    day = f"{in_days(20).day} de "
    for text in (
        mail.text,
        mail.html,
        text_of(visitor(Administrator.objects.get()).get(f"/fidelizacion/ticket/{ticket.pk}/")),
    ):
        assert day in text.replace("\xa0", " ")
        assert "Es su corte." in text
        assert "Lo dijo facturación" not in text
    assert mail.html.count("Es su corte.") == 1  # once: a bug showed it again, as ['Es su corte.']


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"day": ""}, "Elija la fecha"),
        ({"day": "mañana"}, "Escriba la fecha así"),
        ({"day": "1999-01-01"}, "desde el día en que se confirmó"),
        ({"day": "2226-01-01"}, "desde el día en que se confirmó"),
        ({"note": ""}, "Escriba el motivo"),
        ({"note": "x" * 2001}, "2000"),
    ],
)
def test_a_wrong_form_is_refused_and_keeps_what_was_typed(
    desk: Client, ticket: Ticket, changes: dict[str, str], said: str
) -> None:
    response = set_date(desk, ticket, customer_note="Es su corte.", **changes)
    assert response.status_code == 422
    assert said in text_of(response)
    assert "Es su corte." in text_of(response)
    assert not TicketEvent.objects.exists()


def test_a_ticket_changed_meanwhile_is_reported_and_nothing_typed_is_lost(
    desk: Client, ticket: Ticket
) -> None:
    workflow.change_status(Ticket.objects.get(), "in_progress", User.objects.create_user("otro"))
    response = set_date(desk, ticket)
    assert response.status_code == 409
    assert "Lo dijo facturación" in text_of(response)
    ticket.refresh_from_db()
    assert ticket.effective_date is None
    assert set_date(desk, ticket).status_code == 302


@pytest.mark.parametrize("why", ["computed", "closed"])
def test_a_computed_date_and_a_closed_ticket_offer_no_form(desk: Client, ticket: Ticket, why: str) -> None:
    if why == "closed":
        Ticket.objects.update(status="closed")
    else:
        Ticket.objects.update(effective_terms=[{"account": "1"}])
    ticket.refresh_from_db()
    assert not workflow.may_set_date(ticket)
    response = set_date(desk, ticket)
    assert response["Location"] == page_of(ticket.number)
    assert Ticket.objects.get().effective_date is None


def test_only_users_who_may_change_tickets_set_a_date(ticket: Ticket) -> None:
    user = User.objects.create_user("mira", is_staff=True)
    assert set_date(signed_in(user), ticket).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_dates_one_is_set_and_one_mail_is_sent(ticket: Ticket) -> None:
    carla = advisor()

    def act(number: int) -> bool:
        try:
            mine = Ticket.objects.get(pk=ticket.pk)
            mine.version = 0
            workflow.set_effective_date(mine, in_days(20 + number), carla, "x", workflow.Notice())
        except workflow.Conflict:
            return False
        return True

    assert sorted(at_once(4, act)) == [False, False, False, True]
    assert TicketEvent.objects.count() == Message.objects.filter(kind="ticket_date").count() == 1


def test_the_count_of_overdue_tickets_leads_to_their_list(desk: Client) -> None:
    today = timezone.localdate()
    late = [cast.make_ticket(effective_date=today - timedelta(days=n)) for n in (1, 2)]
    cast.make_ticket(effective_date=today - timedelta(days=3), status="closed")
    cast.make_ticket(effective_date=today)
    link = soup(desk.get("/admin/")).select_one("#pendiente ~ ul a")
    assert link
    assert "2 solicitudes" in link.get_text()
    assert sorted(numbers_listed(desk.get(str(link["href"])))) == sorted(each.number for each in late)
