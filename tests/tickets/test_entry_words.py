"""The pages before the sign-in speak of the one type that is offered, or of requests (A2, A7)."""

from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from otp import sms
from tests import cast
from tests.tickets.portal_client import text_of
from tests.tickets.test_offer import Clock
from tickets import offer
from tickets.models import RequestType

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/fidelizacion/", "/fidelizacion/ayuda/")


@pytest.fixture(autouse=True)
def _type() -> None:
    cast.make_request_type()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(offer, "time", clock)
    return clock


def test_with_one_type_the_pages_and_the_sms_say_what_is_requested() -> None:
    for page in PAGES:
        assert "baja de servicios" in text_of(Client().get(page))
    assert "para solicitar la baja de servicios use el codigo 123456" in sms.text("123456")
    assert "solicite aqui la baja de servicios" in sms.invitation("https://x.example/?i=a")


def test_with_several_types_no_page_and_no_sms_names_one_of_them() -> None:
    RequestType.objects.create(code="doubt", name="Duda", position=9)
    for page in PAGES:
        shown = text_of(Client().get(page))
        assert "baja" not in shown
        assert "olicitudes" in shown
    assert "para su solicitud use el codigo 123456" in sms.text("123456")
    assert "haga aqui las solicitudes" in sms.invitation("https://x.example/?i=a")


def test_an_errand_that_does_not_fit_an_sms_is_left_out() -> None:
    RequestType.objects.update(own_words={"errand": "la revisión de " + "muchas " * 12 + "cosas 1234"})
    assert "para su solicitud use el codigo 123456" in sms.text("123456")
    assert len(sms.text("123456")) <= sms.MAX_SEPTETS


def test_the_entry_page_asks_the_database_nothing_once_the_words_are_read() -> None:
    RequestType.objects.create(code="new_service", name="Servicio nuevo", in_public_form=True)
    Client().get(PAGES[0])
    offer._offer_cache.forget()
    with CaptureQueriesContext(connection) as captured:
        shown = [Client().get(page).content.decode() for page in PAGES]
    assert [query["sql"] for query in captured] == []
    assert all("/fidelizacion/consulta/" in page for page in shown)


def test_while_the_database_is_down_the_last_words_are_used(clock: Clock) -> None:
    assert offer.entry_text("entry_title") == "Solicitud de baja de servicios"
    clock.now += offer.ENTRY_CACHE_SECONDS + 1
    with patch("tickets.offer._current", side_effect=DatabaseError) as asked:
        assert offer.entry_text("entry_title") == "Solicitud de baja de servicios"
        assert not offer.has_public_form()
    assert asked.call_count == 1  # the database is asked once a minute, not at every request


def test_another_process_change_shows_within_a_minute(clock: Clock) -> None:
    assert offer.entry_text("entry_title") == "Solicitud de baja de servicios"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_requesttype SET own_words = %s", ['{"entry_title": "Otra"}'])
    clock.now += offer.ENTRY_CACHE_SECONDS + 1
    assert offer.entry_text("entry_title") == "Otra"
