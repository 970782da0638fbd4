"""The migration loads types and reasons once; from then on the operator edits them (A7, A8)."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tests import cast
from tests.tickets.portal_client import REQUEST, Filled, fields_of, filled_form, soup, text_of, visitor
from tickets.models import OTHER_REASON, Reason, RequestType, Ticket
from tickets.offer import current_offer

pytestmark = pytest.mark.django_db


def test_a7_the_first_request_type_is_there() -> None:
    request_type = cast.make_request_type()
    assert (
        request_type.name,
        request_type.effective_rule,
        request_type.notice_days,
        request_type.in_portal,
    ) == (
        "Anulación o baja de servicios",
        "billing_cut",
        15,
        True,
    )


def test_a8_loading_again_does_not_undo_the_operators_changes() -> None:
    cast.make_request_type().reasons.filter(position=1).update(text="Otro texto")
    cast.make_request_type().reasons.filter(position=2).delete()
    assert list(cast.make_request_type().reasons.values_list("text", flat=True)) == [
        "Otro texto",
        "Problemas económicos",
        "Problemas de cobertura",
        "Mejor oferta de la competencia",
    ]


def test_only_what_the_portal_offers_is_offered() -> None:
    cast.make_request_type()
    hidden = RequestType.objects.create(code="claim", name="Reclamo", in_portal=False)
    Reason.objects.create(request_type=hidden, text="Cobro duplicado")
    assert "Cobro duplicado" not in [reason.text for reason in current_offer().reasons]


def test_a_reason_is_listed_once_a_type() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Reason.objects.create(request_type=cast.make_request_type(), text="Problemas económicos")


def reasons_on(client: Client) -> list[str]:
    return [option.get_text() for option in soup(client.get(REQUEST)).select("[name=reason] option")][1:]


@pytest.mark.parametrize("how", ["all retired", "none at all", "the other one retired too"])
def test_a24_there_is_always_a_reason_to_choose(how: str) -> None:
    client = visitor(cast.ana())
    if how == "none at all":
        Reason.objects.all().delete()
    elif how == "the other one retired too":
        Reason.objects.other_of(cast.make_request_type())
    Reason.objects.update(is_active=False)
    shown = fields_of(client.get(REQUEST))
    assert reasons_on(client) == [OTHER_REASON]
    assert (
        Filled(client, {**shown, "reason": "otro", "details": "La línea 0991112223"}).post().status_code
        == 303
    )
    assert Ticket.objects.get().reason_text == OTHER_REASON


def test_a24_it_comes_last_and_once_whatever_the_operator_has_written() -> None:
    request_type = cast.make_request_type()
    Reason.objects.create(request_type=request_type, text=OTHER_REASON, position=0)
    client = visitor(cast.ana())
    assert [reasons_on(client).count(OTHER_REASON), reasons_on(client)[-1]] == [1, OTHER_REASON]
    filled_form(client, reason="otro").post()
    assert Reason.objects.filter(text=OTHER_REASON).count() == 1


def test_a24_a_form_shown_before_the_reasons_were_retired_still_works() -> None:
    client = visitor(cast.ana())
    form = filled_form(client)
    Reason.objects.update(is_active=False)
    answer = form.post()
    assert answer.status_code == 422
    assert "Ese motivo ya no está en la lista" in text_of(answer)
    assert form.post(reason="otro").status_code == 303


def test_a24_showing_the_form_or_refusing_it_writes_no_reason() -> None:
    client = visitor(cast.ana())
    filled_form(client, reason="otro").post(email="x")
    assert not Reason.objects.filter(text=OTHER_REASON).exists()


def test_a24_with_several_types_it_is_of_the_type_chosen() -> None:
    client = visitor(cast.ana())
    other = RequestType.objects.create(code="pause", name="Pausa", position=9)  # with no reason of any kind
    assert filled_form(client, reason="otro", request_type=str(other.pk)).post().status_code == 303
    ticket = Ticket.objects.get()
    assert (ticket.request_type, ticket.reason and ticket.reason.request_type) == (other, other)
