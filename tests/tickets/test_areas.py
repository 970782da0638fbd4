"""Each area of a request type gets one mail per ticket, in the ticket's transaction (D3, D6)."""

import pytest

from notifications.models import Message
from tests import cast
from tests.portal.test_request_costs import cost_of_ticket
from tests.tickets.portal_client import filled_form, visitor
from tests.tickets.test_mails import a_ticket
from tickets.emails import emails
from tickets.models import Area, Ticket

pytestmark = pytest.mark.django_db


def an_area(
    name: str = "Cobranzas", *, is_active: bool = True, checks: str = "Saldos y notas de crédito"
) -> Area:
    area = Area.objects.create(
        name=name, email=f"{name.lower()}@operadora.example", is_active=is_active, checks=checks
    )
    cast.make_request_type().areas.add(area)
    return area


def test_each_active_area_of_the_type_gets_one_mail_d6() -> None:
    collections, equipment = an_area(), an_area("Equipos")
    an_area("Retirada", is_active=False)
    Area.objects.create(name="De otro tipo", email="otro@operadora.example")
    form = filled_form(visitor(cast.ana()))
    form.post()
    form.post()
    number = Ticket.objects.get().number
    keys = {f"ticket:{number}:area:{area.pk}" for area in (collections, equipment)}
    notices = Message.objects.filter(kind="ticket_area")
    assert set(notices.values_list("dedup_key", flat=True)) == keys
    assert set(notices.values_list("to", flat=True)) == {collections.email, equipment.email}


def test_a_type_without_areas_mails_only_the_customer_and_the_advisor() -> None:
    filled_form(visitor(cast.ana())).post()
    assert set(Message.objects.values_list("kind", flat=True)) == {"ticket_confirmation", "ticket_advisor"}


def test_an_area_reads_what_to_check_until_when_and_where() -> None:
    message = emails.area_notice(a_ticket(), (), an_area())
    for part in (message.text, message.html):
        for said in (
            "Saldos y notas de crédito",
            "15 de diciembre de 2026",
            "/admin/tickets/ticket/3608314/change/",
        ):
            assert said in part.replace("\N{NO-BREAK SPACE}", " ")
    assert "detiene su solicitud" in message.text  # F1: debts inform, and never block


def test_an_area_is_not_given_the_contact_of_the_customer_f4() -> None:
    message = emails.area_notice(a_ticket(email="contacto@acme.example"), (), an_area())
    for part in (message.text, message.html):
        assert "contacto@acme.example" not in part
        assert "099 123 4567" not in part


def test_an_area_without_written_checks_gets_the_default_ones() -> None:
    assert "contratos, equipos, saldos" in emails.area_notice(a_ticket(), (), an_area(checks="")).text


@pytest.mark.django_db(transaction=True)
def test_an_area_adds_no_query_to_a_ticket_performance_md() -> None:
    """The area's message is inserted in one statement with the others."""
    form = filled_form(visitor(cast.ana()))
    none = len(cost_of_ticket(form))
    an_area()
    client = visitor(cast.bruno())
    assert len(cost_of_ticket(filled_form(client))) == none
