"""The effective date of a public request: by the type's rule, and as the form showed it (A22)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from notifications.models import Message
from notifications.sending import delivery
from tests.portal.public_client import (
    CODE,
    DONE,
    EMAIL,
    FORM,
    filled,
    mailed_code,
    make_public_type,
    sent,
)
from tests.tickets.portal_client import fields_of, text_of
from tickets import public_requests
from tickets.models import PublicRequest, RequestType, Ticket

pytestmark = pytest.mark.django_db
BEFORE_MIDNIGHT = datetime(2026, 12, 2, 4, 50, tzinfo=UTC)  # 1 December, 23:50 in Ecuador
BEFORE, AFTER = "16 de diciembre de 2026", "17 de diciembre de 2026"


@pytest.fixture(autouse=True)
def public_type() -> RequestType:
    request_type = make_public_type()
    RequestType.objects.update(effective_rule="notice_days", notice_days=15)
    return request_type


def test_the_form_shows_the_date_and_the_ticket_gets_it_also_after_midnight(client: Client) -> None:
    with time_machine.travel(BEFORE_MIDNIGHT, tick=False) as clock:
        assert BEFORE in text_of(client.get(FORM))
        sent(client)
        clock.shift(timedelta(minutes=15))
        RequestType.objects.update(notice_days=30)  # what was shown counts
        assert client.post(CODE, {"code": mailed_code(client)})["Location"] == DONE
        assert BEFORE in text_of(client.get(DONE))
        mail.outbox.clear()
        for message in Message.objects.all():
            delivery.deliver(message.pk)
    ticket = Ticket.objects.get()
    assert ticket.effective_date == date(2026, 12, 16)
    assert (ticket.notice_at, ticket.registered_at - ticket.notice_at) == (
        BEFORE_MIDNIGHT,
        timedelta(minutes=15),
    )
    [term] = ticket.terms
    assert (term.account, term.notice_date, term.notice_days) == ("", date(2026, 12, 1), 15)
    [confirmation] = [str(message.body) for message in mail.outbox if message.to == [EMAIL]]
    assert BEFORE in " ".join(confirmation.split())


def test_a_form_sent_after_midnight_is_shown_again_with_both_dates(client: Client) -> None:
    with time_machine.travel(BEFORE_MIDNIGHT, tick=False) as clock:
        posted = filled(client)
        clock.shift(timedelta(minutes=15))
        page = client.post(FORM, posted)
        assert page.status_code == 422
        shown = text_of(page)
        assert f"Antes le mostramos el {BEFORE}. Si confirma ahora, se hace efectiva el {AFTER}" in shown
        assert not PublicRequest.objects.exists()
        assert fields_of(page)["details"] == "Internet para mi local"
        assert client.post(FORM, fields_of(page))["Location"] == CODE
        client.post(CODE, {"code": mailed_code(client)})
    assert Ticket.objects.get().effective_date == date(2026, 12, 17)


def test_a_changed_rule_is_shown_before_anything_is_sent(client: Client) -> None:
    posted = filled(client)
    RequestType.objects.update(notice_days=30)
    page = client.post(FORM, posted)
    assert page.status_code == 422
    assert "Revise la fecha efectiva" in text_of(page)
    assert not PublicRequest.objects.exists()


def test_a_rule_by_billing_cut_has_no_account_so_an_adviser_says_the_date(client: Client) -> None:
    RequestType.objects.update(effective_rule="billing_cut")
    unknown = "El asesor le confirmará la fecha efectiva por correo."
    assert unknown in text_of(client.get(FORM))
    sent(client)
    client.post(CODE, {"code": mailed_code(client)})
    assert unknown in text_of(client.get(DONE))
    ticket = Ticket.objects.get()
    assert (ticket.has_date, ticket.effective_date, ticket.terms) == (True, None, [])


def test_a_type_without_a_date_says_nothing_of_one(client: Client) -> None:
    RequestType.objects.update(effective_rule="none")
    assert "efectiva" not in text_of(client.get(FORM))


def test_a_clock_that_is_set_back_registers_all_the_same(client: Client) -> None:
    with time_machine.travel(BEFORE_MIDNIGHT, tick=False) as clock:
        sent(client)
        code = mailed_code(client)
        clock.shift(-timedelta(seconds=5))
        client.post(CODE, {"code": code})
    ticket = Ticket.objects.get()
    assert ticket.notice_at == ticket.registered_at
    assert public_requests.of_key(ticket.submission_key)
