"""Reasons and request types are edited at the desk; the portal offers them at once (A7, A8)."""

import pytest
from django.test import Client

from tests import cast
from tests.desk.desk import page_of, signed_in, soup, supervisor, text_of
from tests.tickets.portal_client import REQUEST, visitor
from tickets.models import OTHER_REASON, Reason, RequestType

pytestmark = pytest.mark.django_db

REASONS = "/admin/tickets/reason/"
TYPES = "/admin/tickets/requesttype/"


@pytest.fixture
def desk() -> Client:
    return signed_in(supervisor())


def offered(browser: Client) -> list[str]:
    """Return the reasons that the portal's form offers, except *Otro motivo*."""
    options = soup(browser.get(REQUEST)).select("[name=reason] option")
    return [option.get_text(strip=True) for option in options if option.get("value")]


def reason_form(reason: Reason, **changes: str) -> dict[str, str]:
    kept = {
        "request_type": str(reason.request_type_id),
        "text": reason.text,
        "position": str(reason.position),
    }
    return {**kept, "is_active": "on", **changes}


def test_a8_a_reason_added_is_offered_at_once(desk: Client) -> None:
    reason, browser = cast.a_reason(), visitor(cast.ana())
    desk.post(f"{REASONS}add/", reason_form(reason, text="Cierre de la empresa", position="9"))
    assert offered(browser)[-2:] == ["Cierre de la empresa", OTHER_REASON]  # always the last (A24)


def test_a8_a_renamed_reason_is_offered_by_its_new_text_and_old_tickets_keep_theirs(desk: Client) -> None:
    reason, browser = cast.a_reason(), visitor(cast.ana())
    ticket = cast.make_ticket()
    before = reason.text
    desk.post(f"{REASONS}{reason.pk}/change/", reason_form(reason, text="Ya no lo necesita"))
    assert "Ya no lo necesita" in offered(browser)
    assert before not in offered(browser)
    assert before in text_of(desk.get(page_of(ticket.number)))


def test_a8_a_retired_reason_is_no_longer_offered(desk: Client) -> None:
    reason, browser = cast.a_reason(), visitor(cast.ana())
    assert reason.text in offered(browser)
    retired = {name: value for name, value in reason_form(reason).items() if name != "is_active"}
    desk.post(f"{REASONS}{reason.pk}/change/", retired)
    assert reason.text not in offered(browser)
    assert Reason.objects.filter(pk=reason.pk).exists()


def test_a8_reasons_are_offered_in_the_order_given(desk: Client) -> None:
    reason, browser = cast.a_reason(), visitor(cast.ana())
    desk.post(f"{REASONS}{reason.pk}/change/", reason_form(reason, position="0"))
    assert offered(browser)[0] == reason.text


def test_the_same_reason_twice_is_refused_with_a_message(desk: Client) -> None:
    reason = cast.a_reason()
    response = desk.post(f"{REASONS}add/", reason_form(reason))
    assert response.status_code == 200
    assert "ya existe" in text_of(response).lower()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a8_a_reason_in_use_is_not_deleted_but_explained(desk: Client, method: str) -> None:
    ticket = cast.make_ticket()
    address = f"{REASONS}{ticket.reason_id}/delete/"
    response = (
        desk.get(address, follow=True)
        if method == "get"
        else desk.post(address, {"post": "yes"}, follow=True)
    )
    assert "está en uso" in text_of(response)
    assert Reason.objects.filter(text=ticket.reason_text).exists()


def test_a_reason_that_a_ticket_uses_meanwhile_is_not_deleted(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = cast.make_ticket()
    monkeypatch.setattr("desk.tickets.request_types.ReasonAdmin.in_use", lambda _self, _reason: False)
    response = desk.post(f"{REASONS}{ticket.reason_id}/delete/", {"post": "yes"}, follow=True)
    assert response.status_code == 200
    assert Reason.objects.filter(text=ticket.reason_text).exists()


def test_an_unused_reason_can_be_deleted(desk: Client) -> None:
    reason = cast.a_reason()
    desk.post(f"{REASONS}{reason.pk}/delete/", {"post": "yes"})
    assert not Reason.objects.filter(pk=reason.pk).exists()


def test_the_code_of_an_existing_request_type_cannot_be_changed(desk: Client) -> None:
    request_type = cast.make_request_type()
    inlines = ("reasons", "fields", "required_documents")
    rows = {f"{each}-{name}_FORMS": "0" for each in inlines for name in ("TOTAL", "INITIAL")}
    changed = {
        "code": "otro",
        "name": "Baja",
        "in_portal": "on",
        "family": "cancellation",
        "effective_rule": "billing_cut",
        "notice_days": "20",
    }
    desk.post(f"{TYPES}{request_type.pk}/change/", {**rows, **changed, "position": "1"})
    after = RequestType.objects.get()
    assert (after.code, after.name, after.notice_days) == (request_type.code, "Baja", 20)
