"""Sign-out: removes all portal data; staff stay signed in to the desk (A13, R1.11, R6.09)."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from otp.models import Challenge
from tests import cast
from tests.otp import pin_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ana() -> None:
    cast.ana()


def test_leaving_ends_the_session_for_every_holder_of_its_key(client: Client) -> None:
    pin_client.verify(client, cast.ANA_PHONE)
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    page = client.post(pin_client.LEAVE)
    assert (page.status_code, page["Location"]) == (302, pin_client.ENTRY)
    assert page["Clear-Site-Data"] == '"cache", "storage"'
    for visitor in (client, thief):
        assert visitor.get("/fidelizacion/solicitud/")["Location"] == pin_client.ENTRY


def test_typing_another_number_ends_the_older_sign_in_and_its_key(client: Client) -> None:
    """R1.11"""
    pin_client.verify(client, cast.ANA_PHONE)
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    pin_client.ask(client, cast.NOBODY_PHONE)
    assert client.cookies["sessionid"].value != thief.cookies["sessionid"].value
    for visitor in (client, thief):
        assert visitor.get("/fidelizacion/solicitud/")["Location"] == pin_client.ENTRY


def test_it_says_what_was_not_confirmed_is_not_registered(client: Client) -> None:
    pin_client.verify(client, cast.ANA_PHONE)
    page = client.post(pin_client.LEAVE, {"details": "x" * 5000, "submission_key": "k"}, follow=True)
    assert "Lo que no confirmó no se registró" in page.content.decode()


def test_leaving_kills_the_code_asked_for(client: Client) -> None:
    pin_client.ask(client, cast.ANA_PHONE)
    client.post(pin_client.LEAVE)
    assert Challenge.objects.get().closed_at is not None


def test_staff_in_the_same_browser_stay_signed_in(client: Client) -> None:
    pin_client.verify(client, cast.ANA_PHONE)
    client.force_login(cast.carla())
    before = client.cookies["sessionid"].value
    client.post(pin_client.LEAVE)
    assert "_auth_user_id" in client.session
    assert not [key for key in client.session.keys() if key.startswith("portal.")]  # noqa: SIM118  a session is no mapping
    assert client.cookies["sessionid"].value != before


def test_a_visitor_who_was_never_in_leaves_without_an_error(client: Client) -> None:
    assert client.post(pin_client.LEAVE)["Location"] == pin_client.ENTRY


def test_leaving_takes_a_post(client: Client) -> None:
    """R6.10"""
    pin_client.verify(client, cast.ANA_PHONE)
    assert client.get(pin_client.LEAVE).status_code == 405
    assert client.get("/fidelizacion/solicitud/").status_code == 200


def test_the_help_page_needs_no_session(client: Client) -> None:
    page = client.get("/fidelizacion/ayuda/")
    assert page.status_code == 200
    assert (page.context["code_digits"], page.context["validity_minutes"]) == (6, 5)
    assert Session.objects.count() == 0
    assert client.post("/fidelizacion/ayuda/").status_code == 405
