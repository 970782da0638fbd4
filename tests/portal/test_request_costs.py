"""The number of queries per page does not grow with the company (P11)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.tickets.portal_client import REQUEST, Filled, filled_form, pdf, visitor
from tickets.offer import current_offer

# With real commits: inside the test's transaction, savepoints would be counted
pytestmark = pytest.mark.django_db(transaction=True)
BRACKETS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def queries(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"][:90] for query in captured if not query["sql"].startswith(BRACKETS)]


def cost_of_form(client: Client) -> list[str]:
    """The queries of a form whose request types were read within the last second."""
    current_offer()
    with CaptureQueriesContext(connection) as captured:
        client.get(REQUEST)
    return queries(captured)


def cost_of_ticket(form: Filled, **changes: object) -> list[str]:
    current_offer()
    with CaptureQueriesContext(connection) as captured:
        assert form.post(**changes).status_code == 303
    return queries(captured)


def test_the_form_page() -> None:
    spent = cost_of_form(visitor(cast.ana()))
    # Session, administrator with company, accounts and services, and today's similar requests (A23)
    assert len(spent) <= 3, "\n".join(spent)


def test_the_form_page_costs_a_large_company_no_more() -> None:
    small, large = cast.make_company(), cast.make_company("Grande", lines=500, cut_days=(1, 10, 20))
    few = cost_of_form(visitor(cast.ana(small)))
    manager = cast.make_administrator(large, phone=cast.BRUNO_PHONE, email="b@b.example")
    assert len(cost_of_form(visitor(manager))) == len(few)


def test_a_ticket() -> None:
    spent = cost_of_ticket(filled_form(visitor(cast.ana())))
    # Two reads: session, administrator with company. Five rows: ticket, content, event, two mails
    assert len(spent) <= 7, "\n".join(spent)


def test_a_ticket_with_documents() -> None:
    spent = cost_of_ticket(filled_form(visitor(cast.ana())), attachments=[pdf("a.pdf"), pdf("b.pdf")])
    # Those of a ticket, the documents' rows, those of an earlier click, and their quota: read
    # before the files are opened, then read and consumed with the ticket
    assert len(spent) <= 12, "\n".join(spent)
