"""The desk's searches use the PostgreSQL indexes that were created for them."""

import pytest
from django.db import connection
from django.db.models import QuerySet

from companies.models import Administrator, BillingAccount, Company, ServiceLine
from companies.search_terms import contains_words
from notifications.models import Message
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (Company.objects.filter(contains_words("legal_name", "andina")), "company_name_part"),
        (Administrator.objects.filter(contains_words("names", "zoila")), "administrator_names_part"),
        (Administrator.objects.filter(contains_words("email", "zoila@")), "administrator_email_part"),
        (Ticket.objects.filter(contains_words("company_name", "andina")), "ticket_company_name_part"),
        (BillingAccount.objects.filter(number__istartswith="1-00"), "billing_account_number_start"),
        (ServiceLine.objects.filter(number__istartswith="upc-1"), "service_line_number_start"),
        (Message.objects.filter(to__istartswith="Ana@empresa"), "message_to_start"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_search_is_answered_by_its_index(rows: "QuerySet[Ticket]", index: str) -> None:
    """Sequential scans are disabled, because on an empty table PostgreSQL would use no index."""
    assert list(rows) == []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = on")
        assert index in rows.order_by().explain()
