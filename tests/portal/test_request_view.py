"""The request form over HTTP: shown, confirmed, refused with all input kept (A6-A14)."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from notifications.models import Message
from tests import cast
from tests.tickets.portal_client import COMPANY, ENTRY, REQUEST, fields_of, filled_form, pdf, text_of, visitor
from tickets.models import Attachment, Reason, RequestType, Ticket
from tickets.offer import current_offer

pytestmark = pytest.mark.django_db


def test_a9_names_mail_and_phone_come_filled_in_from_the_directory() -> None:
    shown = fields_of(visitor(cast.ana()).get(REQUEST))
    assert shown["requester_name"] == "Ana Pérez"
    assert shown["email"] == "ana@acme.example"
    assert shown["contact_phone"] == "099 123 4567"


def test_a8_the_reasons_are_offered_in_order_and_none_is_chosen() -> None:
    response = visitor(cast.ana()).get(REQUEST)
    texts = [reason.text for reason in current_offer().reasons]
    assert texts == [
        "Usuario no labora en la empresa",
        "No utiliza el servicio",
        "Problemas económicos",
        "Problemas de cobertura",
        "Mejor oferta de la competencia",
    ]
    assert "Seleccione el motivo " + " ".join([*texts, "Otro motivo"]) in text_of(response)
    assert fields_of(response)["reason"] == ""


def test_a7_the_only_request_type_is_chosen_already() -> None:
    assert fields_of(visitor(cast.ana()).get(REQUEST))["request_type"] == "cancellation"


def test_a7_without_a_request_type_the_page_says_how_else_to_ask() -> None:
    cast.make_request_type()
    RequestType.objects.update(in_portal=False)
    page = text_of(visitor(cast.ana()).get(REQUEST))
    assert "El portal no recibe solicitudes ahora" in page
    assert "por otro medio" in page


def test_a8_a_reason_retired_or_renamed_shows_at_once() -> None:
    client, reason = visitor(cast.ana()), cast.a_reason()
    Reason.objects.filter(pk=reason.pk).update(is_active=False)
    Reason.objects.filter(position=3).update(text="Reorganización")
    page = text_of(client.get(REQUEST))
    assert reason.text not in page
    assert "Reorganización" in page


def test_a6_the_form_shows_the_company_to_check() -> None:
    company = cast.make_company("Frutas del Litoral S. A.", lines=7)
    page = text_of(visitor(cast.ana(company)).get(REQUEST))
    assert "Frutas del Litoral S. A." in page
    assert company.tax_id in page


@time_machine.travel(datetime(2026, 12, 1, 17, tzinfo=UTC), tick=True)
def test_a12_the_form_says_when_it_would_take_effect() -> None:
    assert "15 de enero de 2027" in text_of(visitor(cast.ana()).get(REQUEST))


def test_confirming_makes_the_ticket_and_leads_to_its_number() -> None:
    ana = cast.ana()
    response = filled_form(visitor(ana)).post(requester_name="Ana María Pérez", contact_phone="02 234 5678")
    ticket = Ticket.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/fidelizacion/ticket/{ticket.number}/?creado=1"
    assert (ticket.requester_name, ticket.contact_phone) == ("Ana María Pérez", "+59322345678")
    assert (ticket.administrator, ticket.verified_phone, ticket.verified_by) == (ana, cast.ANA_PHONE, "pin")
    assert ticket.company
    assert ticket.company_name == ticket.company.legal_name
    assert ticket.reason
    assert ticket.reason_text == ticket.reason.text


def test_a9_what_was_edited_does_not_change_the_directory() -> None:
    ana = cast.ana()
    filled_form(visitor(ana)).post(requester_name="Otra persona", email="otra@acme.example")
    ana.refresh_from_db()
    assert (ana.names, ana.email) == ("Ana Pérez", "ana@acme.example")


@time_machine.travel(datetime(2026, 12, 1, 4, 59, tzinfo=UTC), tick=True)
def test_a12b_the_effective_date_is_stored_with_its_inputs() -> None:
    """One minute to midnight in Guayaquil: still 30 November."""
    company = cast.make_company(cut_days=(31, 15))
    filled_form(visitor(cast.ana(company))).post()
    ticket = Ticket.objects.get()
    assert str(ticket.effective_date) == "2026-12-15"
    assert [(term.cut_day, term.notice_days, str(term.notice_date)) for term in ticket.terms] == [
        (15, 15, "2026-11-30"),
        (31, 15, "2026-11-30"),
    ]


def test_a_company_without_billing_accounts_is_not_refused() -> None:
    """P2: a problem that is not the customer's fault must not stop the request."""
    assert filled_form(visitor(cast.ana(cast.make_company(cut_days=())))).post().status_code == 303
    assert Ticket.objects.get().effective_date is None


def test_a15_a16_both_messages_are_queued_with_the_ticket() -> None:
    filled_form(visitor(cast.ana())).post()
    number = Ticket.objects.get().number
    assert set(Message.objects.values_list("dedup_key", flat=True)) == {
        f"ticket:{number}:client",
        f"ticket:{number}:advisor",
    }


def test_a15_with_another_address_the_registered_one_gets_a_mail_too() -> None:
    filled_form(visitor(cast.ana())).post(email="otra@acme.example")
    assert set(Message.objects.exclude(dedup_key__endswith="advisor").values_list("to", flat=True)) == {
        "otra@acme.example",
        "ana@acme.example",
    }


def test_a11_documents_are_stored_with_what_is_known_of_them() -> None:
    response = filled_form(visitor(cast.ana())).post(attachments=[pdf("Líneas ñ.pdf"), pdf("dos.pdf")])
    assert response.status_code == 303
    first, second = Attachment.objects.all()
    assert (first.original_name, first.content_type) == ("Líneas ñ.pdf", "application/pdf")
    assert first.file.read() == second.file.read()
    assert first.file.name != second.file.name
    first.file.close()
    second.file.close()


def test_r3_16_a_name_longer_than_is_kept_is_shortened_and_not_refused() -> None:
    assert filled_form(visitor(cast.ana())).post(attachments=pdf("x" * 150 + ".pdf")).status_code == 303
    assert Attachment.objects.get().original_name == "x" * 96 + ".pdf"


def test_a14_the_result_shows_number_reason_mail_and_date() -> None:
    client = visitor(cast.ana())
    page = text_of(client.get(filled_form(client).post()["Location"]))
    ticket = Ticket.objects.get()
    for shown in (
        str(ticket.number),
        ticket.reason_text,
        "ana@acme.example",
        str(ticket.terms[0].effective_date.year),
    ):
        assert shown in page


def test_r6_12_extra_keys_are_ignored() -> None:
    filled_form(visitor(cast.ana())).post(status="closed", number="7", verified_phone="+1", line="x")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.verified_phone) == ("new", cast.ANA_PHONE)
    assert ticket.number != 7


def test_the_forms_pages_are_cached_as_the_contract_says() -> None:
    client = visitor(cast.ana())
    assert client.get(REQUEST)["Cache-Control"] == "no-store"
    assert filled_form(client).post(reason="")["Cache-Control"] == "private, no-cache"


def test_showing_the_form_writes_nothing_but_the_session() -> None:
    client = visitor(cast.ana())
    client.get(REQUEST)
    client.get(REQUEST)
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "path", [REQUEST, COMPANY, "/fidelizacion/tickets/", "/fidelizacion/ticket/1000001/"]
)
def test_r1_29_no_page_opens_without_the_pin(path: str) -> None:
    assert Client().get(path)["Location"].partition("?")[0] == ENTRY


@pytest.mark.parametrize("path", [REQUEST, COMPANY])
def test_r1_29_no_post_is_accepted_without_the_pin(path: str) -> None:
    assert Client().post(path, {"details": "x"})["Location"] == ENTRY
    assert not Ticket.objects.exists()


def test_an_administrator_withdrawn_meanwhile_is_signed_out() -> None:
    ana = cast.ana()
    client = visitor(ana)
    form = filled_form(client)
    ana.is_active = False
    ana.save()
    assert form.post()["Location"] == ENTRY
    assert client.get(ENTRY).context["verified_tail"] is None
    assert not Ticket.objects.exists()
