"""Claims messages to send, so that only one process at a time sends a message (R4.04, R4.12)."""

import logging
import time
from collections.abc import Generator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import leases
from notifications.models import Message
from notifications.reports import delivery_reports
from notifications.sending import contents

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any send: a task ends after 60 s
# Mails claimed in one statement, because a claim costs as much as sending a mail
BATCH = 25
BATCH_SECONDS = 10.0  # then the rest of a batch is released, long before its lease ends
LOST_LEASES = 3  # processes that may die while sending a message before it is given up (R4.12)
SMS_AT_MOST = 2  # times that one SMS may have left (R1.24)
POISON = Q(state=Message.State.SENDING) & (
    Q(lost_leases__gte=LOST_LEASES - 1) | Q(maybe_sent__gte=SMS_AT_MOST)
)


def claim(pk: int) -> Message | None:
    """Claim one message. Returns None unless it is due, free and not poison."""
    lost_leases, maybe_sent = F("lost_leases"), F("maybe_sent")
    sending, sms = Q(state=Message.State.SENDING), Q(channel=Message.Channel.SMS)
    return leases.claim(
        Message.objects.due(timezone.now()).exclude(POISON),
        pk,
        LEASE,
        state=Message.State.SENDING,
        tried_at=timezone.now(),
        attempts=F("attempts") + 1,
        # A due message in SENDING was claimed by a process that died
        lost_leases=Case(
            When(sending, then=lost_leases + 1), default=lost_leases, output_field=IntegerField()
        ),
        # Before the SMS leaves, so that it counts even if this process dies while sending
        maybe_sent=Case(When(sms, then=maybe_sent + 1), default=maybe_sent, output_field=IntegerField()),
    )


def claim_mails(pks: Sequence[int]) -> Generator[Message]:
    """Claim those of these mails that are queued and due, in one statement, and yield them.

    Callers must close the generator, as that of `claim_due`.
    """
    queued = Message.objects.due(timezone.now()).filter(
        state=Message.State.QUEUED, channel=Message.Channel.EMAIL
    )
    yield from _one_by_one(leases.claim_each(queued, pks, LEASE, state=Message.State.SENDING))


def claim_due(due_by: datetime) -> Generator[Message]:
    """Claim and yield messages: first those whose process died, then the queue, oldest first.

    Callers must close the generator: mails of the queue are claimed in batches, and closing it
    releases those not yielded yet.
    """
    due = Message.objects.due(due_by)
    lost = due.filter(state=Message.State.SENDING).order_by("leased_until", "pk")
    for pk in list(lost.values_list("pk", flat=True)):
        if message := claim(pk):
            yield message
    queue = due.filter(state=Message.State.QUEUED).order_by("next_at", "pk")
    while batch := _claim_next(queue):
        yield from _one_by_one(batch)


def _claim_next(queue: "QuerySet[Message, Message]") -> list[Message]:
    """Claim the next few mails, or the next SMS. Returns nothing when none is left.

    PostgreSQL skips rows that others are claiming, so that several dispatchers do not compete for
    the same ones. SQLite has one writer at a time and no such clause; Django leaves it out there.
    """
    with transaction.atomic():
        rows = queue.select_for_update(skip_locked=True).values_list("pk", "channel")
        oldest = list(rows[:BATCH])
        mails = [pk for pk, _channel in takewhile(lambda row: row[1] == Message.Channel.EMAIL, oldest)]
        if mails:
            queued = Message.objects.filter(state=Message.State.QUEUED)
            return leases.claim_each(queued, mails, LEASE, state=Message.State.SENDING)
        # One at a time: an SMS claimed in a batch would count as maybe sent if the process died
        # before its turn (R1.24)
        message = claim(oldest[0][0]) if oldest else None
        return [message] if message else []


def _one_by_one(batch: list[Message]) -> Generator[Message]:
    """Render the mails of a batch, yield them for ten seconds, and release the rest.

    A mail's attempt is counted here in memory and stored with the outcome, so that a released mail
    keeps its number of attempts. An SMS was counted in its claim.
    """
    remaining, ends = batch[::-1], time.monotonic() + BATCH_SECONDS
    try:
        contents.store_each(batch)
        while remaining and time.monotonic() < ends:
            message = remaining.pop()
            if message.channel == Message.Channel.EMAIL:
                message.attempts += 1
                message.tried_at = timezone.now()
            yield message
    finally:
        if remaining:
            leases.release(remaining, state=Message.State.QUEUED)


def fail_poison_messages(pk: int | None = None) -> int:
    """Give up messages while sending which too many processes died (R4.12). Returns how many."""
    poison = Message.objects.due(timezone.now()).filter(POISON, **({} if pk is None else {"pk": pk}))
    failed = sum(_fail_poison(message) for message in list(poison.order_by("pk")))
    if failed:
        logger.error("%d messages are dead: process after process ended while sending them", failed)
    return failed


def _fail_poison(message: Message) -> bool:
    """Set the message to dead; returns False if another process did so first."""
    with transaction.atomic():
        failed = leases.held(message).update(
            state=Message.State.DEAD,
            lost_leases=F("lost_leases") + 1,
            last_error=_("Los procesos que lo enviaban terminaron sin dejar resultado."),
            leased_until=None,
            lease_token="",
        )
        if failed:
            message.refresh_from_db()
            delivery_reports.notify_failed(message)
    return bool(failed)
