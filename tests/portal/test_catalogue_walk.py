"""Each type of the shipped catalogue, from the form to its ticket and mails (A7)."""

from typing import Any

import pytest

from notifications.models import Message
from tests import cast
from tests.portal.test_request_types import ANSWERS
from tests.tickets.portal_client import REQUEST, fields_of, soup, text_of, visitor
from tests.tickets.test_catalogue import CODES
from tickets import catalogue
from tickets.models import Area, RequestField, RequestType, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# Only the cancellation has an effective date
DATES = ("fecha efectiva", "corte de facturación", "se hace efectiva", "anulación", "Anulación")
Kind = RequestField.Kind


def answers(request_type: RequestType) -> dict[str, str]:
    """Return what a visitor answers to the type's own questions: the first option of each list."""
    typed = {}
    for question in request_type.fields.all():
        typed[f"field_{question.name}"] = (
            question.options[0] if question.kind == Kind.CHOICE else ANSWERS[question.kind][0]
        )
    return typed


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_shipped_type_becomes_a_ticket_that_speaks_of_itself(code: str) -> None:
    cast.make_request_type()
    catalogue.load()
    RequestType.objects.update(in_portal=True)
    Area.objects.update(email="area@operadora.example", is_active=True)
    request_type = RequestType.objects.get(code=code)
    client = visitor(cast.ana())

    form = client.get(f"{REQUEST}?tipo={code}")
    values: dict[str, Any] = {**fields_of(form), **answers(request_type), "details": "Lo de siempre."}
    if reason := request_type.reasons.first():
        values["reason"] = str(reason.pk)
    confirmed = client.post(REQUEST, values)
    assert confirmed.status_code == 303, text_of(confirmed)
    ticket = Ticket.objects.get()
    assert (ticket.request_type, ticket.reason) == (request_type, reason)
    result = client.get(f"/fidelizacion/ticket/{ticket.pk}/?creado=1")

    pages = {"form": text_of(form), "result": text_of(result)}
    messages = Message.objects.filter(channel="email")
    assert len(messages) == 2 + request_type.areas.count()  # the customer's, the advisor's, the areas'
    pages |= {f"{each.kind} {each.pk}": each.text for each in messages}
    own = request_type.words
    assert own.text("title") in soup(form).select_one("h1").get_text()  # type: ignore[union-attr]
    assert own.text("intro") in pages["form"]
    assert own.text("result", type=request_type.name, reason=ticket.reason_text) in pages["result"]
    assert own.lines("next_steps", phone="099 123 4567")[-1] in pages["result"]
    for name, text in pages.items():
        assert "{" not in text, name
        if code != "cancellation":
            assert [word for word in DATES if word in text] == [], name


@pytest.mark.parametrize("code", sorted(CODES))
def test_f4_personal_answers_of_a_shipped_type_are_marked(code: str) -> None:
    """Phones, e-mail addresses, identity numbers and names are personal data."""
    catalogue.load()
    personal = {Kind.PHONE, Kind.EMAIL, Kind.TAX_ID}
    for question in RequestField.objects.filter(request_type__code=code):
        is_theirs = question.kind in personal and question.name != "ported_number"  # a company's line
        if is_theirs or "ombres" in question.label:
            assert question.is_personal, question.name
