"""The rule of each request type, from the form to the ticket and its mails (A12, D6, F2, F8)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from companies.models import BillingAccount, ServiceLine
from notifications.models import Message
from tests import cast
from tests.tickets.portal_client import Filled, filled_form, text_of, visitor
from tickets.models import CalendarDay, RequestType, Ticket

pytestmark = pytest.mark.django_db
# A Wednesday in Guayaquil, the day before a working Thursday
NOW = datetime(2026, 12, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def form_with(**rule: Any) -> Filled:
    client = visitor(cast.ana())
    RequestType.objects.update(**rule)
    return filled_form(client)


def confirmed(form: Filled) -> Ticket:
    assert form.post().status_code == 303
    return Ticket.objects.get()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"effective_rule": "notice_date"}, date(2026, 12, 2)),  # D6
        ({"effective_rule": "notice_days", "notice_days": 10}, date(2026, 12, 12)),
        ({"effective_rule": "notice_days", "notice_days": 3, "working_days": True}, date(2026, 12, 7)),
        ({"effective_rule": "billing_cut", "notice_days": 15}, date(2027, 1, 15)),
        ({"effective_rule": "billing_cut", "notice_days": 3, "working_days": True}, date(2026, 12, 15)),
        ({"effective_rule": "billing_cut", "notice_days": 15, "ceiling_days": 15}, date(2026, 12, 17)),  # F2
    ],
    ids=str,
)
def test_each_rule_is_shown_and_registered(rule: dict[str, Any], expected: date) -> None:
    form = form_with(**rule)
    ticket = confirmed(form)
    assert ticket.effective_date == expected
    assert ticket.effective_rule == rule["effective_rule"]
    words = f"{expected.day} de {'enero' if expected.month == 1 else 'diciembre'} de {expected.year}"
    page = text_of(form.client.get(f"/fidelizacion/ticket/{ticket.pk}/"))
    mail = Message.objects.get(kind="ticket_confirmation")
    for shown in (page, mail.text.replace("\N{NO-BREAK SPACE}", " ")):
        assert words in shown


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"notice_days": 1}, "al menos 1 día antes del corte"),
        ({"notice_days": 15}, "al menos 15 días antes del corte"),
        ({"notice_days": 3, "working_days": True}, "al menos 3 días laborables antes del corte"),
    ],
    ids=str,
)
def test_the_notice_is_said_in_words(rule: dict[str, Any], words: str) -> None:
    assert words in text_of(form_with(**rule).client.get("/fidelizacion/solicitud/"))


def test_without_a_rule_no_page_and_no_mail_names_a_date() -> None:
    form = form_with(effective_rule="none")
    assert "Cuándo se hace efectiva" not in text_of(form.client.get("/fidelizacion/solicitud/"))
    ticket = confirmed(form)
    assert (ticket.effective_date, ticket.effective_terms) == (None, [])
    page = text_of(form.client.get(f"/fidelizacion/ticket/{ticket.pk}/"))
    assert "Fecha efectiva" not in page
    assert "FECHA EFECTIVA" not in Message.objects.get(kind="ticket_confirmation").text


def test_a22_f8_a_day_that_operations_take_away_meanwhile_asks_again() -> None:
    form = form_with(effective_rule="notice_days", notice_days=3, working_days=True)
    CalendarDay.objects.create(day=date(2026, 12, 3), reason="Feriado decretado")
    answer = form.post()
    assert answer.status_code == 422
    assert "Antes le mostramos el 7 de diciembre de 2026" in text_of(answer)
    assert "8 de diciembre de 2026" in text_of(answer)
    assert not Ticket.objects.exists()


def test_a_holiday_after_the_counted_days_changes_nothing() -> None:
    form = form_with(effective_rule="notice_days", notice_days=3, working_days=True)
    CalendarDay.objects.create(day=date(2026, 12, 24), reason="Feriado decretado")
    assert confirmed(form).effective_date == date(2026, 12, 7)


def test_only_accounts_with_a_service_count() -> None:
    company = cast.make_company(cut_days=(15, 28))
    ServiceLine.objects.filter(account__cut_day=15).update(status=ServiceLine.Status.CANCELLED)
    ticket = confirmed(filled_form(visitor(cast.ana(company))))
    assert [term.cut_day for term in ticket.terms] == [28]


def test_with_no_service_at_all_staff_set_the_date_p6() -> None:
    company = cast.make_company(lines=0)
    assert BillingAccount.objects.exists()
    client: Client = visitor(cast.ana(company))
    form = filled_form(client)
    assert "El asesor le confirmará la fecha efectiva" in text_of(client.get("/fidelizacion/solicitud/"))
    assert confirmed(form).effective_date is None
