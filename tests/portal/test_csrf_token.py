"""Signing in replaces the CSRF token (R1.11)."""

from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.desk.desk import soup
from tests.otp import pin_client
from tests.tickets.portal_client import REQUEST

pytestmark = pytest.mark.django_db


def token_of(page: Any) -> str:
    field = soup(page).select_one("[name=csrfmiddlewaretoken]")
    assert field
    return str(field["value"])


def verify(client: Client) -> str:
    """Sign in with a code; return the CSRF token of the code page."""
    asking = token_of(client.get(pin_client.ENTRY))
    client.post(pin_client.ENTRY, {"phone": "0991234567", "csrfmiddlewaretoken": asking})
    code, token = pin_client.receive(client), token_of(client.get(pin_client.PIN))
    assert client.post(pin_client.PIN, {"code": code, "csrfmiddlewaretoken": token}).status_code == 302
    return token


def test_r1_11_a_token_from_before_the_verification_opens_no_form_after_it() -> None:
    cast.ana()
    client = Client(enforce_csrf_checks=True)
    client.get(pin_client.ENTRY)
    before = client.cookies["csrftoken"].value
    token = verify(client)
    assert client.cookies["csrftoken"].value != before
    assert client.post(REQUEST, {"csrfmiddlewaretoken": token}).status_code == 403


def test_a_form_that_is_open_in_another_tab_survives_a_second_verification_of_the_same_number() -> None:
    cast.ana()
    client = Client(enforce_csrf_checks=True)
    verify(client)
    open_form = token_of(client.get(REQUEST))
    verify(client)
    assert client.post(REQUEST, {"csrfmiddlewaretoken": open_form}).status_code == 422
