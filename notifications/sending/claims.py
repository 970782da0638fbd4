"""Taking messages to send: each is one process's at a time, however many there are (R4.04).

A conditional UPDATE decides who has a message. It gives a lease, not a lock: no transaction is open
while a carrier is awaited, and when a process dies the lease runs out.
"""

import logging
import secrets
import time
from collections.abc import Generator
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.models import Message
from notifications.reports import delivery_reports

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any send: a task ends after 60 s
BATCH = 25  # mails claimed at once: a claim costs as much as sending one
BATCH_SECONDS = 10.0  # after which the rest of a batch goes back, long before its lease runs out
LOST_LEASES = 3  # processes that may die at one message before it is taken for the cause (R4.12)
SMS_AT_MOST = 2  # that may have left, of one message (R1.24)
POISON = Q(state=Message.State.SENDING) & (
    Q(lost_leases__gte=LOST_LEASES - 1) | Q(maybe_sent__gte=SMS_AT_MOST)
)


def claim(pk: int) -> Message | None:
    """The message, if it is due, nobody has it, and it is not what processes die at."""
    now = timezone.now()
    token = secrets.token_hex(16)
    lost = F("lost_leases")
    lost_now = Case(
        When(state=Message.State.SENDING, then=lost + 1), default=lost, output_field=IntegerField()
    )
    # Counted before it leaves, so that a process that dies meanwhile has counted
    left = F("maybe_sent")
    left_now = Case(
        When(channel=Message.Channel.SMS, then=left + 1), default=left, output_field=IntegerField()
    )
    claimed = Message.objects.due(now).filter(pk=pk).exclude(POISON).update(
        state=Message.State.SENDING,
        leased_until=now + LEASE,
        lease_token=token,
        tried_at=now,
        attempts=F("attempts") + 1,
        lost_leases=lost_now,
        maybe_sent=left_now,
    )  # fmt: skip
    return Message.objects.filter(pk=pk, lease_token=token).first() if claimed else None


def take(due_by: datetime) -> Generator[Message]:
    """One message after the other: those whose process died, then the queue, oldest first.

    Close it where you stop: mails of the queue are claimed in batches, and those not handed out go
    back at once.
    """
    due = Message.objects.due(due_by)
    for pk in list(
        due.filter(state=Message.State.SENDING).order_by("leased_until", "pk").values_list("pk", flat=True)
    ):
        message = claim(pk)
        if message is not None:
            yield message
    queue = due.filter(state=Message.State.QUEUED).order_by("next_at", "pk")
    while batch := _claim_next(queue):
        yield from _one_by_one(batch)


def fail_poison_messages(pk: int | None = None) -> int:
    """Give up what process after process died at, so that it does not take every worker down
    (R4.12). How many.
    """
    poison = Message.objects.due(timezone.now()).filter(POISON, **({} if pk is None else {"pk": pk}))
    buried = sum(_fail_if_poison(message) for message in list(poison.order_by("pk")))
    if buried:
        logger.error("%d messages are dead: process after process ended while sending them", buried)
    return buried


def _fail_if_poison(message: Message) -> bool:
    """Whether it was us: two processes may find the same one."""
    with transaction.atomic():
        same = Message.objects.filter(
            pk=message.pk, state=Message.State.SENDING, lease_token=message.lease_token
        )
        buried = same.update(
            state=Message.State.DEAD,
            lost_leases=F("lost_leases") + 1,
            last_error=_("Los procesos que lo enviaban terminaron sin dejar resultado."),
            leased_until=None,
            lease_token="",
        )
        if buried:
            message.refresh_from_db()
            delivery_reports.notify_failed(message)
    return bool(buried)


def _claim_next(queue: "QuerySet[Message, Message]") -> list[Message]:
    """The first few mails, or the one SMS, that nobody else is taking at this instant; nothing when
    none is left.

    PostgreSQL passes over the rows that others are at, so that several dispatchers do not run for
    the same ones. SQLite lets one writer in at a time and needs no such words: Django leaves them
    out there.
    """
    with transaction.atomic():
        first = list(queue.select_for_update(skip_locked=True).values_list("pk", "channel")[:BATCH])
        mails = [pk for pk, _channel in takewhile(lambda row: row[1] == Message.Channel.EMAIL, first)]
        if mails:
            return _claim_mails(mails)
        # An SMS may leave once more at most: none is claimed that a process would die with untried
        # (R1.24)
        message = claim(first[0][0]) if first else None
        return [message] if message else []


def _claim_mails(pks: list[int]) -> list[Message]:
    now, token = timezone.now(), secrets.token_hex(16)
    Message.objects.filter(pk__in=pks, state=Message.State.QUEUED).update(
        state=Message.State.SENDING, leased_until=now + LEASE, lease_token=token
    )
    claimed = {message.pk: message for message in Message.objects.filter(pk__in=pks, lease_token=token)}
    for message in claimed.values():  # written with the outcome: whoever is not reached has not been tried
        message.attempts += 1
    return [claimed[pk] for pk in pks if pk in claimed]


def _one_by_one(batch: list[Message]) -> Generator[Message]:
    left, ends = batch[::-1], time.monotonic() + BATCH_SECONDS
    try:
        while left and time.monotonic() < ends:
            message = left.pop()
            message.tried_at = timezone.now()
            yield message
    finally:
        if left:
            _release(left)


def _release(messages: list[Message]) -> None:
    pks, token = [message.pk for message in messages], messages[0].lease_token  # one claim, one token
    held = Message.objects.filter(pk__in=pks, state=Message.State.SENDING, lease_token=token)
    try:
        held.update(state=Message.State.QUEUED, leased_until=None, lease_token="")
    except DatabaseFailure as error:
        logger.warning("%d messages wait for their lease to run out: %s", len(messages), type(error).__name__)
