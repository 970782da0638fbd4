"""No transaction is open while the mail server is awaited (R4.06)."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection
from pytest_django import Settings

from notifications.models import Message
from notifications.sending import delivery
from tests.notifications.helpers import Sink, queue_email, smtp_sink

pytestmark = [pytest.mark.loopback, pytest.mark.django_db(transaction=True)]
IDLE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
MAX_WRITE_SECONDS = 15.0  # with an open transaction of SQLite, a write would wait for 20


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with smtp_sink(settings) as sink:
        yield sink


def observe_database() -> tuple[int, float]:
    """Return, from a new connection, how many connections are idle in a transaction and how many
    seconds a write takes.
    """
    started, idle = time.monotonic(), 0
    try:
        Message.objects.filter(pk=0).update(attempts=1)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Only in this database: other tests run on the same server at the same time
                cursor.execute(IDLE)
                idle = cursor.fetchone()[0]
    finally:
        connection.close()
    return idle, time.monotonic() - started


@pytest.mark.parametrize("way", ["one", "batch"])
def test_no_transaction_is_open_while_a_slow_mail_server_is_awaited_r4_06(
    sink: Sink, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed: list[tuple[int, float]] = []

    async def observe_then_accept(self: Sink, server: SMTP, session: Session, envelope: Envelope) -> str:
        observed.append(await asyncio.to_thread(observe_database))
        return "250 OK"

    monkeypatch.setattr(Sink, "handle_DATA", observe_then_accept)
    messages = [queue_email(), queue_email()]
    if way == "one":
        assert [delivery.deliver(message.pk) for message in messages] == [delivery.SendOutcome.SENT] * 2
    else:
        assert delivery.deliver_due()[delivery.SendOutcome.SENT] == 2
    assert len(observed) == 2
    assert [idle for idle, _ in observed] == [0, 0]
    assert max(seconds for _, seconds in observed) < MAX_WRITE_SECONDS
