"""Claim, send, record (R4.04-R4.13): a message leaves once, or again if a process dies between the last two.

A claim is a conditional UPDATE, so any number of workers and sweeps may try at once; no transaction is open while a
carrier is awaited; what became of it is recorded only by whoever still holds the lease.
"""

import logging
import secrets
import time
from collections import Counter
from datetime import timedelta
from enum import StrEnum

from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, When
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import receipts, sweep
from notifications.carriage import Carrier
from notifications.gateways import AmbiguousFailure, PermanentFailure, TemporaryFailure
from notifications.mail_failures import CarrierAway
from notifications.models import Message

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any send: a task ends after 60 s
FIRST_WAIT, LONGEST_WAIT = 10, 600  # seconds (R4.08)
LOST_LEASES = 3  # processes that may die at one message before it is taken for the cause (R4.12)
SMS_AT_MOST = 2  # that may have left, of one message (R1.24)
HEAD_START = timedelta(seconds=3)  # what the sweep leaves to the worker
BITE = 50  # messages a sweep takes at once
BITE_SECONDS = 20  # and for how long, so that a slow server does not run into the worker's time limit

_jitter = secrets.SystemRandom()


class Outcome(StrEnum):
    """What a call did for the message."""

    SENT = "sent"
    AGAIN = "again"  # it will be tried again
    FAILED = "failed"
    DEAD = "dead"
    NOT_OURS = "not_ours"  # not due, already sent, or taken by somebody else


def deliver(pk: int) -> Outcome:
    """Send one message, if it is due and nobody is at it. Calling it twice sends once."""
    with Carrier() as carrier:
        return _deliver(pk, carrier)[0]


def deliver_due(limit: int | None = None, head_start: timedelta = timedelta(0)) -> Counter[Outcome]:
    """Send what is due and has been for `head_start`, oldest first, until `limit`, a call to stop or a mute carrier."""
    counts: Counter[Outcome] = Counter()
    due = Message.objects.due(timezone.now() - head_start).order_by("next_at", "pk").values_list("pk", flat=True)
    ends = time.monotonic() + BITE_SECONDS
    with Carrier() as carrier:
        for pk in list(due[:limit]):
            if sweep.stopping() or (limit is not None and time.monotonic() > ends):
                break
            outcome, away = _deliver(pk, carrier)
            counts[outcome] += 1
            if away:
                break
    return counts


def sweep_messages() -> int:
    """The sweep of this app: what the worker did not send in time. Returns how many messages it handled."""
    counts = deliver_due(limit=BITE, head_start=HEAD_START)
    return counts.total() - counts[Outcome.NOT_OURS]


def _deliver(pk: int, carrier: Carrier) -> tuple[Outcome, bool]:
    """Also says whether the carrier is away, so that a batch ends there."""
    if _bury_poison(pk):
        return Outcome.DEAD, False
    message = _claim(pk)
    if message is None:
        return Outcome.NOT_OURS, False
    try:
        provider_id = carrier.send(message)
    except SoftTimeLimitExceeded:
        raise  # the worker is being stopped: the lease runs out and the message is sent then
    except (TemporaryFailure, DatabaseFailure) as error:  # the demo's carriers write to the database
        postpone = _postpone_doubtful if isinstance(error, AmbiguousFailure) else _postpone
        return postpone(message, str(error)), isinstance(error, CarrierAway)
    except PermanentFailure as error:
        return _end(message, Outcome.FAILED, str(error)), False
    except Exception as error:
        logger.exception("message %s cannot be built or sent", message.pk)
        return _end(message, Outcome.DEAD, type(error).__name__), False
    _record_sent(message, provider_id[:200])
    return Outcome.SENT, False


def _claim(pk: int) -> Message | None:
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


def _bury_poison(pk: int) -> bool:
    """Give a message up when process after process died at it, so that it does not take every worker down (R4.12)."""
    expired = Message.objects.due(timezone.now()).filter(pk=pk, state=Message.State.SENDING)
    enough = Q(lost_leases__gte=LOST_LEASES - 1) | Q(maybe_sent__gte=SMS_AT_MOST)
    buried = expired.filter(enough).update(
        state=Message.State.DEAD,
        lost_leases=F("lost_leases") + 1,
        last_error=_("Los procesos que lo enviaban terminaron sin dejar resultado."),
        leased_until=None,
        lease_token="",
    )
    if buried:
        logger.error("message %s is dead: process after process ended while sending it", pk)
    return bool(buried)


def _postpone(message: Message, reason: str) -> Outcome:
    now = timezone.now()
    if now >= message.give_up_at:
        return _end(message, Outcome.DEAD, reason)
    next_at = now + timedelta(seconds=_wait(message.attempts))
    left = max(0, message.maybe_sent - 1)  # this one did not
    _record(message, state=Message.State.QUEUED, next_at=next_at, maybe_sent=left, last_error=reason[:200])
    return Outcome.AGAIN


def _postpone_doubtful(message: Message, reason: str) -> Outcome:
    """The one repetition there may be comes late, when an outage may be over: nobody sits waiting for it."""
    next_at = timezone.now() + timedelta(seconds=LONGEST_WAIT)
    if message.maybe_sent >= SMS_AT_MOST or next_at >= message.give_up_at:
        return _end(message, Outcome.DEAD, reason)
    _record(message, state=Message.State.QUEUED, next_at=next_at, last_error=reason[:200])
    return Outcome.AGAIN


def _wait(attempts: int) -> float:
    """Exponential with full jitter: after an outage not everything comes at once."""
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10))
    return _jitter.uniform(0, ceiling)


def _end(message: Message, outcome: Outcome, reason: str) -> Outcome:
    # The reason may quote the recipient's address: it is kept in the row and stays out of the log
    logger.error("message %s is %s after %s attempts", message.pk, outcome, message.attempts)
    message.state, message.last_error = outcome.value, reason[:200]
    with transaction.atomic():
        recorded = _record(message, state=message.state, last_error=message.last_error)
        if recorded and outcome is Outcome.FAILED:
            receipts.failed(message)
    return outcome


def _record_sent(message: Message, provider_id: str) -> None:
    sms = message.channel == Message.Channel.SMS
    _record(
        message,
        state=Message.State.SENT,
        sent_at=timezone.now(),
        provider_id=provider_id,
        poll_at=receipts.poll_at(provider_id) if sms else None,
        last_error="",
    )


def _record(message: Message, **values: object) -> bool:
    """Write what became of it, unless the lease ran out and somebody else took the message since."""
    lease = Message.objects.filter(pk=message.pk, state=Message.State.SENDING, lease_token=message.lease_token)
    # An outcome shows that it is not the message that ends processes: the count starts anew
    recorded = lease.update(leased_until=None, lease_token="", lost_leases=0, **values)
    if not recorded:
        logger.warning("message %s: the lease ran out before the outcome was known", message.pk)
    return bool(recorded)
