"""Claim, send, record (R4.04-R4.13): a message leaves once, or again if a process dies between the
last two.

Any number of workers and sweeps may try at once (claims.py); no transaction is open while a carrier
is awaited; what became of a message is recorded only by whoever still holds the lease.
"""

import logging
import secrets
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from enum import StrEnum
from functools import partial

from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.utils import timezone

from jobs import sweep
from jobs.database_retry import retry_while_down
from notifications.email.email_errors import ServerUnavailable
from notifications.models import Message
from notifications.reports import delivery_reports
from notifications.sending import claims
from notifications.sending.transport import Transport
from notifications.sms import AmbiguousFailure, PermanentFailure, TemporaryFailure

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 10, 600  # seconds (R4.08)
WORKER_GRACE = timedelta(seconds=3)  # what the sweep leaves to the worker
BATCH_SIZE = 50  # messages a sweep takes at once
BATCH_SECONDS = 20  # and for how long, so that a slow server does not run into the worker's time limit

_jitter = secrets.SystemRandom()


class SendOutcome(StrEnum):
    """What a call did for the message."""

    SENT = "sent"
    AGAIN = "again"  # it will be tried again
    FAILED = "failed"
    DEAD = "dead"
    SKIPPED = "not_ours"  # not due, already sent, or taken by somebody else


def deliver(pk: int) -> SendOutcome:
    """Send one message, if it is due and nobody is at it. Calling it twice sends once."""
    message = claims.claim(pk)
    if message is None:
        return SendOutcome.DEAD if claims.fail_poison_messages(pk) else SendOutcome.SKIPPED
    with Transport() as carrier:
        return _send(message, carrier)[0]


def deliver_due(limit: int | None = None, head_start: timedelta = timedelta(0)) -> Counter[SendOutcome]:
    """Send what is due and has been for `head_start`, oldest first, until `limit`, a call to stop
    or a mute carrier.
    """
    counts: Counter[SendOutcome] = Counter()
    counts.update([SendOutcome.DEAD] * claims.fail_poison_messages())
    if sweep.stopping():
        return counts
    due_by, ends = timezone.now() - head_start, time.monotonic() + BATCH_SECONDS
    with Transport() as carrier, closing(claims.take(due_by)) as messages:
        for message in messages:
            outcome, away = _send(message, carrier)
            counts[outcome] += 1
            full = limit is not None and (counts.total() >= limit or time.monotonic() > ends)
            if away or full or sweep.stopping():
                break
    return counts


def sweep_messages() -> int:
    """The sweep of this app: what the worker did not send in time. Returns how many messages it
    handled.
    """
    return deliver_due(limit=BATCH_SIZE, head_start=WORKER_GRACE).total()


def _send(message: Message, carrier: Transport) -> tuple[SendOutcome, bool]:
    """What became of a message that is ours, and whether the carrier is away, so that a batch ends
    there.
    """
    try:
        provider_id = carrier.send(message)
    except SoftTimeLimitExceeded:
        raise  # the worker is being stopped: the lease runs out and the message is sent then
    except (TemporaryFailure, DatabaseFailure) as error:  # the demo's carriers write to the database
        postpone = _postpone_doubtful if isinstance(error, AmbiguousFailure) else _postpone
        return postpone(message, str(error)), isinstance(error, ServerUnavailable)
    except PermanentFailure as error:
        return _fail(message, SendOutcome.FAILED, str(error)), False
    except Exception as error:
        logger.exception("message %s cannot be built or sent", message.pk)
        return _fail(message, SendOutcome.DEAD, type(error).__name__), False
    _record_sent(message, provider_id[:200])
    return SendOutcome.SENT, False


def _postpone(message: Message, reason: str) -> SendOutcome:
    now = timezone.now()
    if now >= message.give_up_at:
        return _fail(message, SendOutcome.DEAD, reason)
    next_at = now + timedelta(seconds=_wait(message.attempts))
    left = max(0, message.maybe_sent - 1)  # this one did not
    _record(message, state=Message.State.QUEUED, next_at=next_at, maybe_sent=left, last_error=reason[:200])
    return SendOutcome.AGAIN


def _postpone_doubtful(message: Message, reason: str) -> SendOutcome:
    """The one repetition there may be comes late, when an outage may be over: nobody sits waiting
    for it.
    """
    next_at = timezone.now() + timedelta(seconds=LONGEST_WAIT)
    if message.maybe_sent >= claims.SMS_AT_MOST or next_at >= message.give_up_at:
        return _fail(message, SendOutcome.DEAD, reason)
    _record(message, state=Message.State.QUEUED, next_at=next_at, last_error=reason[:200])
    return SendOutcome.AGAIN


def _wait(attempts: int) -> float:
    """Exponential with full jitter: after an outage not everything comes at once."""
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10))
    return _jitter.uniform(0, ceiling)


def _fail(message: Message, outcome: SendOutcome, reason: str) -> SendOutcome:
    # The reason may quote the recipient's address: it is kept in the row and stays out of the log
    logger.error("message %s is %s after %s attempts", message.pk, outcome, message.attempts)
    message.state, message.last_error = outcome.value, reason[:200]
    with transaction.atomic():
        if _record(message, state=message.state, last_error=message.last_error):
            delivery_reports.notify_failed(message)
    return outcome


def _record_sent(message: Message, provider_id: str) -> None:
    sms = message.channel == Message.Channel.SMS
    retry_while_down(
        partial(
            _record,
            message,
            state=Message.State.SENT,
            sent_at=timezone.now(),
            provider_id=provider_id,
            poll_at=delivery_reports.poll_at(provider_id) if sms else None,
            last_error="",
        )
    )


def _record(message: Message, **values: object) -> bool:
    """Write what became of it, unless the lease ran out and
    somebody else took the message since.
    """
    lease = Message.objects.filter(
        pk=message.pk, state=Message.State.SENDING, lease_token=message.lease_token
    )
    # An outcome shows that it is not the message that ends processes: the count starts anew
    tried = {"attempts": message.attempts, "tried_at": message.tried_at}
    recorded = lease.update(leased_until=None, lease_token="", lost_leases=0, **tried, **values)
    if not recorded:
        logger.warning("message %s: the lease ran out before the outcome was known", message.pk)
    return bool(recorded)
