"""At most one ticket per key: double clicks, Back, two tabs (R4.19)."""

from datetime import date
from uuid import uuid4

import pytest
from django.core import signing

from attachments.models import private_storage
from companies.models import Administration
from notifications.models import Message
from tests import cast
from tests.tickets.portal_client import (
    COMPANY,
    PDF,
    REQUEST,
    fields_of,
    filled_form,
    pdf,
    staged_in,
    text_of,
    visitor,
)
from tickets.effective_date import ShownTerms, Term
from tickets.models import Attachment, Ticket
from tickets.submission_key import SubmissionKey, UnknownKey

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


def stored_files() -> int:
    storage = private_storage()
    return sum(len(storage.listdir(folder)[1]) for folder in storage.listdir("")[0])


def test_r4_19_the_same_form_twice_gives_the_same_ticket() -> None:
    form = filled_form(visitor(cast.ana()))
    first = form.post(attachments=pdf())
    second = form.post(attachments=pdf())
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert (Ticket.objects.count(), Message.objects.count(), Attachment.objects.count()) == (1, 2, 1)
    assert stored_files() == 1


@pytest.mark.parametrize(("field", "typed"), [("details", "Ahora otra línea"), ("email", "b@acme.example")])
def test_r4_19_other_content_after_back_is_refused_and_nothing_typed_is_lost(field: str, typed: str) -> None:
    form = filled_form(visitor(cast.ana()))
    form.post()
    answer = form.post(**{field: typed})
    assert answer.status_code == 422
    assert f"ticket n.º {Ticket.objects.get().number}" in text_of(answer)
    shown = fields_of(answer)
    assert shown[field] == typed
    assert shown["submission_key"] != form.values["submission_key"]


def test_r4_19_another_document_is_other_content_too() -> None:
    form = filled_form(visitor(cast.ana()))
    form.post(attachments=pdf())
    answer = form.post(attachments=pdf(content=PDF + b"\n"))
    assert answer.status_code == 422
    assert list(staged_in(answer)) == ["sustento.pdf"]
    assert stored_files() == 2


def test_r4_19_confirming_after_the_refusal_registers_a_new_ticket() -> None:
    form = filled_form(visitor(cast.ana()))
    form.post()
    form.values = fields_of(form.post(details="Ahora otra línea"))
    assert form.post().status_code == 303
    assert sorted(Ticket.objects.values_list("details", flat=True)) == [
        "Ahora otra línea",
        "Dar de baja la línea 0991112223",
    ]


def test_r4_19_a_used_key_with_a_wrong_form_names_the_ticket_too() -> None:
    form = filled_form(visitor(cast.ana()))
    form.post()
    answer = form.post(details="")
    assert answer.status_code == 422
    assert str(Ticket.objects.get().number) in text_of(answer)
    assert fields_of(answer)["submission_key"] != form.values["submission_key"]


def test_an_unused_key_stays_with_its_form_when_it_is_refused() -> None:
    form = filled_form(visitor(cast.ana()))
    assert fields_of(form.post(reason=""))["submission_key"] == form.values["submission_key"]


def test_each_showing_of_the_form_has_its_own_key() -> None:
    client = visitor(cast.ana())
    assert filled_form(client).values["submission_key"] != filled_form(client).values["submission_key"]


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "\x00", "ñ", "x" * 10_000])
def test_r4_19_an_unknown_key_gives_no_ticket_and_keeps_what_was_typed(forged: str) -> None:
    form = filled_form(visitor(cast.ana()))
    answer = form.post(submission_key=forged, details="Mi texto")
    assert answer.status_code == 422
    shown = fields_of(answer)
    assert shown["details"] == "Mi texto"
    assert shown["submission_key"] not in {forged, form.values["submission_key"]}
    assert not Ticket.objects.exists()


def test_a_refused_key_can_be_confirmed_from_the_page_that_refused_it() -> None:
    form = filled_form(visitor(cast.ana()))
    form.values = fields_of(form.post(submission_key="x"))
    assert form.post().status_code == 303


@pytest.mark.parametrize("colleagues", [False, True])
def test_r4_19_another_administrators_key_is_refused(colleagues: bool) -> None:
    """Even within a company: the key names the administrator who got the form."""
    company = cast.make_company()
    bruno = filled_form(visitor(cast.bruno(company) if colleagues else cast.bruno()))
    form = filled_form(visitor(cast.ana(company)))
    answer = form.post(submission_key=bruno.values["submission_key"])
    assert answer.status_code == 422
    assert not Ticket.objects.exists()


def test_r6_11_a_key_for_a_company_no_longer_administered_is_refused() -> None:
    kept, lost = cast.make_company(), cast.make_company("La que se fue")
    ana = cast.ana(kept, lost)
    client = visitor(ana)
    client.post(COMPANY, {"company": lost.pk})
    form = filled_form(client)
    ana.companies.remove(lost)
    answer = form.post()
    assert answer.status_code == 422
    assert "La que se fue" not in text_of(answer)
    assert not Ticket.objects.exists()


def test_an_unknown_key_with_no_company_picked_asks_for_the_company() -> None:
    client = visitor(cast.ana(cast.make_company(), cast.make_company("Otra")))
    answer = client.post(REQUEST, {"submission_key": "x"})
    assert answer.status_code == 422
    assert "Elija" in text_of(answer)


def test_two_tabs_of_two_companies_are_never_mixed() -> None:
    first, second = cast.make_company("Primera"), cast.make_company("Segunda")
    client = visitor(cast.ana(first, second))
    client.post(COMPANY, {"company": first.pk})
    first_tab = filled_form(client)
    client.post(COMPANY, {"company": second.pk})
    second_tab = filled_form(client)
    wrong = first_tab.post(reason="")
    assert "Primera" in text_of(wrong)
    first_tab.post()
    second_tab.post()
    assert list(Ticket.objects.order_by("number").values_list("company_name", flat=True)) == [
        "Primera",
        "Segunda",
    ]


def test_a_key_signed_for_something_else_is_unknown() -> None:
    ana = cast.ana()
    token = signing.Signer(salt="otra cosa").sign_object([uuid4().hex, ana.pk, 1])
    with pytest.raises(UnknownKey):
        SubmissionKey.read(token, ana)


def test_a_key_reads_back_as_it_was_minted() -> None:
    ana = cast.ana()
    term = Term("T-1", 15, 15, date(2026, 11, 30), date(2026, 12, 15), "billing_cut")
    kind = cast.make_request_type()
    key = SubmissionKey.mint(ana, ana.companies.get(), kind).showing(kind, ShownTerms.of([term]))
    assert SubmissionKey.read(key.token(), ana) == key


def test_a_key_of_a_company_left_meanwhile_registers_nothing_for_the_other_r4_19() -> None:
    # Without accounts, whose dates differ: those would be noticed too
    acme, other = cast.make_company("Acme", cut_days=()), cast.make_company("Otra", cut_days=())
    ana = cast.ana(acme, other)
    client = visitor(ana)
    client.post(COMPANY, {"company": acme.pk})
    form = filled_form(client)
    Administration.objects.filter(company=acme).delete()  # now the other one is the only one
    answer = form.post()
    assert answer.status_code == 422
    assert answer.context["company"] == other
    assert not Ticket.objects.exists()
