"""A25: an inactive company's administrators read why, and lose nothing that they typed."""

import pytest

from companies.models import Company
from tests import cast
from tests.tickets.portal_client import REQUEST, fields_of, filled_form, text_of, visitor
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
WHY = "El contrato terminó el 1 de noviembre. Llame a su asesor para reactivarlo."


def deactivate() -> None:
    Company.objects.update(status="inactive", status_reason=WHY)


def test_the_form_says_why_and_what_to_do() -> None:
    client = visitor(cast.ana())
    deactivate()
    page = text_of(client.get(REQUEST))
    assert WHY in page
    assert "Confirmar" not in page
    assert "Ver mis solicitudes" in page


def test_a_company_deactivated_meanwhile_registers_nothing_and_keeps_the_text() -> None:
    form = filled_form(visitor(cast.ana()))
    deactivate()
    answer = form.post()
    assert answer.status_code == 422
    assert WHY in text_of(answer)
    assert fields_of(answer)["details"] == form.values["details"]
    assert not Ticket.objects.exists()
    Company.objects.update(status="active")
    assert form.post().status_code == 303


def test_its_requests_can_still_be_seen() -> None:
    ticket = cast.make_ticket(cast.ana())
    client = visitor(ticket.administrator or cast.ana())
    deactivate()
    assert client.get(f"/fidelizacion/ticket/{ticket.pk}/").status_code == 200
