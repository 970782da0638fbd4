"""A23: a repeated request gets the existing ticket's number; a similar one is shown and does not
block.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from companies.models import Administrator, Company
from notifications.models import Message
from tests import cast
from tests.tickets.portal_client import (
    PDF,
    REQUEST,
    Filled,
    fields_of,
    filled_form,
    pdf,
    soup,
    staged_in,
    text_of,
    visitor,
)
from tickets import repeats
from tickets.models import LatestRequest, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
NOON = datetime(2026, 12, 1, 17, tzinfo=UTC)


@pytest.fixture
def acme() -> Company:
    return cast.make_company("Acme del Ecuador S. A.")


@pytest.fixture
def form(acme: Company) -> Filled:
    """Return Ana's form, after it was confirmed once."""
    form = filled_form(visitor(cast.ana(acme)))
    assert form.post().status_code == 303
    return form


def after_back(form: Filled, **changes: Any) -> Filled:
    """Return the form as Chromium shows it after Back: a new key, and the typed text."""
    shown = fields_of(form.client.get(REQUEST))
    return Filled(form.client, {**form.values, "submission_key": shown["submission_key"], **changes})


def assert_repeated(answer: Any, ticket: Ticket) -> None:
    assert answer.status_code == 422
    assert answer.context["repeated"] == ticket
    page = soup(answer)
    assert f"ticket n.º {ticket.number}" in text_of(answer)
    assert page.select(f'a[href="/fidelizacion/ticket/{ticket.number}/"]')
    [button] = page.select("button[name=duplicate_of]")
    assert button["value"] == str(ticket.number)
    assert Ticket.objects.count() == 1
    assert Message.objects.count() == 2


def fields_to_register_anyway(answer: Any) -> dict[str, Any]:
    """Return the fields that the button to register the request anyway sends."""
    [button] = soup(answer).select("button[name=duplicate_of]")
    return {**fields_of(answer), "duplicate_of": str(button["value"])}


def test_a23_after_back_the_same_request_shows_the_ticket_and_keeps_the_form(form: Filled) -> None:
    answer = after_back(form).post()
    assert_repeated(answer, Ticket.objects.get())
    shown = fields_of(answer)
    assert {name: shown[name] for name in ("reason", "details", "email")} == {
        name: form.values[name] for name in ("reason", "details", "email")
    }


def test_a23_of_a_closed_one_it_does_not_say_that_it_goes_on(form: Filled) -> None:
    assert "y sigue su curso" in text_of(after_back(form).post())
    Ticket.objects.update(status=Ticket.Status.CLOSED)
    page = text_of(after_back(form).post())
    assert "y ya está cerrada" in page
    assert "sigue su curso" not in page


def test_a23_the_same_key_with_the_same_content_still_gives_the_same_ticket(form: Filled) -> None:
    assert form.post()["Location"] == f"/fidelizacion/ticket/{Ticket.objects.get().number}/?creado=1"


def test_a23_the_same_request_from_another_device_shows_the_ticket(form: Filled) -> None:
    assert_repeated(filled_form(visitor(Administrator.objects.get())).post(), Ticket.objects.get())


def test_a23_another_administrator_of_the_company_reads_who_requested_it(form: Filled, acme: Company) -> None:
    answer = filled_form(visitor(cast.bruno(acme))).post()
    assert_repeated(answer, Ticket.objects.get())
    assert "La confirmó Ana Pérez" in text_of(answer)


@pytest.mark.parametrize(
    "changes",
    [
        {"details": "  dar de baja\r\nla LÍNEA   0991112223 "},
        {"email": "otra@acme.example", "requester_name": "Otra Persona", "contact_phone": "02 234 5678"},
    ],
    ids=["spaces and case", "contact data"],
)
def test_a23_what_is_asked_counts_and_not_how_it_is_written(form: Filled, changes: dict[str, str]) -> None:
    assert_repeated(after_back(form, **changes).post(), Ticket.objects.get())


@pytest.mark.parametrize("other", ["details", "reason", "document", "company"])
def test_a23_another_content_is_another_request(form: Filled, other: str) -> None:
    again = after_back(form)
    if other == "details":
        answer = again.post(details="Dar de baja la línea 0991112224")
    elif other == "reason":
        answer = again.post(reason=cast.a_reason(3).pk)
    elif other == "document":
        answer = again.post(attachments=pdf())
    else:
        answer = filled_form(visitor(cast.bruno())).post()
    assert answer.status_code == 303
    assert Ticket.objects.count() == 2


def test_a23_documents_count_by_content_not_by_name_or_order(acme: Company) -> None:
    form = filled_form(visitor(cast.ana(acme)))
    form.post(attachments=[pdf("a.pdf"), pdf("b.pdf", PDF + b"b")])
    answer = after_back(form).post(attachments=[pdf("otra.pdf", PDF + b"b"), pdf("una.pdf")])
    assert_repeated(answer, Ticket.objects.get())
    assert sorted(staged_in(answer)) == ["otra.pdf", "una.pdf"]


def test_a23_the_button_registers_it_as_a_new_one_and_the_ticket_names_the_other(form: Filled) -> None:
    first = Ticket.objects.get()
    answer = after_back(form).post()
    assert Filled(form.client, fields_to_register_anyway(answer)).post().status_code == 303
    second = Ticket.objects.exclude(pk=first.pk).get()
    assert second.duplicate_of == first
    notice = Message.objects.get(dedup_key=f"ticket:{second.number}:advisor")
    assert f"Es igual al ticket n.º {first.number}" in notice.text


def test_a23_with_documents_the_button_needs_no_second_upload(acme: Company) -> None:
    form = filled_form(visitor(cast.ana(acme)))
    form.post(attachments=pdf())
    answer = after_back(form).post(attachments=pdf())
    assert Filled(form.client, fields_to_register_anyway(answer)).post().status_code == 303
    assert [len(ticket.documents) for ticket in Ticket.objects.all()] == [1, 1]


def test_a23_the_button_of_an_earlier_ticket_is_asked_again(form: Filled) -> None:
    first = Ticket.objects.get()
    again = fields_to_register_anyway(after_back(form).post())
    Filled(form.client, again).post()
    second = Ticket.objects.exclude(pk=first.pk).get()
    answer = after_back(form, duplicate_of=str(first.number)).post()
    assert answer.status_code == 422
    assert answer.context["repeated"] == second
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize("forged", ["", "x", "-1", "0", "9" * 18, "9" * 400, "１"])
def test_a23_a_forged_number_is_asked_again(form: Filled, forged: str) -> None:
    assert_repeated(after_back(form, duplicate_of=forged).post(), Ticket.objects.get())


def test_a23_the_number_of_another_companys_ticket_is_not_written_down(form: Filled) -> None:
    theirs = cast.make_ticket(cast.bruno())
    answer = after_back(form, details="Otra cosa", duplicate_of=str(theirs.number)).post()
    assert answer.status_code == 303
    assert Ticket.objects.latest("number").duplicate_of is None


@pytest.mark.parametrize(
    ("later", "status"), [(timedelta(hours=23, minutes=59), 422), (timedelta(hours=24), 303)]
)
def test_a23_for_24_hours(later: timedelta, status: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ana = cast.ana()
        filled_form(visitor(ana)).post()
        clock.shift(later)
        assert filled_form(visitor(ana)).post().status_code == status


def test_a23_rows_older_than_a_day_are_deleted() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        filled_form(visitor(cast.ana())).post()
        assert repeats.delete_old(timezone.now()) == 0
        clock.shift(timedelta(hours=24))
        assert repeats.delete_old(timezone.now()) == 1
    assert not LatestRequest.objects.exists()


def test_a23_enter_presses_confirm_and_not_the_button_of_a_repeat(form: Filled) -> None:
    """Enter presses the form's first button; if that one registered the repeat, it would go
    unnoticed.
    """
    page = soup(after_back(form).post())
    first, *others = page.select("button[form=solicitud], form#solicitud button[type=submit]")
    assert (first.get("name"), first.get("formaction")) == (None, None)
    assert "duplicate_of" in [button.get("name") for button in others]


def test_a23_a_similar_request_is_shown_before_confirming_and_does_not_block(
    form: Filled, acme: Company
) -> None:
    ticket = Ticket.objects.get()
    client = visitor(cast.bruno(acme))
    shown = client.get(REQUEST)
    assert shown.context["similar"] == [ticket]
    assert soup(shown).select(f'#parecidas ~ ul a[href="/fidelizacion/ticket/{ticket.number}/"]')
    assert filled_form(client).post(details="Dar de baja la línea 0991112224").status_code == 303


@pytest.mark.parametrize("unlike", ["closed", "yesterday", "another reason", "another company"])
def test_a23_what_is_not_similar_is_not_shown(acme: Company, unlike: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ana = cast.ana(acme)
        ticket = cast.make_ticket(ana if unlike != "another company" else cast.bruno())
        if unlike == "closed":
            Ticket.objects.update(status=Ticket.Status.CLOSED)
        if unlike == "yesterday":
            clock.shift(timedelta(hours=12))  # 12:00 to 00:00 of the next day in Ecuador
        client = visitor(ana)
        answer = client.get(REQUEST)
        if unlike == "another reason":
            assert answer.context["similar"] == [ticket]
            answer = filled_form(client).post(reason=cast.a_reason(3).pk, email="x")
        assert answer.context["similar"] == []
