"""The lines of a ticket at the desk: shown, downloaded, and who may see who takes them (F4)."""

import io
from datetime import date

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.test import Client

from desk.roles import permissions
from tests import cast
from tests.desk.desk import advisor, signed_in
from tickets.models import Ticket, TicketLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket() -> Ticket:
    made = cast.make_ticket()
    TicketLine.objects.create(
        ticket=made,
        position=1,
        number="0991110001",
        account_number="C-1",
        action="prepaid",
        holder_tax_id="1710034065",
        holder_name="Luz Marina Vera",
        effective_date=date(2026, 12, 15),
    )
    TicketLine.objects.create(ticket=made, position=2, number="=1+1", account_number="C-2")
    return made


def with_permissions(username: str, *names: str) -> User:
    """A member of staff with just these permissions."""
    user = User.objects.create_user(username, is_staff=True)
    if names:
        user.user_permissions.set(permissions(names))
    return user


def page(user: User, ticket: Ticket) -> str:
    return signed_in(user).get(f"/admin/tickets/ticket/{ticket.number}/change/").content.decode()


def sheet(user: User, ticket: Ticket) -> list[tuple[object, ...]]:
    answer = signed_in(user).get(f"/admin/tickets/ticket/{ticket.number}/lineas.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return list(book.worksheets[0].iter_rows(min_row=2, values_only=True))


def test_the_advisor_sees_and_downloads_who_takes_each_line(ticket: Ticket) -> None:
    carla = advisor()
    assert "La recibe Luz Marina Vera, 1710034065" in page(carla, ticket)
    first, second = sheet(carla, ticket)
    assert first[0] == "0991110001"
    assert first[4:] == ("1710034065", "Luz Marina Vera")
    assert second[0] == "=1+1"  # text, not a formula


def test_f4_without_the_permission_nobody_sees_who_takes_a_line(ticket: Ticket) -> None:
    user = with_permissions("limitada", "tickets.view_ticket")
    text = page(user, ticket)
    assert "0991110001" in text
    assert "Luz Marina" not in text
    assert "1710034065" not in text
    first, _second = sheet(user, ticket)
    assert first[4:] == (None, None)


def test_f4_personal_answers_need_the_permission(ticket: Ticket) -> None:
    answer = {"name": "a", "label": "Enfermedad", "value": "x", "text": "Asma", "personal": True}
    Ticket.objects.update(answers=[answer])
    assert "Asma" in page(advisor(), ticket)
    text = page(with_permissions("limitada", "tickets.view_ticket"), ticket)
    assert "Enfermedad" in text
    assert "Asma" not in text


def test_the_sheet_needs_the_right_to_see_tickets(ticket: Ticket) -> None:
    address = f"/admin/tickets/ticket/{ticket.number}/lineas.xlsx"
    assert Client().get(address).status_code == 302
    assert signed_in(with_permissions("nadie")).get(address).status_code == 403
