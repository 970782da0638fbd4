"""A22: the portal registers the dates that the form showed, or shows the form again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from companies.models import BillingAccount, Company, ServiceLine
from tests import cast
from tests.otp.pin_client import verify
from tests.tickets.portal_client import (
    REQUEST,
    Filled,
    fields_of,
    filled_form,
    pdf,
    staged_in,
    text_of,
    visitor,
)
from tickets.models import RequestType, Ticket

pytestmark = pytest.mark.django_db
# 23:58 of 30 November in Guayaquil: until midnight a cut on 15 December leaves fifteen days, and
# afterwards fourteen
LATE = datetime(2026, 12, 1, 4, 58, tzinfo=UTC)
PAST_MIDNIGHT = timedelta(minutes=3)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(LATE, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def acme() -> Company:
    return cast.make_company("Acme del Ecuador S. A.")


@pytest.fixture
def form(clock: time_machine.Traveller, acme: Company) -> Filled:
    """Return a filled-in form that showed 15 December at 23:58."""
    client = visitor(cast.ana(acme))
    assert "15 de diciembre de 2026" in text_of(client.get(REQUEST))
    return filled_form(client)


def assert_shown_again(answer: Any) -> str:
    assert answer.status_code == 422
    assert not Ticket.objects.exists()
    assert answer.context["terms_change"] is not None
    return text_of(answer)


def test_a22_at_midnight_the_form_comes_back_with_both_dates(
    form: Filled, clock: time_machine.Traveller
) -> None:
    clock.shift(PAST_MIDNIGHT)
    page = assert_shown_again(form.post())
    assert "Antes le mostramos el 15 de diciembre de 2026" in page
    assert "se hace efectiva el 15 de enero de 2027" in page
    assert "le mostramos el 30 de noviembre y hoy es 1 de diciembre" in page


def test_a22_everything_typed_is_kept_and_confirming_again_registers_the_new_date(
    form: Filled, clock: time_machine.Traveller
) -> None:
    clock.shift(PAST_MIDNIGHT)
    answer = form.post(details="Mi texto", attachments=pdf())
    assert_shown_again(answer)
    shown = fields_of(answer)
    assert shown["details"] == "Mi texto"
    assert list(staged_in(answer)) == ["sustento.pdf"]
    assert shown["submission_key"] != form.values["submission_key"]
    assert Filled(form.client, shown).post().status_code == 303
    ticket = Ticket.objects.get()
    assert (str(ticket.effective_date), str(ticket.terms[0].notice_date)) == ("2027-01-15", "2026-12-01")


def test_a22_before_midnight_what_was_shown_is_registered(
    form: Filled, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(seconds=119))
    assert form.post().status_code == 303
    assert str(Ticket.objects.get().effective_date) == "2026-12-15"


def test_a22_a_second_click_after_midnight_gives_the_same_ticket(
    form: Filled, clock: time_machine.Traveller
) -> None:
    first = form.post()
    clock.shift(PAST_MIDNIGHT)
    assert form.post()["Location"] == first["Location"]
    assert Ticket.objects.count() == 1


def test_a22_another_day_with_the_same_date_is_asked_about_too(
    clock: time_machine.Traveller, acme: Company
) -> None:
    clock.shift(timedelta(days=3))
    form = filled_form(visitor(cast.ana(acme)))
    clock.shift(PAST_MIDNIGHT)
    page = assert_shown_again(form.post())
    assert "La fecha efectiva es la misma" in page
    assert "le mostramos el 3 de diciembre y hoy es 4 de diciembre" in page


def test_a22_a_changed_cut_day_asks_again(form: Filled, acme: Company) -> None:
    acme.billing_accounts.update(cut_day=20)
    page = assert_shown_again(form.post())
    assert "Antes le mostramos el 15 de diciembre de 2026" in page
    assert "se hace efectiva el 20 de diciembre de 2026" in page


def test_a22_a_changed_rule_asks_again(form: Filled) -> None:
    RequestType.objects.update(notice_days=16)
    assert "se hace efectiva el 15 de enero de 2027" in assert_shown_again(form.post())


def test_a22_an_added_account_asks_again(form: Filled, acme: Company) -> None:
    account = BillingAccount.objects.create(company=acme, number="Z-9", cut_day=28)
    ServiceLine.objects.create(account=account, number="0990009999")
    page = assert_shown_again(form.post())
    assert "Cuenta Z-9: 28 de diciembre de 2026 (antes no se la mostramos)" in page
    assert "Antes le mostramos" not in page


def test_a22_a_removed_account_asks_again(clock: time_machine.Traveller) -> None:
    company = cast.make_company(cut_days=(15, 20))
    form = filled_form(visitor(cast.ana(company)))
    gone = company.billing_accounts.get(cut_day=20)
    gone.delete()
    page = assert_shown_again(form.post())
    assert f"Cuenta {gone.number}: ya no tiene fecha (antes le mostramos el 20 de diciembre de 2026)" in page


def test_a22_another_type_than_the_forms_shows_its_date_first(form: Filled) -> None:
    other = RequestType.objects.create(code="pause", name="Pausa", position=9, notice_days=60)
    page = assert_shown_again(form.post(request_type=str(other.pk), reason="otro"))
    assert "Antes le mostramos el 15 de diciembre de 2026" in page
    assert "se hace efectiva el 15 de febrero de 2027" in page


def test_a22_a_form_refused_for_something_else_says_the_new_date_too(
    form: Filled, clock: time_machine.Traveller
) -> None:
    clock.shift(PAST_MIDNIGHT)
    answer = form.post(email="ana@")
    assert "Antes le mostramos el 15 de diciembre de 2026" in assert_shown_again(answer)
    assert Filled(form.client, fields_of(answer)).post(email="ana@acme.example").status_code == 303


def restored(client: Client, form: Filled, clock: time_machine.Traveller) -> Any:
    """Return the form restored from a draft, which an expired verification saved."""
    clock.shift(timedelta(minutes=20))
    assert form.post(details="Mi texto").status_code == 302
    verify(client, cast.ANA_PHONE)
    return client.get(REQUEST)


def test_a22_a_restored_draft_says_that_its_date_changed(form: Filled, clock: time_machine.Traveller) -> None:
    shown = restored(form.client, form, clock)
    page = text_of(shown)
    assert "Recuperamos lo que escribió" in page
    assert "Antes le mostramos el 15 de diciembre de 2026" in page
    assert Filled(form.client, fields_of(shown)).post().status_code == 303
    assert str(Ticket.objects.get().effective_date) == "2027-01-15"


def test_a22_a_draft_of_the_same_day_says_nothing_of_dates(
    clock: time_machine.Traveller, acme: Company
) -> None:
    clock.shift(timedelta(hours=-5))
    client = visitor(cast.ana(acme))
    assert restored(client, filled_form(client), clock).context["terms_change"] is None


def test_a22_a_key_of_an_earlier_day_is_worth_nothing_by_itself(
    form: Filled, clock: time_machine.Traveller
) -> None:
    """Posting the old form repeatedly does not register the old date."""
    clock.shift(PAST_MIDNIGHT)
    for _ in range(3):
        assert_shown_again(form.post())


def test_design_24_midnight_is_that_of_the_configured_zone(
    clock: time_machine.Traveller, acme: Company, settings: Any
) -> None:
    settings.TIME_ZONE = "UTC"  # where it is 1 December already
    assert "15 de enero de 2027" in text_of(visitor(cast.ana(acme)).get(REQUEST))
