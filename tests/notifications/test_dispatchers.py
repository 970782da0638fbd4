"""Several workers and sweeps run at once: each message is sent once (R4.04)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core import mail
from django.db import connection

from notifications.models import Message
from notifications.sending import delivery
from notifications.sending.delivery import SendOutcome
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES, DISPATCHERS = 200, 4


def dispatch(together: Barrier) -> Counter[SendOutcome]:
    together.wait()
    try:
        return delivery.deliver_due()
    finally:
        connection.close()


def test_four_dispatchers_send_each_message_once_r4_04() -> None:
    keys = {queue_email().message_id for _ in range(MESSAGES)}
    with ThreadPoolExecutor(DISPATCHERS) as pool:
        each = list(pool.map(dispatch, [Barrier(DISPATCHERS)] * DISPATCHERS))
    assert sum(each, Counter[SendOutcome]())[SendOutcome.SENT] == MESSAGES
    assert sum(counts[SendOutcome.SENT] > 0 for counts in each) > 1  # the dispatchers did compete
    assert sorted(sent.extra_headers["Message-ID"] for sent in mail.outbox) == sorted(keys)
    assert not Message.objects.exclude(state=Message.State.SENT, attempts=1).exists()


def test_one_message_that_many_processes_deliver_at_once_is_sent_once_r4_13() -> None:
    message = queue_email()

    def deliver(_number: int) -> SendOutcome:
        try:
            return delivery.deliver(message.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(deliver, range(24)))
    assert outcomes == {SendOutcome.SENT: 1, SendOutcome.SKIPPED: 23}
    assert len(mail.outbox) == 1
