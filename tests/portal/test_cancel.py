"""*Cancelar* and *Salir* on the request form ask before they drop input (P4, A13)."""

from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.tickets.portal_client import (
    ENTRY,
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
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
CANCEL = "/fidelizacion/solicitud/cancelar/"
LEAVE = "/fidelizacion/salir/"


def untouched() -> Filled:
    client = visitor(cast.ana())
    return Filled(client, fields_of(client.get(REQUEST)))


def cancel(form: Filled, **changes: Any) -> Any:
    return form.client.post(CANCEL, {**form.values, **changes})


def is_verified(client: Client) -> bool:
    return client.get("/fidelizacion/tickets/").status_code == 200


def test_an_untouched_form_is_left_at_once() -> None:
    form = untouched()
    answer = cancel(form, attachments="")
    assert (answer.status_code, answer["Location"]) == (302, ENTRY)
    assert not is_verified(form.client)


@pytest.mark.parametrize(
    "typed",
    [
        {"details": "La línea 0991112223"},
        {"requester_name": "Otra persona"},
        {"email": "otra@acme.example"},
        {"contact_phone": "02 234 5678"},
        {"reason": "2"},
        {"attachments": "carta.pdf"},
    ],
    ids=lambda typed: next(iter(typed)),
)
def test_whatever_was_typed_is_asked_about_first(typed: dict[str, str]) -> None:
    form = untouched()
    answer = cancel(form, **typed)
    assert (answer.status_code, answer["Location"]) == (303, CANCEL)
    question = form.client.get(CANCEL)
    assert "Todavía no se registró nada" in text_of(question)
    assert is_verified(form.client)
    assert not Ticket.objects.exists()


def test_who_stays_has_everything_back_and_may_confirm() -> None:
    client = visitor(cast.ana())
    form = filled_form(client, **fields_of(filled_form(client).post(reason="", attachments=pdf("antes.pdf"))))
    typed = {"details": "Lo de Loja\r\ny Zamora", "email": "ana@", "reason": str(cast.a_reason(4).pk)}
    cancel(form, **typed)
    client.get(CANCEL)  # looking at the question changes nothing
    way_on = soup(client.get(CANCEL)).select_one("main a.button")
    assert way_on is not None
    shown = client.get(str(way_on["href"]))
    assert fields_of(shown) == {**form.values, **typed}
    assert list(staged_in(shown)) == ["antes.pdf"]
    assert "Su sesión terminó" not in text_of(shown)
    assert Filled(client, fields_of(shown)).post(email="ana@acme.example").status_code == 303


def test_files_chosen_and_not_sent_are_named() -> None:
    form = filled_form(visitor(cast.ana()))
    cancel(form, attachments=["carta.pdf", "x" * 5000, "", *["otra.pdf"] * 20])
    shown = text_of(form.client.get(REQUEST))
    assert "«carta.pdf»: elíjalo otra vez." in shown
    assert shown.count("elíjalo otra vez") == 5
    assert "x" * 201 not in shown


def test_who_leaves_leaves_nothing_behind() -> None:
    form = filled_form(visitor(cast.ana()))
    cancel(form)
    leave = soup(form.client.get(CANCEL)).select_one("main form")
    assert leave is not None
    assert leave["action"] == LEAVE
    form.client.post(LEAVE)
    assert not [key for key in form.client.session.keys() if key.startswith("portal.")]  # noqa: SIM118  no mapping


def test_with_nothing_kept_there_is_nothing_to_ask() -> None:
    assert visitor(cast.ana()).get(CANCEL)["Location"] == REQUEST


def test_both_ways_out_of_the_form_ask() -> None:
    """*Cancelar* is in the form and *Salir* in the header, whose button sends the form too."""
    page = soup(visitor(cast.ana()).get(REQUEST))
    form = page.select_one("form[enctype]")
    assert form is not None
    inside = form.select_one(f"button[formaction='{CANCEL}']")
    above = page.select_one(f"nav button[formaction='{CANCEL}']")
    assert inside is not None
    assert above is not None
    assert above["form"] == form["id"]
    assert not page.select(f"form[action='{LEAVE}']")
