"""The PIN check's number of queries does not grow with its use (P11)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from otp.limits import quotas
from otp.models import LimitUse
from tests import cast
from tests.otp import pin_client
from tests.portal.test_request_costs import queries

# With real commits: inside the test's transaction, savepoints would be counted
pytestmark = pytest.mark.django_db(transaction=True)


def cost_of_asking() -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert pin_client.ask(Client(), cast.NOBODY_PHONE).status_code == 302
    return queries(captured)


def test_a_code_asked_for() -> None:
    """Reads: limits. Writes: limits, code, its event, session."""
    spent = cost_of_asking()
    assert len(spent) <= 5, "\n".join(spent)


def test_a_code_asked_for_is_one_commit() -> None:
    """With a second one a crash between them would leave a code that its visitor cannot enter."""
    with CaptureQueriesContext(connection) as captured:
        assert pin_client.ask(Client(), cast.NOBODY_PHONE).status_code == 302
    statements = [query["sql"].split()[0] for query in captured]
    assert statements[-1] == "COMMIT", statements
    assert statements.count("COMMIT") == 1


def test_a_code_asked_for_after_many() -> None:
    cost_of_asking()
    everybody = quotas.sends_of_day(invited=False).key
    now = timezone.now()
    LimitUse.objects.bulk_create(LimitUse(key=everybody, number=number, at=now) for number in range(1, 1500))
    spent = cost_of_asking()
    assert len(spent) <= 6, "\n".join(spent)
