"""R4.30: eight customers send requests simultaneously without a lock error."""

import logging

import pytest
from django.db import connection

from notifications.models import Message
from tests import cast
from tests.otp.concurrency import at_once
from tests.tickets.portal_client import REQUEST, fields_of, visitor
from tickets.models import Ticket, TicketEvent
from tickets.submission_key import SubmissionKey

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8


@pytest.mark.parametrize("each", [10, pytest.param(200, marks=pytest.mark.prove)])
def test_r4_30_of_eight_writers_none_gets_a_lock_error(each: int, caplog: pytest.LogCaptureFixture) -> None:
    """Each response is a ticket's, each ticket is complete, and the numbers have no gap or
    duplicate.
    """
    caplog.set_level(logging.ERROR)
    administrators = [
        cast.make_administrator(cast.make_company(f"Empresa {number} S. A."), phone=f"+59399123450{number}")
        for number in range(WRITERS)
    ]
    clients = [visitor(administrator, raise_request_exception=False) for administrator in administrators]
    forms = [fields_of(client.get(REQUEST)) for client in clients]
    reason = str(cast.a_reason().pk)

    def write(number: int) -> list[int]:
        statuses = []
        for serial in range(each):
            form = {
                **forms[number],
                "reason": reason,
                "details": f"Dar de baja la línea 09{number}{serial:07}",
            }
            key = SubmissionKey.read(form["submission_key"], administrators[number])
            company, kind = administrators[number].companies.get(), cast.make_request_type()
            fresh = SubmissionKey.mint(administrators[number], company, kind)
            assert key.shown
            form["submission_key"] = fresh.showing(
                kind, key.shown
            ).token()  # as if the form had been opened again
            statuses.append(clients[number].post(REQUEST, form).status_code)
        return statuses

    assert at_once(WRITERS, write) == [[303] * each] * WRITERS
    assert "locked" not in caplog.text
    numbers = sorted(Ticket.objects.values_list("number", flat=True))
    assert numbers == list(range(numbers[0], numbers[0] + WRITERS * each))
    assert TicketEvent.objects.values("ticket").distinct().count() == WRITERS * each
    assert Message.objects.values("subject_ref").distinct().count() >= WRITERS * each


def test_r4_30_sqlite_takes_its_write_lock_at_the_beginning_and_waits_for_it() -> None:
    """Otherwise SQLite refuses a transaction that read first, without waiting for the lock."""
    if connection.vendor != "sqlite":
        assert connection.settings_dict["ATOMIC_REQUESTS"] is False  # else each request holds the lock
        return
    connection.ensure_connection()
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
