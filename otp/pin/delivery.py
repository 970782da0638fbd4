"""Sends the SMS of a challenge, in the worker or by the sweep (R1.14, R1.15).

The steps are: claim the challenge, look up the number in the directory, send, record the outcome.
No transaction is open while the directory or the gateway is awaited.
"""

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from companies.directory import directory
from jobs import leases
from jobs import sweep as sweeps
from jobs.database_retry import retry_while_down
from notifications.reports import delivery_reports
from notifications.sms import AmbiguousFailure, PermanentFailure, TemporaryFailure, sms_gateway
from otp import audit, sms
from otp.limits import quotas
from otp.limits.limits import Limit, LimitReached, consume, give_back
from otp.models import Challenge
from otp.pin import codes

logger = logging.getLogger(__name__)

# Longer than the slowest gateway takes: three addresses at 4 s and 10 s to answer
LEASE = timedelta(seconds=25)
WORKER_GRACE = timedelta(seconds=2)  # the worker has this long before the sweep sends (R4.05)
MAX_SENDS = 3  # attempts
SMS_AT_MOST = 2  # SMS of one code that may have left; each one costs money (R1.24)
RETRY_AFTER = timedelta(seconds=5)  # multiplied by the attempts so far; jitter adds up to half of it
SWEEP_BATCH = 100  # challenges
PARALLEL_SENDS = 20  # by the sweep; each thread has a connection to the database

_jitter = secrets.SystemRandom()

Outcome = Challenge.Outcome
RESULTS = {
    Outcome.HANDLED: audit.Result.DONE,
    Outcome.FAILED: audit.Result.UNSENT,
    Outcome.DOUBTFUL: audit.Result.DOUBTFUL,
    Outcome.EXPIRED: audit.Result.EXPIRED,
    Outcome.LIMIT: audit.Result.LIMIT,
}


def send(pk: int) -> None:
    """Claim a challenge, and send its SMS if the number is a registered administrator's (R1.15).

    Does nothing if the challenge is not due or another process has it. The challenge of any other
    number is only marked as handled.
    """
    challenge = leases.claim(_due(timezone.now()), pk, LEASE, send_attempts=F("send_attempts") + 1)
    if challenge is None:
        return
    if directory().administrator(challenge.phone) is None:
        _record(challenge, Outcome.HANDLED, result=audit.Result.NOBODY)
        return
    seconds_left = int((challenge.expires_at - timezone.now()).total_seconds())
    if seconds_left < 1:
        _record(challenge, Outcome.EXPIRED)
        return
    _send_code(challenge, seconds_left)


def sweep() -> int:
    """Send the codes that no worker sent in time, and expire the old ones (R1.23). Returns how many
    it tried to send.
    """
    now = timezone.now()
    for challenge in Challenge.objects.filter(outcome=Outcome.PENDING, expires_at__lte=now)[:SWEEP_BATCH]:
        _record(challenge, Outcome.EXPIRED)
    waiting = list(_due(now).order_by("pk").values_list("pk", "created_at")[:SWEEP_BATCH])
    # If one code is late, the worker does not keep up, so newer codes are sent too, without grace
    late = any(created_at <= now - WORKER_GRACE for _pk, created_at in waiting)
    pks = [pk for pk, _created_at in waiting] if late else []
    if len(pks) < 2:
        return sum(_try_send(pk) for pk in pks)
    # In parallel: a gateway may take seconds for each, and people wait for all of them
    with ThreadPoolExecutor(min(len(pks), PARALLEL_SENDS), "code") as threads:
        return sum(threads.map(_try_send_in_thread, pks))


def _try_send(pk: int) -> bool:
    """Send one code, unless the process is asked to stop. Returns whether it tried."""
    if sweeps.stopping():
        return False
    try:
        send(pk)
    except Exception as error:  # noqa: BLE001  one failure must not stop the others
        logger.error("challenge %d: %s", pk, type(error).__name__)  # noqa: TRY400  a traceback may quote the number
    return True


def _try_send_in_thread(pk: int) -> bool:
    try:
        return _try_send(pk)
    finally:
        connection.close()  # Django opened it for this thread only, and would leave it open


def _due(now: datetime) -> QuerySet[Challenge]:
    """Return the pending challenges that no process has leased, that are neither used nor closed,
    and that may still be sent.
    """
    return Challenge.objects.filter(
        leases.free(now),
        outcome=Outcome.PENDING,
        used_at=None,
        closed_at=None,
        send_attempts__lt=MAX_SENDS,
        maybe_sent__lt=SMS_AT_MOST,
    )


def _send_code(challenge: Challenge, seconds_left: int) -> None:
    try:
        if not _count(challenge):
            return
    except LimitReached:
        # The day's limit was reached since the code was asked for. An SMS that may have left before
        # stays in doubt
        _record(challenge, Outcome.DOUBTFUL if challenge.maybe_sent else Outcome.LIMIT)
        return
    text = sms.text(codes.derive(challenge.nonce, challenge.phone))
    try:
        provider_id = sms_gateway().send(challenge.phone, text, seconds_left=seconds_left)
    except TemporaryFailure as failure:
        logger.warning("challenge %d, send %d: %s", challenge.pk, challenge.send_attempts, failure)
        _retry_or_give_up(challenge, str(failure), may_have_left=isinstance(failure, AmbiguousFailure))
    except PermanentFailure as failure:
        logger.warning("challenge %d refused: %s", challenge.pk, failure)
        _uncount(challenge)
        _record(challenge, Outcome.FAILED, reason=str(failure))
    else:
        retry_while_down(lambda: _record(challenge, Outcome.HANDLED, provider_id[:64]))


def _count(challenge: Challenge) -> bool:
    """Count an SMS before it leaves, on the challenge and on the day.

    Returns False if the code was answered or replaced meanwhile. Counting first means that even
    after a kill no third SMS follows, and that a code sent again counts twice. Raises LimitReached,
    with nothing counted, when the day's limit is reached.
    """
    unanswered = _held(challenge).filter(used_at=None, closed_at=None, maybe_sent__lt=SMS_AT_MOST)
    with transaction.atomic():
        if unanswered.update(maybe_sent=F("maybe_sent") + 1) != 1:
            return False
        consume(_daily_limit(challenge))
    return True


def _uncount(challenge: Challenge) -> None:
    """Undo `_count` for an SMS that certainly did not leave."""
    with transaction.atomic():
        if _held(challenge).update(maybe_sent=F("maybe_sent") - 1):
            give_back(_daily_limit(challenge))


def _daily_limit(challenge: Challenge) -> Limit:
    return quotas.sends_of_day(invited=challenge.invitation_id is not None)


def _retry_or_give_up(challenge: Challenge, reason: str, *, may_have_left: bool) -> None:
    if not may_have_left:
        _uncount(challenge)
    challenge.refresh_from_db(fields=["maybe_sent"])
    if challenge.send_attempts >= MAX_SENDS or challenge.maybe_sent >= SMS_AT_MOST:
        outcome = Outcome.DOUBTFUL if challenge.maybe_sent else Outcome.FAILED
        _record(challenge, outcome, reason=reason)
        return
    # The lease is extended to be the pause: no process claims the challenge before it ends
    pause = RETRY_AFTER * challenge.send_attempts * _jitter.uniform(1, 1.5)
    _held(challenge).update(leased_until=timezone.now() + pause)


def _record(
    challenge: Challenge,
    outcome: Challenge.Outcome,
    provider_id: str = "",
    result: audit.Result | None = None,
    reason: str = "",
) -> None:
    """Write the outcome and its audit event, if the lease is still held. If the provider accepted
    the SMS (`provider_id`), the event is written even after the lease was lost.
    """
    changes = {
        "outcome": outcome,
        "handled_at": timezone.now(),
        "provider_id": provider_id,
        "delivery": Challenge.Delivery.ACCEPTED if provider_id else "",
        "provider_error": reason[:100],
        "poll_at": delivery_reports.poll_at(provider_id),
        "leased_until": None,
        "lease_token": "",
    }
    with transaction.atomic():
        if _held(challenge).update(**changes) or provider_id:
            audit.record(
                audit.Kind.SENT,
                result or RESULTS[outcome],
                challenge.phone,
                session_ref=challenge.session_ref,
                reason=reason,
            )


def _held(challenge: Challenge) -> QuerySet[Challenge]:
    """Return the pending row, unless another process has claimed it since it was read.

    The sweep also expires challenges that no process claimed, whose token is empty. The filter on
    the outcome then lets only one of two sweeps write.
    """
    return leases.held(challenge).filter(outcome=Outcome.PENDING)
