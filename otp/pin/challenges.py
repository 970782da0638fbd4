"""The PIN check: start, verify, resend, close. Views are shells over these verbs.

The rules hold for any well-formed number, registered or not, with the same statements for both
(R1.13, R1.14): nothing here asks the directory, save once the right code was given. What may happen
once only is a conditional UPDATE whose row count is checked, since SQLite has no row locks and
requests come at once (R1.03, R1.04).
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from math import ceil

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from companies.directory import directory
from jobs.enqueue import enqueue_on_commit
from otp import audit
from otp.invitations import invitations
from otp.limits import guesses, lockout, quotas
from otp.limits.limits import LimitReached, consume, give_back, limit
from otp.models import Challenge, Invitation
from otp.pin import codes

SEND_TASK = "otp.tasks.send_challenge"
ATTEMPTS = 5  # of one code: Twilio Verify 5, OWASP MFA
RESEND_WINDOW = timedelta(hours=1)  # how far back earlier codes make the next wait longer


class Answer(Enum):
    """What became of a code that was typed."""

    RIGHT = auto()
    WRONG = auto()
    INVALID = auto()  # used, replaced, out of tries or too old: another code has to be asked for
    WAIT = auto()  # too many failures of this phone, in this session or others
    LIMIT = auto()  # too many wrong codes from this address, for whatever numbers


class Ended(Enum):
    """Why a code is good for nothing any more."""

    USED = auto()
    OUT_OF_TRIES = auto()
    EXPIRED = auto()


class TooEarly(LimitReached):
    """The session's wait before another code is not over (`resend_wait`). It is its own, so it may
    be told.
    """


@dataclass(frozen=True)
class AttemptResult:
    """The answer, how many tries this code has left, whether it was one of them, and whether it
    brought a wait.
    """

    answer: Answer
    tries_left: int = 0
    tried: bool = False
    began_wait: bool = False


REASONS = {
    Answer.WRONG: audit.Result.WRONG,
    Answer.INVALID: audit.Result.INVALID,
    Answer.WAIT: audit.Result.WAITING,
    Answer.LIMIT: audit.Result.LIMIT,
}


def start(phone: str, session_ref: str, address: str, invitation: Invitation | None = None) -> Challenge:
    """Ask for a code for `phone`, which ends any earlier one of this browser session (R1.10).
    Raises LimitReached.

    Asked again for the same number before another code may be sent, the live one stands: Back and
    *Ingresar* bring whoever typed the right number where they were, at no SMS. `invitation` is a
    live one of this number, by whose link the visitor came, now or when the earlier code was asked
    for.
    """
    earlier = _unanswered(session_ref).filter(phone=phone).order_by("-pk").first()
    if earlier is None:
        return _issue(phone, session_ref, address, after=0, invitation=invitation)
    if resend_wait(earlier) == 0:
        return _issue(
            phone, session_ref, address, after=earlier.pk, invitation=invitation or _invitation_of(earlier)
        )
    consume(*quotas.asking(session_ref, address))
    if earlier.attempts >= ATTEMPTS:
        raise LimitReached
    return earlier


def resend(challenge: Challenge, address: str) -> Challenge:
    """Another code for the same number, which ends this one (R1.19). Raises LimitReached; TooEarly
    before its time.
    """
    if resend_wait(challenge) > 0:
        raise TooEarly
    with transaction.atomic():
        # Two requests at once: one of them closes it and sends, and the other takes over what that
        # one sent
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
    """End whatever code this browser session has asked for."""
    _unanswered(session_ref).update(closed_at=timezone.now())


def of_session(session_ref: str) -> Challenge | None:
    """The challenge that this browser session last asked for,
    alive or not; nobody else's (R1.10).
    """
    return Challenge.objects.filter(session_ref=session_ref).order_by("pk").last()


def resend_wait(challenge: Challenge) -> int:
    """Seconds until this session may have another code: 60, 120, 240..., never longer than the code
    itself lives.
    """
    since = timezone.now() - RESEND_WINDOW
    earlier = Challenge.objects.filter(
        session_ref=challenge.session_ref, phone=challenge.phone, created_at__gt=since, pk__lt=challenge.pk
    ).count()
    longest = max(settings.OTP_RESEND_SECONDS, int(settings.OTP_VALIDITY.total_seconds()))
    wait = min(settings.OTP_RESEND_SECONDS * 2**earlier, longest)
    left = challenge.created_at + timedelta(seconds=wait) - timezone.now()
    return max(0, ceil(left.total_seconds()))


def ended(challenge: Challenge) -> Ended | None:
    """Why the code is good for nothing any more; none while it may be typed."""
    if challenge.used_at is not None:
        return Ended.USED
    if challenge.attempts >= ATTEMPTS:
        return Ended.OUT_OF_TRIES
    over = challenge.closed_at is not None or timezone.now() >= challenge.expires_at
    return Ended.EXPIRED if over else None


def verify(
    challenge: Challenge, typed: str, address: str = "", *, known_browser: bool = False
) -> AttemptResult:
    """Judge a code. Every try is counted before it is compared: on address, challenge and phone
    (R1.04, R1.05, S6).

    `known_browser`: this number was verified in this browser before.
    """
    trusted = known_browser or challenge.invitation_id is not None
    try:
        counted = guesses.count(address, trusted=trusted)
    except LimitReached:
        verdict = AttemptResult(Answer.LIMIT)
    else:
        verdict = _attempt(challenge, typed, address, trusted=trusted)
        if not verdict.tried or verdict.answer is Answer.RIGHT:
            give_back(*counted)
    if verdict.answer is not Answer.RIGHT:
        record = audit.record if verdict.tried else audit.record_refusal
        session_ref, result = challenge.session_ref, REASONS[verdict.answer]
        record(audit.Kind.FAILED, result, challenge.phone, session_ref=session_ref, address=address)
        if verdict.began_wait:
            _record(audit.Kind.LOCKED, audit.Result.DONE, challenge, address)
    return verdict


def _attempt(challenge: Challenge, typed: str, address: str, *, trusted: bool) -> AttemptResult:
    now = timezone.now()
    guard = lockout.lockout_of(challenge.phone)
    waiting = lockout.is_waiting(guard, now)
    spared = waiting and lockout.is_exempt(guard, challenge, trusted=trusted)
    if lockout.is_stopped(guard, trusted=trusted) or (waiting and not spared):
        return AttemptResult(Answer.WAIT)
    if not _claim_attempt(challenge, now, up_to=1 if spared else ATTEMPTS):
        _close_if_expired(challenge, now)
        return AttemptResult(Answer.WAIT if spared else Answer.INVALID)
    count = lockout.register_attempt(challenge.phone, now, spared=spared, trusted=trusted)
    if count is lockout.Count.REFUSED:
        return AttemptResult(Answer.WAIT)
    return replace(
        _check(challenge, typed, address), tried=True, began_wait=count is lockout.Count.BEGAN_WAIT
    )


def _issue(
    phone: str, session_ref: str, address: str, *, after: int, invitation: Invitation | None
) -> Challenge:
    """A new challenge, unless a twin of this request has made one since challenge number `after`:
    then that one.
    """
    with transaction.atomic():
        counted_on = _count(phone, session_ref, address, invitation)
        # Twins count the same uses, so the second has waited for the first, and sees what it made
        unanswered = list(_unanswered(session_ref))
        twins = [each for each in unanswered if each.phone == phone and each.pk > after]
        if twins:
            transaction.set_rollback(True)  # no code is sent, so none is counted
            return twins[-1]
        if unanswered:  # nor can another be made before this one is
            close(session_ref)
        now = timezone.now()
        challenge = Challenge.objects.create(
            phone=phone,
            session_ref=session_ref,
            invitation=counted_on,
            nonce=codes.new_nonce(),
            created_at=now,
            expires_at=now + settings.OTP_VALIDITY,
        )
        _record(audit.Kind.ASKED, audit.Result.DONE, challenge, address)
        enqueue_on_commit(SEND_TASK, challenge.pk)
    return challenge


def _count(phone: str, session_ref: str, address: str, invitation: Invitation | None) -> Invitation | None:
    """Count a code asked for, on the invitation while it has any left or else on the number. Raises
    LimitReached.

    Whoever came by a link is never worse off than without it, and uses nothing up that a stranger
    shares. The day is only read (quotas.py), and first: once it is spent, every number gets that
    answer, whatever else it used up.
    """
    asking = quotas.asking(session_ref, address)
    if invitation is not None:
        with suppress(LimitReached):
            consume(invitations.sends_of(invitation), *asking, within=quotas.sends_of_day(invited=True))
            return invitation
    of_phone = limit("phone", phone, settings.OTP_SENDS_PER_PHONE)
    consume(of_phone, *asking, within=quotas.sends_of_day(invited=False))
    return None


def _invitation_of(challenge: Challenge) -> Invitation | None:
    """The one by whose link the code was asked for, while it lives."""
    invitation = challenge.invitation
    return invitation if invitation is not None and invitations.is_live(invitation) else None


def _unanswered(session_ref: str) -> QuerySet[Challenge]:
    return Challenge.objects.filter(session_ref=session_ref, used_at=None, closed_at=None).order_by("pk")


def _claim_attempt(challenge: Challenge, now: datetime, up_to: int) -> bool:
    usable = Challenge.objects.filter(
        pk=challenge.pk, used_at=None, closed_at=None, expires_at__gt=now, attempts__lt=up_to
    )
    return usable.update(attempts=F("attempts") + 1) == 1


def _close_if_expired(challenge: Challenge, now: datetime) -> None:
    """Seen to be too old, a code is so for ever: a clock set back does not revive it (R1.02)."""
    Challenge.objects.filter(pk=challenge.pk, closed_at=None, expires_at__lte=now).update(closed_at=now)


def _check(challenge: Challenge, typed: str, address: str) -> AttemptResult:
    right = codes.matches(typed, challenge.nonce, challenge.phone)
    # Nobody is sent the code of an unregistered number; whoever guesses it gets no further than on
    # any wrong one (A5)
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
    """Use the code up, which only one request can (R1.03)."""
    now = timezone.now()
    usable = Challenge.objects.filter(pk=challenge.pk, used_at=None, closed_at=None, expires_at__gt=now)
    return usable.update(used_at=now) == 1


def _record(kind: audit.Kind, result: audit.Result, challenge: Challenge, address: str) -> None:
    audit.record(kind, result, challenge.phone, session_ref=challenge.session_ref, address=address)
