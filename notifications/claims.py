"""Taking messages to send: each is one process's at a time, however many there are (R4.04, R4.12).

A conditional UPDATE decides who has a message. It gives a lease, not a lock: no transaction is open while a carrier is
awaited, and when a process dies the lease runs out.
"""

import logging
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import receipts
from notifications.models import Message

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any send: a task ends after 60 s
LOST_LEASES = 3  # processes that may die at one message before it is taken for the cause (R4.12)
SMS_AT_MOST = 2  # that may have left, of one message (R1.24)


def claim(pk: int) -> Message | None:
    """The message, if it is due and nobody has it."""
    now = timezone.now()
    token = secrets.token_hex(16)
    lost = F("lost_leases")
    lost_now = Case(When(state=Message.State.SENDING, then=lost + 1), default=lost, output_field=IntegerField())
    # Counted before it leaves, so that a process that dies meanwhile has counted
    left = F("maybe_sent")
    left_now = Case(When(channel=Message.Channel.SMS, then=left + 1), default=left, output_field=IntegerField())
    claimed = Message.objects.due(now).filter(pk=pk).update(
        state=Message.State.SENDING,
        leased_until=now + LEASE,
        lease_token=token,
        tried_at=now,
        attempts=F("attempts") + 1,
        lost_leases=lost_now,
        maybe_sent=left_now,
    )  # fmt: skip
    return Message.objects.filter(pk=pk, lease_token=token).first() if claimed else None


def take(due_by: datetime) -> Iterator[Message]:
    """One message after the other, taken as it is asked for: those whose process died, then the queue, oldest first."""
    due = Message.objects.due(due_by).values_list("pk", flat=True)
    for pk in list(due.filter(state=Message.State.SENDING).order_by("leased_until", "pk")):
        message = claim(pk)
        if message is not None:
            yield message
    queue = due.filter(state=Message.State.QUEUED).order_by("next_at", "pk")
    while queue.exists():
        message = _claim_first(queue)
        if message is not None:
            yield message


def bury_poison(pk: int | None = None) -> int:
    """Give up what process after process died at, so that it does not take every worker down (R4.12). How many."""
    expired = Message.objects.due(timezone.now()).filter(state=Message.State.SENDING)
    enough = Q(lost_leases__gte=LOST_LEASES - 1) | Q(maybe_sent__gte=SMS_AT_MOST)
    poison = expired.filter(enough, **({} if pk is None else {"pk": pk}))
    buried = sum(_buried(message) for message in list(poison.order_by("pk")))
    if buried:
        logger.error("%d messages are dead: process after process ended while sending them", buried)
    return buried


def _buried(message: Message) -> bool:
    """Whether it was us: two processes may find the same one."""
    with transaction.atomic():
        same = Message.objects.filter(pk=message.pk, state=Message.State.SENDING, lease_token=message.lease_token)
        buried = same.update(
            state=Message.State.DEAD,
            lost_leases=F("lost_leases") + 1,
            last_error=_("Los procesos que lo enviaban terminaron sin dejar resultado."),
            leased_until=None,
            lease_token="",
        )
        if buried:
            message.refresh_from_db()
            receipts.given_up(message)
    return bool(buried)


def _claim_first(queue: "QuerySet[Message, int]") -> Message | None:
    """The first that nobody else is taking at this instant.

    PostgreSQL passes over the rows that others are at, so that several dispatchers do not run for the same one. SQLite
    lets one writer in at a time and needs no such words: Django leaves them out there.
    """
    with transaction.atomic():
        pk = queue.select_for_update(skip_locked=True).first()
        return claim(pk) if pk is not None else None
