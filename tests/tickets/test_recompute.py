"""`manage.py tickets recompute`: reports dates that come out otherwise today, and changes none."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests import cast
from tickets.effective_date import Calendar, Rule, RuleKind, dates_for
from tickets.models import CalendarDay, Ticket

pytestmark = pytest.mark.django_db


def make(**changes: object) -> Ticket:
    rule = Rule(RuleKind.NOTICE_DAYS, 3, working_days=True)
    (term,) = dates_for(rule, [], date(2026, 12, 2), Calendar()).terms
    return cast.make_ticket(
        effective_date=term.effective_date, effective_terms=[{**term.as_record(), **changes}]
    )


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("tickets", "recompute", *arguments, stdout=out)
    return out.getvalue()


def test_equal_dates_are_counted_and_the_command_succeeds() -> None:
    make()
    assert run() == "Listo: 1 tickets comparados, 0 diferencias.\n"


def test_a_changed_day_and_an_unreadable_record_are_reported_and_nothing_is_changed() -> None:
    ticket, broken = make(), make(notice_date="ayer")
    CalendarDay.objects.create(day=date(2026, 12, 3), reason="Feriado decretado")
    out = StringIO()
    with pytest.raises(CommandError, match="2 tickets comparados, 2 diferencias"):
        call_command("tickets", "recompute", stdout=out)
    assert (
        f"Ticket {ticket.pk}, cuenta —: guardada 2026-12-07 (versión 1), hoy sale 2026-12-08"
        in out.getvalue()
    )
    assert "días que cambiaron: 2026-12-03" in out.getvalue()
    assert f"Ticket {broken.pk}, cuenta —: el cálculo guardado no se puede leer" in out.getvalue()
    ticket.refresh_from_db()
    assert ticket.effective_date == date(2026, 12, 7)


def test_one_ticket_can_be_named_and_an_unknown_one_is_an_error() -> None:
    ticket = make()
    assert "1 tickets" in run(str(ticket.pk))
    with pytest.raises(CommandError, match="No hay un ticket 5"):
        run("5")
