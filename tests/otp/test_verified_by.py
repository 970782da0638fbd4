"""The session and the ticket record how the customer was verified; the advisor sees it (R2.10)."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests import cast
from tests.desk.desk import advisor, page_of, signed_in
from tests.otp import gateway, pin_client
from tests.tickets.portal_client import filled_form, text_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "shown"), [("network", "Red móvil del operador"), ("pin", "Código por SMS")]
)
def test_r2_10_the_session_and_the_ticket_hold_how_and_the_advisor_sees_it(
    client: Client, settings: Settings, method: str, shown: str
) -> None:
    cast.make_request_type()
    cast.ana()
    if method == "network":
        gateway.configure(settings)
        assert gateway.enter(client) == gateway.PAST_THE_PIN
    else:
        pin_client.verify(client, cast.ANA_PHONE)
    assert client.session["portal.visitor"]["method"] == method
    assert filled_form(client).post().status_code == 303
    ticket = Ticket.objects.get()
    assert ticket.verified_by == method
    assert f"({shown})" in text_of(signed_in(advisor()).get(page_of(ticket.number)))
