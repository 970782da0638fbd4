"""A lease gives a row to one process, a lost lease writes nothing, and a batch ends in time."""

from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from jobs import leases, sweep
from notifications.models import Message
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=30)


def claim(message: Message) -> Message | None:
    """Claim a message and count the attempt, as the outbox does."""
    due = Message.objects.filter(leases.free(timezone.now()))
    return leases.claim(due, message.pk, LEASE, attempts=F("attempts") + 1)


def test_of_two_claims_one_gets_the_row_and_counts_an_attempt() -> None:
    message = queue_email()
    first = claim(message)
    assert first is not None
    assert claim(message) is None
    assert (first.attempts, len(first.lease_token)) == (1, 32)


def test_a_lease_that_ran_out_is_claimed_by_another_and_the_first_writes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = queue_email()
    first = claim(message)
    with time_machine.travel(timezone.now() + LEASE):
        second = claim(message)
        assert first is not None
        assert second is not None
        assert not leases.record(first, last_error="of the first")
        assert leases.held(first).count() == 0
        assert leases.record(second, last_error="of the second")
    message.refresh_from_db()
    assert (message.last_error, message.leased_until, message.lease_token) == ("of the second", None, "")
    assert message.attempts == 2  # the process that died counted one
    assert caplog.messages == [f"message {message.pk}: the lease ran out before the outcome was known"]


def test_a_row_with_a_valid_lease_cannot_be_claimed() -> None:
    message = queue_email()
    claim(message)
    with time_machine.travel(timezone.now() + LEASE - timedelta(seconds=1)):
        assert claim(message) is None


def test_free_rows_are_claimed_in_the_order_of_the_given_keys() -> None:
    messages = [queue_email() for _ in range(4)]
    claim(messages[1])
    pks = [message.pk for message in reversed(messages)]
    claimed = leases.claim_each(Message.objects.filter(leases.free(timezone.now())), pks, LEASE)
    assert [message.pk for message in claimed] == [messages[3].pk, messages[2].pk, messages[0].pk]


def test_released_rows_are_free_at_once_and_those_claimed_since_stay_so() -> None:
    messages = [queue_email() for _ in range(2)]
    pks = [message.pk for message in messages]
    claimed = leases.claim_each(Message.objects.all(), pks, LEASE)
    Message.objects.filter(pk=pks[1]).update(lease_token="of another process")
    leases.release(claimed)
    tokens = dict(Message.objects.values_list("pk", "lease_token"))
    assert tokens == {pks[0]: "", pks[1]: "of another process"}
    assert claim(messages[0]) is not None


@pytest.mark.parametrize(
    ("limit", "down_at", "worked"), [(None, None, 5), (2, None, 2), (None, 3, 3), (0, None, 1)]
)
def test_a_batch_ends_at_its_limit_and_where_a_server_is_down(
    limit: int | None, down_at: int | None, worked: int
) -> None:
    counts = leases.work_through(range(1, 6), lambda row: ("done", row != down_at), limit=limit)
    assert counts == {"done": worked}


def test_a_batch_ends_after_its_seconds() -> None:
    counts = leases.work_through(range(5), lambda _row: ("done", True), seconds=-1)
    assert counts == {"done": 1}


def test_a_batch_ends_when_the_process_is_asked_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[int] = []
    monkeypatch.setattr(sweep, "stopping", lambda: len(stopped) >= 2)

    def work(row: int) -> tuple[str, bool]:
        stopped.append(row)
        return "done", True

    assert leases.work_through(range(5), work) == {"done": 2}
    assert leases.work_through(range(5), work) == {}
