"""*Inicio* lists new tickets and the advisor's own, the most urgent first."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from desk.tickets import home
from notifications.models import Message
from tests import cast
from tests.desk.desk import advisor, signed_in, soup, supervisor, text_of
from tests.desk.test_undelivered_confirmations import confirmation
from tickets import workflow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

HOME = "/admin/"


def listed(client: Client, section: str) -> list[int]:
    links = soup(client.get(HOME)).select(f"section[aria-labelledby={section}] tbody th a")
    return [int(link.get_text(strip=True)) for link in links]


def effective(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def test_new_tickets_are_listed_by_their_date_and_those_without_one_first() -> None:
    later, soon = (
        cast.make_ticket(effective_date=effective(40)),
        cast.make_ticket(effective_date=effective(20)),
    )
    undated = cast.make_ticket()
    cast.make_ticket(status=Ticket.Status.CLOSED, effective_date=effective(1))
    assert listed(signed_in(advisor()), "por-tomar") == [undated.number, soon.number, later.number]


def test_a_ticket_is_in_the_list_of_the_user_who_took_it_last() -> None:
    ticket = cast.make_ticket()
    carla, sonia = advisor(), supervisor()
    workflow.change_status(ticket, Ticket.Status.IN_PROGRESS, carla)
    assert listed(signed_in(carla), "tomadas") == [ticket.number]
    assert listed(signed_in(sonia), "tomadas") == []
    workflow.change_status(ticket, Ticket.Status.CLOSED, carla, "Lista")
    assert listed(signed_in(carla), "tomadas") == []
    workflow.change_status(ticket, Ticket.Status.IN_PROGRESS, sonia, "Faltaba una línea")
    assert listed(signed_in(carla), "tomadas") == []
    assert listed(signed_in(sonia), "tomadas") == [ticket.number]


def test_it_shows_what_is_overdue_or_stuck_and_nothing_when_all_is_well() -> None:
    cast.make_ticket(effective_date=effective(30))
    desk = signed_in(advisor())
    assert "Necesita atención" not in text_of(desk.get(HOME))
    ticket = cast.make_ticket(effective_date=effective(-1))
    confirmation(ticket, Message.State.DEAD)
    shown = text_of(desk.get(HOME))
    assert "1 solicitud sin cerrar, con la fecha efectiva ya pasada" in shown
    assert "1 solicitud cuyo cliente no recibió la confirmación" in shown
    assert "1 mensaje detenido" in shown


def test_stuck_messages_are_shown_only_to_staff_who_may_see_messages() -> None:
    confirmation(cast.make_ticket(), Message.State.DEAD)
    reader = User.objects.create_user("lectora", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    shown = text_of(signed_in(reader).get(HOME))
    assert "no recibió la confirmación" in shown
    assert "detenido" not in shown


def test_every_link_leads_to_a_page_that_the_user_may_open() -> None:
    for _number in range(12):
        cast.make_ticket(effective_date=effective(-1))
    desk = signed_in(advisor())
    links = {link["href"] for link in soup(desk.get(HOME)).select("#content-main a[href]")}
    assert len(links) > 12
    assert {link: status for link in links if (status := desk.get(str(link)).status_code) != 200} == {}


def test_a_full_desk_takes_as_many_queries_as_a_nearly_empty_one() -> None:
    carla = advisor()
    desk = signed_in(carla)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            desk.get(HOME)
        return len(seen)

    workflow.change_status(cast.make_ticket(), Ticket.Status.IN_PROGRESS, carla)
    cast.make_ticket()
    queries()  # fills the caches of the process
    few = queries()
    for _number in range(9):
        workflow.change_status(cast.make_ticket(), Ticket.Status.IN_PROGRESS, carla)
        cast.make_ticket()
    assert queries() == few
    assert few <= 10


def test_a_count_is_exact_up_to_its_limit_and_then_says_more_than(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "EXACT_UP_TO", 2)
    desk = signed_in(advisor())
    for _number in range(2):
        cast.make_ticket(effective_date=effective(-1))
    assert "2 solicitudes sin cerrar" in text_of(desk.get(HOME))
    cast.make_ticket(effective_date=effective(-1))
    assert "Más de 2 solicitudes sin cerrar" in text_of(desk.get(HOME))


def test_staff_who_may_not_see_tickets_get_the_list_of_pages_only() -> None:
    cast.make_ticket()
    shown = soup(signed_in(User.objects.create_user("nadie", is_staff=True)).get(HOME))
    assert shown.select("#content-main")
    assert shown.select("[name=q], section") == []
