"""Sends the SMS of a challenge, in the worker or by the sweep: claim, look up, send, record (R1.14,
R1.15).

The claim is a conditional UPDATE with a lease, so that two processes never send the same code at
once, and a process that dies leaves a lease that runs out. No transaction is open while the
directory or the gateway is awaited.
"""

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from companies.directory import directory
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

# More than the slowest gateway takes: three addresses at 4 s and 10 s to answer
LEASE = timedelta(seconds=25)
OVERDUE = timedelta(seconds=2)  # what the worker is given before the sweep takes over (R4.05)
MAX_SENDS = 3  # tries
SMS_AT_MOST = 2  # that may have left: a third would only cost (R1.24)
RETRY_AFTER = timedelta(seconds=5)
SWEEP_AT_MOST = 100
AT_ONCE = 20  # codes the sweep hands to the gateway, each with a connection to the database

_jitter = secrets.SystemRandom()

CodeOutcome = Challenge.Outcome
RESULTS = {
    CodeOutcome.HANDLED: audit.Result.DONE,
    CodeOutcome.FAILED: audit.Result.UNSENT,
    CodeOutcome.DOUBTFUL: audit.Result.DOUBTFUL,
    CodeOutcome.EXPIRED: audit.Result.EXPIRED,
    CodeOutcome.LIMIT: audit.Result.LIMIT,
}


def send(pk: int) -> None:
    """Bring one challenge to its end: an SMS to a registered administrator, and nothing to anybody
    else (R1.15).
    """
    now = timezone.now()
    if (
        _waiting(now).filter(pk=pk).update(leased_until=now + LEASE, send_attempts=F("send_attempts") + 1)
        != 1
    ):
        return
    challenge = Challenge.objects.get(pk=pk)
    if directory().administrator(challenge.phone) is None:
        _record(challenge, CodeOutcome.HANDLED, result=audit.Result.NOBODY)
        return
    seconds_left = int((challenge.expires_at - timezone.now()).total_seconds())
    if seconds_left < 1:
        _record(challenge, CodeOutcome.EXPIRED)
        return
    _hand_over(challenge, seconds_left)


def sweep() -> int:
    """Send what no worker has sent in time, and give up what has become too old (R1.23). Returns
    how many it took.
    """
    now = timezone.now()
    for challenge in Challenge.objects.filter(outcome=CodeOutcome.PENDING, expires_at__lte=now)[
        :SWEEP_AT_MOST
    ]:
        _record(challenge, CodeOutcome.EXPIRED)
    waiting = list(_waiting(now).order_by("pk").values_list("pk", "created_at")[:SWEEP_AT_MOST])
    # Where the worker is late for one, those asked for after it go along: a burst is not cut in two
    late = any(created_at <= now - OVERDUE for _pk, created_at in waiting)
    pks = [pk for pk, _created_at in waiting] if late else []
    if len(pks) < 2:
        return sum(_swept(pk) for pk in pks)
    # At once: a gateway may take seconds for each, and people wait for all of them
    with ThreadPoolExecutor(min(len(pks), AT_ONCE), "code") as threads:
        return sum(threads.map(_swept_in_thread, pks))


def _swept(pk: int) -> bool:
    """Whether it was taken."""
    if sweeps.stopping():
        return False
    try:
        send(pk)
    except Exception as error:  # noqa: BLE001  one that cannot be sent must not keep the others waiting
        logger.error("challenge %d: %s", pk, type(error).__name__)  # noqa: TRY400  a traceback may quote the number
    return True


def _swept_in_thread(pk: int) -> bool:
    try:
        return _swept(pk)
    finally:
        connection.close()  # the thread's own


def _waiting(now: datetime) -> QuerySet[Challenge]:
    """Challenges still to be sent that nobody is at: not answered, not replaced, not tried too
    often.
    """
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return Challenge.objects.filter(
        free,
        outcome=CodeOutcome.PENDING,
        used_at=None,
        closed_at=None,
        send_attempts__lt=MAX_SENDS,
        maybe_sent__lt=SMS_AT_MOST,
    )


def _hand_over(challenge: Challenge, seconds_left: int) -> None:
    try:
        if not _count(challenge):
            return
    except LimitReached:
        # The day was spent since the code was asked for. What may have left before stays in doubt
        _record(challenge, CodeOutcome.DOUBTFUL if challenge.maybe_sent else CodeOutcome.LIMIT)
        return
    text = sms.text(codes.derive(challenge.nonce, challenge.phone))
    try:
        provider_id = sms_gateway().send(challenge.phone, text, seconds_left=seconds_left)
    except TemporaryFailure as failure:
        logger.warning("challenge %d, send %d: %s", challenge.pk, challenge.send_attempts, failure)
        _retry_or_give_up(challenge, str(failure), left=isinstance(failure, AmbiguousFailure))
    except PermanentFailure as failure:
        logger.warning("challenge %d refused: %s", challenge.pk, failure)
        _take_back(challenge)
        _record(challenge, CodeOutcome.FAILED, reason=str(failure))
    else:
        retry_while_down(lambda: _record(challenge, CodeOutcome.HANDLED, provider_id[:64]))


def _count(challenge: Challenge) -> bool:
    """Count an SMS before it leaves, on the challenge and on the day. False: another answer came
    first.

    Whatever becomes of this process, no third SMS follows, and one that may have left is counted: a
    code sent again after a kill counts twice. Raises LimitReached, with nothing counted, when the
    day is spent.
    """
    unanswered = _mine(challenge).filter(used_at=None, closed_at=None, maybe_sent__lt=SMS_AT_MOST)
    with transaction.atomic():
        if unanswered.update(maybe_sent=F("maybe_sent") + 1) != 1:
            return False
        consume(_day_of(challenge))
    return True


def _take_back(challenge: Challenge) -> None:
    """The SMS is known not to have left: it counts neither on the challenge nor on the day."""
    with transaction.atomic():
        if _mine(challenge).update(maybe_sent=F("maybe_sent") - 1):
            give_back(_day_of(challenge))


def _day_of(challenge: Challenge) -> Limit:
    return quotas.sends_of_day(invited=challenge.invitation_id is not None)


def _retry_or_give_up(challenge: Challenge, reason: str, *, left: bool) -> None:
    if not left:
        _take_back(challenge)
    challenge.refresh_from_db(fields=["maybe_sent"])
    if challenge.send_attempts >= MAX_SENDS or challenge.maybe_sent >= SMS_AT_MOST:
        _record(
            challenge, CodeOutcome.DOUBTFUL if challenge.maybe_sent else CodeOutcome.FAILED, reason=reason
        )
        return
    pause = RETRY_AFTER * challenge.send_attempts * _jitter.uniform(1, 1.5)
    _mine(challenge).update(leased_until=timezone.now() + pause)


def _record(
    challenge: Challenge,
    outcome: Challenge.Outcome,
    provider_id: str = "",
    result: audit.Result | None = None,
    reason: str = "",
) -> None:
    changes = {
        "outcome": outcome,
        "handled_at": timezone.now(),
        "provider_id": provider_id,
        "delivery": Challenge.Delivery.ACCEPTED if provider_id else "",
        "provider_error": reason[:100],
        "poll_at": delivery_reports.poll_at(provider_id),
        "leased_until": None,
    }
    told = result or RESULTS[outcome]
    with transaction.atomic():
        # An SMS that went out is told even when the lease ran out meanwhile and another process has
        # taken over
        if _mine(challenge).update(**changes) or provider_id:
            audit.record(
                audit.Kind.SENT, told, challenge.phone, session_ref=challenge.session_ref, reason=reason
            )


def _mine(challenge: Challenge) -> QuerySet[Challenge]:
    """The row while the claim stands: after a lease ran out, another process may have taken it."""
    return Challenge.objects.filter(
        pk=challenge.pk, outcome=CodeOutcome.PENDING, send_attempts=challenge.send_attempts
    )
