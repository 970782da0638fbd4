"""The PIN check. Views call `start`, `verify`, `resend` and `close`.

Registered and unknown numbers follow the same rules and run the same statements (R1.13, R1.14): the
directory is asked only after the right code was typed. Each step that may happen only once is a
conditional UPDATE whose row count is checked, because SQLite has no row locks and requests arrive
in parallel (R1.03, R1.04).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from math import ceil

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from companies.directory import directory
from jobs.enqueue import enqueue_on_commit
from jobs.insertion import insert
from otp import audit
from otp.invitations import invitations
from otp.limits import guesses, lockout, quotas
from otp.limits.limits import LimitReached, consume, consumed, give_back, limit
from otp.models import Challenge, Invitation
from otp.pin import codes

SEND_TASK = "otp.tasks.send_challenge"
ATTEMPTS = 5  # of one code: Twilio Verify 5, OWASP MFA
RESEND_WINDOW = timedelta(hours=1)  # each earlier code within it doubles the wait for the next one

ANY_UNANSWERED = """
    SELECT 1 FROM otp_challenge
    WHERE session_ref = %s AND used_at IS NULL AND closed_at IS NULL LIMIT 1
"""


class Answer(Enum):
    """The outcome of an attempt."""

    RIGHT = auto()
    WRONG = auto()
    INVALID = auto()  # the code is used, replaced, out of attempts or expired: a new one is needed
    WAIT = auto()  # this phone has too many failures, counted over all sessions
    LIMIT = auto()  # this address sent too many wrong codes, counted over all numbers


class Ended(Enum):
    """Why a code is no longer valid."""

    USED = auto()
    OUT_OF_ATTEMPTS = auto()
    EXPIRED = auto()


class TooEarly(LimitReached):
    """A resend was requested before the session's wait was over (`resend_wait`).

    The page may show this wait, because it depends on the session only.
    """


class _AlreadyRequested(Exception):
    """A session that seemed new has already requested a code: the visitor sent the form twice."""


@dataclass(frozen=True)
class AttemptResult:
    """What one attempt led to."""

    answer: Answer
    attempts_left: int = 0  # of this code
    compared: bool = False  # whether the code was compared, which uses up an attempt
    began_wait: bool = False  # whether this failure made the phone wait


AUDIT_RESULTS = {
    Answer.WRONG: audit.Result.WRONG,
    Answer.INVALID: audit.Result.INVALID,
    Answer.WAIT: audit.Result.WAITING,
    Answer.LIMIT: audit.Result.LIMIT,
}


def start(
    phone: str,
    session_ref: str,
    address: str,
    invitation: Invitation | None = None,
    *,
    remember: Callable[[], None] | None = None,
) -> Challenge:
    """Request a code for `phone`; this ends any earlier code of the browser session (R1.10).

    A request for the same number within the resend wait returns the existing challenge, so that a
    visitor who went back and pressed *Ingresar* again continues without another SMS. `invitation`
    is the live invitation of this number that the visitor opened. Raises LimitReached.

    `remember` stores `session_ref` in a browser session that has none yet. It runs in the
    challenge's transaction, so that one commit serves both, and only if this request creates one.
    """
    if remember is not None:
        # Most requests are the first of their session, so an earlier code is looked for only when
        # this fails
        with suppress(LimitReached, _AlreadyRequested):
            return _issue(phone, session_ref, address, after=0, invitation=invitation, remember=remember)
    of_phone = [each for each in _find_unanswered(session_ref) if each.phone == phone]
    if not of_phone:
        return _issue(phone, session_ref, address, after=0, invitation=invitation)
    earlier = of_phone[-1]
    if resend_wait(earlier) == 0:
        return _issue(
            phone, session_ref, address, after=earlier.pk, invitation=invitation or _invitation_of(earlier)
        )
    consume(*quotas.code_requests(session_ref, address))  # repeated requests are limited too
    if earlier.attempts >= ATTEMPTS:
        raise LimitReached
    return earlier


def resend(challenge: Challenge, address: str) -> Challenge:
    """Request another code for the same number, which ends this one (R1.19).

    Raises TooEarly during the resend wait, and LimitReached.
    """
    if resend_wait(challenge) > 0:
        raise TooEarly
    with transaction.atomic():
        # Of two requests at once, one closes the challenge and issues the next, which the other
        # then finds and returns
        if not Challenge.objects.filter(pk=challenge.pk, closed_at=None).update(closed_at=timezone.now()):
            newer = (
                _unanswered(challenge.session_ref).filter(phone=challenge.phone, pk__gt=challenge.pk).last()
            )
            if newer is not None:
                return newer
        invitation = _invitation_of(challenge)
        return _issue(
            challenge.phone, challenge.session_ref, address, after=challenge.pk, invitation=invitation
        )


def close(session_ref: str) -> None:
    """End all codes that this browser session has requested."""
    _unanswered(session_ref).update(closed_at=timezone.now())


def of_session(session_ref: str) -> Challenge | None:
    """Return the last challenge that this browser session requested, valid or not (R1.10)."""
    return Challenge.objects.filter(session_ref=session_ref).order_by("pk").last()


def resend_wait(challenge: Challenge) -> int:
    """Return the seconds until this session may request another code.

    The wait is 60 s, 120 s, 240 s and so on, but at most as long as a code is valid.
    """
    since = timezone.now() - RESEND_WINDOW
    earlier_codes = Challenge.objects.filter(
        session_ref=challenge.session_ref, phone=challenge.phone, created_at__gt=since, pk__lt=challenge.pk
    ).count()
    longest = max(settings.OTP_RESEND_SECONDS, int(settings.OTP_VALIDITY.total_seconds()))
    wait = min(settings.OTP_RESEND_SECONDS * 2**earlier_codes, longest)
    remaining = challenge.created_at + timedelta(seconds=wait) - timezone.now()
    return max(0, ceil(remaining.total_seconds()))


def ended(challenge: Challenge) -> Ended | None:
    """Return why the code is no longer valid, or None while it is valid."""
    if challenge.used_at is not None:
        return Ended.USED
    if challenge.attempts >= ATTEMPTS:
        return Ended.OUT_OF_ATTEMPTS
    expired = challenge.closed_at is not None or timezone.now() >= challenge.expires_at
    return Ended.EXPIRED if expired else None


def verify(
    challenge: Challenge, typed: str, address: str = "", *, known_browser: bool = False
) -> AttemptResult:
    """Check a typed code, and record the outcome in the audit.

    Each attempt counts against address, challenge and phone before the comparison (R1.04, R1.05,
    S6). `known_browser` says that this browser verified this number before.
    """
    trusted = known_browser or challenge.invitation_id is not None
    try:
        counted = guesses.count(address, trusted=trusted)
    except LimitReached:
        attempt = AttemptResult(Answer.LIMIT)
    else:
        attempt = _attempt(challenge, typed, address, trusted=trusted)
        if not attempt.compared or attempt.answer is Answer.RIGHT:
            give_back(*counted)
    if attempt.answer is not Answer.RIGHT:
        record = audit.record if attempt.compared else audit.record_refusal
        session_ref, result = challenge.session_ref, AUDIT_RESULTS[attempt.answer]
        record(audit.Kind.FAILED, result, challenge.phone, session_ref=session_ref, address=address)
        if attempt.began_wait:
            _record(audit.Kind.LOCKED, audit.Result.DONE, challenge, address)
    return attempt


def _attempt(challenge: Challenge, typed: str, address: str, *, trusted: bool) -> AttemptResult:
    """Compare the code, if neither the phone's wait nor the challenge forbids it."""
    now = timezone.now()
    phone_lockout = lockout.lockout_of(challenge.phone)
    waiting = lockout.is_waiting(phone_lockout, now)
    exempt = waiting and lockout.is_exempt(phone_lockout, challenge, trusted=trusted)
    if lockout.is_stopped(phone_lockout, trusted=trusted) or (waiting and not exempt):
        return AttemptResult(Answer.WAIT)
    if not _claim_attempt(challenge, now, max_attempts=1 if exempt else ATTEMPTS):
        # Close an expired code, so that a clock set back does not make it valid again (R1.02)
        Challenge.objects.filter(pk=challenge.pk, closed_at=None, expires_at__lte=now).update(closed_at=now)
        return AttemptResult(Answer.WAIT if exempt else Answer.INVALID)
    status = lockout.register_attempt(challenge.phone, now, exempt=exempt, trusted=trusted)
    if status is lockout.AttemptStatus.REFUSED:
        return AttemptResult(Answer.WAIT)
    began_wait = status is lockout.AttemptStatus.BEGAN_WAIT
    return replace(_check(challenge, typed, address), compared=True, began_wait=began_wait)


def _issue(
    phone: str,
    session_ref: str,
    address: str,
    *,
    after: int,
    invitation: Invitation | None,
    remember: Callable[[], None] | None = None,
) -> Challenge:
    """Create a challenge and enqueue its SMS.

    If a duplicate of this request has created one since challenge number `after`, return that one.
    Raises _AlreadyRequested if `remember` is given but the session has already requested a code.
    """
    with _counted(phone, session_ref, address, invitation) as (counted_on, requests):
        # Each request of a session takes the next number; only the first cannot have a duplicate
        if requests > 1:
            if remember is not None:
                raise _AlreadyRequested
            # Duplicate requests insert the same numbered uses, so the second one waited there for
            # the first to commit and now sees its challenge
            unanswered = list(_unanswered(session_ref))
            duplicates = [each for each in unanswered if each.phone == phone and each.pk > after]
            if duplicates:
                transaction.set_rollback(True)  # this request sends no code, so it counts none
                return duplicates[-1]
            if unanswered:
                # No code can be added before the commit: other requests wait at the numbered use
                close(session_ref)
        now = timezone.now()
        challenge = Challenge(
            phone=phone,
            session_ref=session_ref,
            invitation=counted_on,
            nonce=codes.new_nonce(),
            created_at=now,
            expires_at=now + settings.OTP_VALIDITY,
        )
        insert(challenge)
        _record(audit.Kind.ASKED, audit.Result.DONE, challenge, address)
        if remember is not None:
            remember()
        enqueue_on_commit(SEND_TASK, challenge.pk)
    return challenge


@contextmanager
def _counted(
    phone: str, session_ref: str, address: str, invitation: Invitation | None
) -> Iterator[tuple[Invitation | None, int]]:
    """Count a code request, and run the block in the same transaction.

    Yields the invitation it was counted on, if any, and its number among the session's requests.

    The request counts on the invitation while that has uses left, and on the number otherwise. So
    an invited visitor has at least the limits of other visitors, and a stranger cannot use up the
    invitation's. The day's limit is only read (quotas.py), and checked first: once it is used up,
    all numbers get the same answer, even those past their own limit (R1.13). Raises LimitReached.
    """
    request_limits = quotas.code_requests(session_ref, address)
    with ExitStack() as block:
        uses: dict[str, int] = {}
        if invitation is not None:
            of_link, of_day = invitations.code_limit(invitation), quotas.sends_of_day(invited=True)
            with suppress(LimitReached):
                uses = block.enter_context(consumed(of_link, *request_limits, shared=of_day))
        counted_on = invitation if uses else None
        if not uses:
            of_phone = limit("phone", phone, settings.OTP_SENDS_PER_PHONE)
            of_day = quotas.sends_of_day(invited=False)
            uses = block.enter_context(consumed(of_phone, *request_limits, shared=of_day))
        yield counted_on, uses[request_limits[0].key]


def _invitation_of(challenge: Challenge) -> Invitation | None:
    """Return the invitation that the code was counted on, if it has not expired."""
    invitation = challenge.invitation
    return invitation if invitation is not None and invitations.is_live(invitation) else None


def _unanswered(session_ref: str) -> QuerySet[Challenge]:
    """Return the session's challenges that are neither used nor closed, oldest first; they may be
    expired.
    """
    return Challenge.objects.filter(session_ref=session_ref, used_at=None, closed_at=None).order_by("pk")


def _find_unanswered(session_ref: str) -> list[Challenge]:
    """Return the rows of `_unanswered`.

    Plain SQL first asks whether there are any: most sessions have none, and compiling Django's
    query takes longer than running it.
    """
    with connection.cursor() as cursor:
        cursor.execute(ANY_UNANSWERED, [session_ref])
        found = cursor.fetchone()
    return list(_unanswered(session_ref)) if found else []


def _claim_attempt(challenge: Challenge, now: datetime, max_attempts: int) -> bool:
    """Count an attempt on a valid challenge; returns False if none is left (R1.04)."""
    usable = Challenge.objects.filter(
        pk=challenge.pk, used_at=None, closed_at=None, expires_at__gt=now, attempts__lt=max_attempts
    )
    return usable.update(attempts=F("attempts") + 1) == 1


def _check(challenge: Challenge, typed: str, address: str) -> AttemptResult:
    """Compare the code; if it is right and the number registered, consume it and reset failures."""
    right = codes.matches(typed, challenge.nonce, challenge.phone)
    # The code of an unregistered number is never sent; a correct guess is answered as wrong (A5)
    if not right or directory().administrator(challenge.phone) is None:
        challenge.refresh_from_db(fields=["attempts"])
        left = ATTEMPTS - challenge.attempts
        return AttemptResult(Answer.WRONG, left) if left > 0 else AttemptResult(Answer.INVALID)
    with transaction.atomic():
        if not _consume(challenge):
            return AttemptResult(Answer.INVALID)
        lockout.clear(challenge.phone)
        invitations.mark_used(challenge.invitation_id)
        _record(audit.Kind.VERIFIED, audit.Result.DONE, challenge, address)
    return AttemptResult(Answer.RIGHT)


def _consume(challenge: Challenge) -> bool:
    """Mark the code as used; returns True for one request only (R1.03)."""
    now = timezone.now()
    usable = Challenge.objects.filter(pk=challenge.pk, used_at=None, closed_at=None, expires_at__gt=now)
    return usable.update(used_at=now) == 1


def _record(kind: audit.Kind, result: audit.Result, challenge: Challenge, address: str) -> None:
    audit.record(kind, result, challenge.phone, session_ref=challenge.session_ref, address=address)
