"""Drafts: the input survives an expired verification, for the same phone only."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from attachments.models import StagedFile
from companies.models import Administrator
from tests import cast
from tests.otp.pin_client import verify
from tests.tickets.portal_client import (
    COMPANY,
    ENTRY,
    REQUEST,
    Filled,
    fields_of,
    filled_form,
    pdf,
    staged_in,
    text_of,
    visitor,
)
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db
START = datetime(2026, 12, 1, 15, tzinfo=UTC)
TYPED = {
    "requester_name": "Ana María",
    "contact_phone": "099 12",
    "details": "Un texto largo\r\nque costó escribir",
}


def expire(client: Client, form: Filled, clock: time_machine.Traveller, **changes: object) -> None:
    """Post the form after twenty minutes, when the verification has expired."""
    clock.shift(timedelta(minutes=20))
    answer = form.post(**{**TYPED, **changes})
    assert (answer.status_code, answer["Location"]) == (302, ENTRY)
    assert not Ticket.objects.exists()


def test_what_was_typed_is_back_once_the_same_number_verifies() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        form = filled_form(client)
        expire(client, form, clock, attachments=pdf())
        verify(client, cast.ANA_PHONE)
        shown = client.get(REQUEST)
        assert list(staged_in(shown)) == ["sustento.pdf"]
        assert fields_of(shown) == {**form.values, **TYPED, "staged": list(staged_in(shown).values())}


def test_its_documents_old_and_new_are_back_too_and_a_wrong_one_is_named() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        form = filled_form(
            client, **fields_of(filled_form(client).post(reason="", attachments=pdf("antes.pdf")))
        )
        expire(client, form, clock, attachments=[pdf("ahora.pdf"), pdf("fotos.zip", b"PK\x03\x04")])
        verify(client, cast.ANA_PHONE)
        shown = client.get(REQUEST)
        assert list(staged_in(shown)) == ["antes.pdf", "ahora.pdf"]
        assert "fotos.zip" in text_of(shown)
        reason = {"reason": cast.a_reason().pk, "contact_phone": "0991234567"}
        assert Filled(client, fields_of(shown)).post(**reason).status_code == 303
        assert list(Attachment.objects.values_list("original_name", flat=True)) == ["antes.pdf", "ahora.pdf"]


def test_documents_of_an_expired_visitor_are_shown_to_no_other() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        cast.bruno()
        expire(client, filled_form(client), clock, attachments=pdf())
        verify(client, cast.BRUNO_PHONE)
        assert staged_in(client.get(REQUEST)) == {}
        kept = str(StagedFile.objects.get().pk)
        assert filled_form(client).post(staged=kept).status_code == 422


def test_an_expired_visitor_without_a_form_of_theirs_keeps_no_documents() -> None:
    """R3.20: files that no form could claim must not fill the disk."""
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        expire(client, filled_form(client), clock, attachments=pdf(), submission_key="x")
        assert not StagedFile.objects.exists()


def test_what_is_back_can_be_confirmed_and_is_then_forgotten() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        expire(client, filled_form(client), clock, contact_phone="0991234567")
        verify(client, cast.ANA_PHONE)
        assert Filled(client, fields_of(client.get(REQUEST))).post().status_code == 303
        assert client.get(REQUEST).context["draft"] is None


def test_loading_the_page_again_loses_nothing() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        expire(client, filled_form(client), clock)
        verify(client, cast.ANA_PHONE)
        assert fields_of(client.get(REQUEST)) == fields_of(client.get(REQUEST))


def test_a_page_asked_for_before_verifying_again_loses_nothing() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        expire(client, filled_form(client), clock)
        assert client.get(REQUEST)["Location"] == ENTRY
        verify(client, cast.ANA_PHONE)
        assert fields_of(client.get(REQUEST))["details"] == TYPED["details"]


@pytest.mark.parametrize("typed", ["\x00\x07", "🙂" * 5_000, "a" * 100_000])
def test_what_no_ticket_would_take_is_kept_too(typed: str) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        expire(client, filled_form(client), clock, details=typed)
        verify(client, cast.ANA_PHONE)
        shown = client.get(REQUEST)
        assert shown.context["form"]["details"].value() == typed


def test_a_draft_is_for_its_own_company() -> None:
    with time_machine.travel(START, tick=False) as clock:
        first, second = cast.make_company("Primera"), cast.make_company("Segunda")
        client = visitor(cast.ana(first, second))
        client.post(COMPANY, {"company": second.pk})
        expire(client, filled_form(client), clock)
        verify(client, cast.ANA_PHONE)
        shown = client.get(REQUEST)
        assert (shown.context["company"], shown.context["several_companies"]) == (second, True)
        client.post(COMPANY, {"company": first.pk})
        assert client.get(REQUEST).context["draft"] is None


def test_another_number_never_sees_it() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        cast.bruno()
        expire(client, filled_form(client), clock)
        verify(client, cast.BRUNO_PHONE)
        shown = client.get(REQUEST)
        assert shown.context["draft"] is None
        assert "que costó escribir" not in text_of(shown)


def test_after_half_an_hour_it_is_gone() -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = visitor(cast.ana())
        expire(client, filled_form(client), clock)
        clock.shift(timedelta(minutes=31))
        verify(client, cast.ANA_PHONE)
        assert client.get(REQUEST).context["draft"] is None


def test_strangers_store_nothing() -> None:
    client = Client()
    client.post(REQUEST, TYPED)
    assert "que costó escribir" not in str(dict(client.session))


def test_a_company_withdrawn_meanwhile_gives_nothing_back() -> None:
    with time_machine.travel(START, tick=False) as clock:
        kept, lost = cast.make_company("Primera"), cast.make_company("Segunda")
        ana: Administrator = cast.ana(kept, lost)
        client = visitor(ana)
        client.post(COMPANY, {"company": lost.pk})
        expire(client, filled_form(client), clock)
        ana.companies.remove(lost)
        verify(client, cast.ANA_PHONE)
        shown = client.get(REQUEST)
        assert (shown.context["company"], shown.context["draft"]) == (kept, None)
