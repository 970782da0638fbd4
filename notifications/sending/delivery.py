"""Claims, sends and records messages (R4.04-R4.13).

A message leaves once, or again if a process dies between sending and recording. Any number of
workers and sweeps may try at the same time, and no transaction is open while a server is awaited.
"""

import logging
import secrets
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from enum import StrEnum
from functools import partial

from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import leases
from jobs.database_retry import retry_while_down
from notifications.email.email_errors import ServerUnavailable
from notifications.models import Message
from notifications.reports import delivery_reports
from notifications.sending import claims, contents
from notifications.sending.transport import Transport
from notifications.sms import AmbiguousFailure, PermanentFailure, TemporaryFailure

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 10, 600  # seconds (R4.08)
WORKER_GRACE = timedelta(seconds=3)  # the worker has this long before the sweep sends
# A mail whose templates this process does not have is not due for this long, and then for every
# process
OTHER_PROCESS_WAIT = timedelta(seconds=5)
BATCH_SIZE = 50  # messages that a sweep sends at most
BATCH_SECONDS = 20  # seconds that a sweep sends, well within a task's time limit

_jitter = secrets.SystemRandom()


class SendOutcome(StrEnum):
    """What a call did with the message."""

    SENT = "sent"
    AGAIN = "again"  # it will be tried again
    FAILED = "failed"
    DEAD = "dead"
    SKIPPED = "not_ours"  # not due, already sent, or claimed by another process


def deliver(pk: int) -> SendOutcome:
    """Send one message, if it is due and no other process is sending it. A second call sends
    nothing.
    """
    message = claims.claim(pk)
    if message is None:
        return SendOutcome.DEAD if claims.fail_poison_messages(pk) else SendOutcome.SKIPPED
    with Transport() as transport:
        return _send(message, transport)[0]


def deliver_each(pks: Sequence[int]) -> Counter[SendOutcome]:
    """Send those of the mails that are due and free. If the process dies or the server is
    unavailable, the sweep sends the rest.
    """
    with Transport() as transport, closing(claims.claim_mails(pks)) as messages:
        return leases.work_through(messages, lambda message: _send(message, transport))


def deliver_due(limit: int | None = None, grace: timedelta = timedelta(0)) -> Counter[SendOutcome]:
    """Send the messages that have been due for `grace`, oldest first.

    Ends when the process is asked to stop or a server is unavailable, and with a `limit` also after
    that number of messages or 20 seconds.
    """
    dead = claims.fail_poison_messages()
    seconds = None if limit is None else BATCH_SECONDS
    remaining = None if limit is None else limit - dead
    with Transport() as transport, closing(claims.claim_due(timezone.now() - grace)) as messages:
        counts = leases.work_through(
            messages, lambda message: _send(message, transport), limit=remaining, seconds=seconds
        )
    counts.update([SendOutcome.DEAD] * dead)
    return counts


def sweep_messages() -> int:
    """Send what the worker did not send in time. Returns how many messages were handled."""
    return deliver_due(limit=BATCH_SIZE, grace=WORKER_GRACE).total()


def _send(message: Message, transport: Transport) -> tuple[SendOutcome, bool]:
    """Send a claimed message. Also returns whether the server is available for the next one."""
    try:
        contents.store(message)
        provider_id = transport.send(message)
    except SoftTimeLimitExceeded:
        raise  # the worker is being stopped: the message is sent when its lease has run out
    except contents.LeaseLost:
        return SendOutcome.SKIPPED, True
    except contents.UnknownTemplate as unknown:
        return _leave_to_another(message, str(unknown)), True
    except (TemporaryFailure, DatabaseFailure) as error:  # the demo's transports write to the database
        postpone = _postpone_doubtful if isinstance(error, AmbiguousFailure) else _postpone
        return postpone(message, str(error)), not isinstance(error, ServerUnavailable)
    except PermanentFailure as error:
        return _fail(message, SendOutcome.FAILED, str(error)), True
    except Exception as error:
        logger.exception("message %s cannot be built or sent", message.pk)
        return _fail(message, SendOutcome.DEAD, type(error).__name__), True
    _record_sent(message, provider_id[:200])
    return SendOutcome.SENT, True


def _postpone(message: Message, reason: str) -> SendOutcome:
    now = timezone.now()
    if now >= message.give_up_at:
        return _fail(message, SendOutcome.DEAD, reason)
    next_at = now + timedelta(seconds=_wait(message.attempts))
    _record(
        message,
        state=Message.State.QUEUED,
        next_at=next_at,
        maybe_sent=max(0, message.maybe_sent - 1),  # the claim counted an SMS that certainly did not leave
        last_error=reason[:200],
    )
    return SendOutcome.AGAIN


def _leave_to_another(message: Message, template: str) -> SendOutcome:
    """Queue a mail whose templates only another process has, without counting an attempt."""
    now = timezone.now()
    logger.info("message %s is left to another process: its template is %s", message.pk, template)
    if now >= message.give_up_at:
        return _fail(message, SendOutcome.DEAD, _("Ningún proceso tiene la plantilla de este correo."))
    message.attempts -= 1
    _record(message, state=Message.State.QUEUED, next_at=now + OTHER_PROCESS_WAIT)
    return SendOutcome.AGAIN


def _wait(attempts: int) -> float:
    """Return the seconds to the next attempt: exponential, with full jitter, so that after an
    outage not all messages leave at once.
    """
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10))
    return _jitter.uniform(0, ceiling)


def _postpone_doubtful(message: Message, reason: str) -> SendOutcome:
    """Queue an SMS that may have left, to be sent once more in ten minutes, when an outage may be
    over. After the second time it is dead.
    """
    next_at = timezone.now() + timedelta(seconds=LONGEST_WAIT)
    if message.maybe_sent >= claims.SMS_AT_MOST or next_at >= message.give_up_at:
        return _fail(message, SendOutcome.DEAD, reason)
    _record(message, state=Message.State.QUEUED, next_at=next_at, last_error=reason[:200])
    return SendOutcome.AGAIN


def _fail(message: Message, outcome: SendOutcome, reason: str) -> SendOutcome:
    # The reason may quote the recipient's address: it is kept in the row and stays out of the log
    logger.error("message %s is %s after %s attempts", message.pk, outcome, message.attempts)
    message.state, message.last_error = outcome.value, reason[:200]
    with transaction.atomic():
        if _record(message, state=message.state, last_error=message.last_error):
            delivery_reports.notify_failed(message)
    return outcome


def _record_sent(message: Message, provider_id: str) -> None:
    poll_at = delivery_reports.poll_at(provider_id) if message.channel == Message.Channel.SMS else None
    sent = {"sent_at": timezone.now(), "provider_id": provider_id, "poll_at": poll_at, "last_error": ""}
    retry_while_down(partial(_record, message, state=Message.State.SENT, **sent))


def _record(message: Message, **values: object) -> bool:
    """Write the outcome if this process still has the lease. An outcome shows that the message does
    not kill processes, so `lost_leases` is reset.
    """
    tried = {"attempts": message.attempts, "tried_at": message.tried_at}
    return leases.record(message, lost_leases=0, **tried, **values)
