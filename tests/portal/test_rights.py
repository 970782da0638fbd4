"""Rights follow the company, not the person (A20, A21): each role opens each page of a ticket."""

import pytest
from django.test import Client

from companies.models import Administration, Administrator, Company
from tests import cast
from tests.tickets.portal_client import COMPANY, ENTRY, filled_form, pdf, soup, text_of, visitor
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
LIST = "/fidelizacion/tickets/"
ROLES = {
    "who made it": True,
    "a colleague": True,
    "who became administrator since": True,
    "who made it and has left the company": False,
    "a colleague who has left the company": False,
    "an administrator of another company": False,
}


def page_of(ticket: Ticket, query: str = "") -> str:
    return f"/fidelizacion/ticket/{ticket.number}/{query}"


def leave(administrator: Administrator, company: Company) -> None:
    """Withdraw one company; the person stays an administrator of another."""
    Administration.objects.filter(administrator=administrator, company=company).delete()


def confirm_request(client: Client) -> Ticket:
    filled_form(client).post(attachments=pdf("contrato firmado.pdf"))
    return Ticket.objects.get()


@pytest.fixture
def acme() -> Company:
    return cast.make_company("Acme del Ecuador S. A.")


@pytest.fixture
def visit(acme: Company, request: pytest.FixtureRequest) -> tuple[Client, Ticket]:
    """The browser of the role that the test names, and the ticket that Ana made for Acme."""
    role, elsewhere = request.param, cast.make_company("Otra S. A.")
    ana = cast.ana(acme)
    maker = visitor(ana)
    ticket = confirm_request(maker)
    if role == "who made it":
        return maker, ticket
    if role == "who made it and has left the company":
        Administration.objects.create(administrator=ana, company=elsewhere)
        leave(ana, acme)
        return maker, ticket
    companies = [elsewhere] if role == "an administrator of another company" else [acme, elsewhere]
    bruno = cast.bruno(*companies)
    client = visitor(bruno)
    if role == "a colleague who has left the company":
        assert client.get(page_of(ticket)).status_code == 200
        leave(bruno, acme)
    if role == "who became administrator since":
        leave(ana, acme)
    return client, ticket


each_role = pytest.mark.parametrize(
    ("visit", "allowed"),
    list(ROLES.items()),
    indirect=["visit"],
    ids=[name.replace(" ", "_") for name in ROLES],
)


@each_role
def test_a21_the_list_holds_the_requests_of_present_companies(
    visit: tuple[Client, Ticket], allowed: bool
) -> None:
    client, ticket = visit
    assert (str(ticket.number) in text_of(client.get(LIST))) is allowed


@pytest.mark.parametrize("query", ["", "?creado=1"])
@each_role
def test_a21_the_page_of_a_request_opens_for_present_administrators(
    visit: tuple[Client, Ticket], allowed: bool, query: str
) -> None:
    client, ticket = visit
    assert client.get(page_of(ticket, query)).status_code == (200 if allowed else 404)


@each_role
def test_a21_so_do_the_names_of_its_documents(visit: tuple[Client, Ticket], allowed: bool) -> None:
    client, ticket = visit
    assert ("contrato firmado.pdf" in text_of(client.get(page_of(ticket)))) is allowed


@pytest.mark.parametrize("visit", ["a colleague"], indirect=True)
def test_a21_a_colleague_reads_who_made_it_and_not_the_result_screen(visit: tuple[Client, Ticket]) -> None:
    client, ticket = visit
    Ticket.objects.update(email="otra@acme.example")
    for address in (page_of(ticket), page_of(ticket, "?creado=1")):
        page = text_of(client.get(address))
        assert "Ana Pérez, desde el número terminado en 567" in page
        assert "También avisamos a" not in page
        assert "bruno@bruno.example" not in page
    assert "La pidió Ana Pérez." in text_of(client.get(LIST))


@pytest.mark.parametrize("visit", ["who made it"], indirect=True)
def test_a21_who_made_it_reads_so(visit: tuple[Client, Ticket]) -> None:
    client, ticket = visit
    assert "Pedida por Usted" in text_of(client.get(page_of(ticket)))
    assert "La pidió usted." in text_of(client.get(LIST))


def test_a21_an_administrator_left_with_no_company_is_signed_out(acme: Company) -> None:
    ana = cast.ana(acme)
    client = visitor(ana)
    ticket = confirm_request(client)
    leave(ana, acme)
    assert client.get(page_of(ticket))["Location"].partition("?")[0] == ENTRY


def test_a21_a_form_of_a_lost_company_is_refused_with_the_cause_before_another_is_picked(
    acme: Company,
) -> None:
    ana = cast.ana(acme, cast.make_company("Beta S. A."), cast.make_company("Gama S. A."))
    client = visitor(ana)
    client.post(COMPANY, {"company": acme.pk})
    form = filled_form(client)
    leave(ana, acme)
    answer = form.post()
    assert answer.status_code == 422
    page = text_of(answer)
    assert "No se registró nada" in page
    assert "Error:" not in page  # the form is not bound yet
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("number", ["a stranger's", "none"])
def test_a21_a_page_that_is_not_the_callers_says_why_and_leads_to_those_that_are(
    acme: Company, number: str
) -> None:
    """A visitor who followed a mail's link has just typed a PIN, so the page must not offer another
    sign-in. It is the same for a missing ticket.
    """
    theirs = cast.make_ticket(cast.bruno()).number
    answer = visitor(cast.ana(acme)).get(f"/fidelizacion/ticket/{theirs if number != 'none' else 9999999}/")
    assert answer.status_code == 404
    assert "solo a los administradores actuales de su empresa" in text_of(answer)
    assert soup(answer).select_one("main a.button")["href"] == LIST  # type: ignore[index]


def test_a21_two_companies_are_listed_together_newest_first(acme: Company) -> None:
    other = cast.make_company("Otra S. A.")
    first = cast.make_ticket(cast.ana(acme))
    second = cast.make_ticket(cast.make_administrator(other, phone="+593987654399", email="z@z.example"))
    page = visitor(cast.bruno(acme, other)).get(LIST)
    assert [ticket.number for ticket in page.context["tickets"]] == [second.number, first.number]
