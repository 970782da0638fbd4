"""Requests of people without a registered number: kept, verified by e-mail, registered (D7, D8).

Nothing here asks the directory, so a registered number or address is answered like any other. Each
step that may happen only once is a conditional UPDATE or a unique key, as in the PIN check.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from attachments.models import StagedFile
from jobs.enqueue import enqueue_on_commit
from notifications import outbox
from otp.limits import quotas
from otp.limits.limits import Limit, LimitReached, consumed, limit
from otp.limits.rates import Rate
from otp.pin import codes
from tickets import antivirus, public_code
from tickets.effective_date import Term
from tickets.emails import emails
from tickets.models import Attachment, PublicRequest, Reason, RequestType, Ticket, TicketEvent
from tickets.submission import KeyTaken, claim_staged, insert_ticket

SEND_TASK = "tickets.tasks.send_public_code"
ATTEMPTS = 5  # of one code, as in the PIN check
# Dots, quotes and backslashes before the @, which many providers ignore
IGNORED_IN_ADDRESS = re.compile(r'[."\\]')


class Answer(Enum):
    """The outcome of an attempt."""

    RIGHT = auto()
    WRONG = auto()
    INVALID = auto()  # the code is used, replaced, out of attempts or expired


class Replaced(Exception):
    """The form was edited and sent again while its code was checked, so it has a new code."""


class TooEarly(LimitReached):
    """The visitor asked for another code within `OTP_RESEND_SECONDS` of the last one."""


@dataclass(frozen=True)
class PublicSubmission:
    """A valid public form whose e-mail address is not verified yet."""

    key: UUID
    request_type: RequestType
    reason: Reason | None
    requester_name: str
    email: str
    contact_phone: str
    details: str
    answers: Sequence[Mapping[str, Any]]
    documents: Sequence[str]  # the SHA-256 of each
    notice_at: datetime  # when the form was sent; the dates count from this notice (D6)
    terms: Sequence[Term]  # the effective dates, as the form showed them (A22)

    def content(self, staged: Sequence[StagedFile]) -> dict[str, Any]:
        """Return the JSON that the row stores for the later ticket.

        The dates stay as shown, even if the code is typed after midnight or a change of the rule.
        """
        return {
            **self._typed(),
            "notice_at": self.notice_at.isoformat(),
            "effective_rule": self.request_type.effective_rule,
            "effective_terms": [term.as_record() for term in self.terms],
            "staged": [str(file.pk) for file in staged],
        }

    def _typed(self) -> dict[str, Any]:
        return {
            "reason": self.reason.pk if self.reason else None,
            "requester_name": self.requester_name,
            "contact_phone": self.contact_phone,
            "details": self.details,
            "answers": list(self.answers),
        }

    @property
    def digest(self) -> str:
        """Digest of the whole form. An edited form with the same key has another one."""
        content = [self.request_type.pk, self.email, self._typed(), list(self.documents)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def of_key(key: UUID) -> PublicRequest | None:
    return PublicRequest.objects.filter(pk=key).select_related("request_type").first()


def ticket_of(key: UUID) -> Ticket | None:
    return Ticket.objects.filter(submission_key=key).first()


def is_waiting(submission: PublicSubmission) -> bool:
    """Whether the same form was just sent, so that a second click mails no second code."""
    return _awaits_code(of_key(submission.key), submission)


def keep(submission: PublicSubmission, staged: Sequence[StagedFile], address: str) -> None:
    """Store the form and queue the mail of its code. Raises LimitReached, and then stores nothing.

    An edited form with the same key replaces the earlier one. Of two simultaneous forms, one is
    stored; if the other has other content, it raises LimitReached.
    """
    now = timezone.now()
    PublicRequest.objects.filter(expires_at__lte=now).delete()
    values = {
        "request_type": submission.request_type,
        "email": submission.email,
        "content": submission.content(staged),
        "digest": submission.digest,
        **_new_code(now),
    }
    before = of_key(submission.key)
    if _awaits_code(before, submission):
        return  # the first of two clicks has just stored it
    with consumed(*_limits(submission.email, address)):
        if before is None:
            _row, is_new = PublicRequest.objects.get_or_create(key=submission.key, defaults=values)
        else:
            rows = PublicRequest.objects.filter(pk=submission.key, nonce=before.nonce, used_at=None)
            is_new = bool(rows.update(**values))
        if not is_new:
            transaction.set_rollback(True)  # no code is sent, so none is counted in the limits
        else:
            enqueue_on_commit(SEND_TASK, str(submission.key))
    if not is_new:
        row = of_key(submission.key)
        if row is None or row.digest != submission.digest:
            raise LimitReached


def resend(row: PublicRequest, address: str) -> None:
    """Queue the mail of a new code, which replaces the present one, used up or not.

    Raises TooEarly and LimitReached.
    """
    if resend_wait(row) > 0:
        raise TooEarly
    live = PublicRequest.objects.filter(
        pk=row.pk, nonce=row.nonce, used_at=None, expires_at__gt=timezone.now()
    )
    with consumed(*_limits(row.email, address)):
        if live.update(**_new_code(timezone.now())):
            enqueue_on_commit(SEND_TASK, str(row.pk))
        else:
            transaction.set_rollback(True)


def resend_wait(row: PublicRequest) -> int:
    """Return the seconds until another code may be asked for."""
    ends = row.created_at + timedelta(seconds=settings.OTP_RESEND_SECONDS)
    return max(0, ceil((ends - timezone.now()).total_seconds()))


def has_expired(row: PublicRequest) -> bool:
    """Whether the form's time is over, so that it must be sent again."""
    return timezone.now() >= row.expires_at


def is_out_of_attempts(row: PublicRequest) -> bool:
    """Whether the code has no attempts left."""
    return row.attempts >= ATTEMPTS


def has_ended(row: PublicRequest) -> bool:
    """Whether the code cannot be used any more."""
    return row.used_at is not None or is_out_of_attempts(row) or has_expired(row)


def verify(row: PublicRequest, typed: str) -> Answer:
    """Check a typed code. The attempt counts before the comparison, so parallel ones count too."""
    live = PublicRequest.objects.filter(
        pk=row.pk, nonce=row.nonce, used_at=None, attempts__lt=ATTEMPTS, expires_at__gt=timezone.now()
    )
    if not live.update(attempts=F("attempts") + 1):
        return Answer.INVALID
    return Answer.RIGHT if public_code.is_code(typed, row.nonce, row.email) else Answer.WRONG


def register(row: PublicRequest, staged: Sequence[StagedFile]) -> Ticket:
    """Register the verified request: ticket, documents, history and mails, or nothing.

    A repeated click gets the ticket of the first one. Raises StagedFileGone, and Replaced if a
    later edit of the form has replaced the verified code.
    """
    ticket = _ticket(row)
    areas = list(row.request_type.areas.filter(is_active=True))
    try:
        with transaction.atomic():
            ticket.remember_lines([])  # the requester has no company, so no lines
            insert_ticket(ticket)
            documents = Attachment.objects.bulk_create(claim_staged(ticket, staged))
            TicketEvent.objects.record(ticket, ticket.status, actor_name=ticket.requester_name)
            with outbox.in_one_batch():
                emails.confirmation(ticket, documents)
                emails.advisor_notice(ticket, documents)
                for area in areas:
                    emails.area_notice(ticket, documents, area)
            if documents:
                antivirus.enqueue_scan_on_commit(ticket)
            verified = PublicRequest.objects.filter(pk=row.pk, nonce=row.nonce)
            if not verified.update(used_at=timezone.now(), content={}, email=""):
                raise Replaced
    except KeyTaken:
        return Ticket.objects.get(submission_key=row.key)
    return ticket


def delete_old(now: datetime) -> int:
    """Delete the expired rows. Returns their number."""
    return PublicRequest.objects.filter(expires_at__lte=now).delete()[0]


def _awaits_code(row: PublicRequest | None, submission: PublicSubmission) -> bool:
    """Whether the row has the same content, and its code is valid and just sent."""
    if row is None or row.digest != submission.digest:
        return False
    return not has_ended(row) and resend_wait(row) > 0


def _ticket(row: PublicRequest) -> Ticket:
    request_type, content, now = row.request_type, row.content, timezone.now()
    terms = [Term.from_record(record) for record in content["effective_terms"]]
    reason = Reason.objects.filter(pk=content["reason"], request_type=request_type).first()
    if reason is None and request_type.asks_reason:  # `OTHER_REASON`, or a reason deleted meanwhile
        reason = Reason.objects.other_of(request_type)
    return Ticket(
        request_type=request_type,
        request_type_name=request_type.name,
        own_words=request_type.own_words,
        reason=reason,
        reason_text=reason.text if reason else "",
        channel=Ticket.Channel.PORTAL,
        relation=Ticket.Relation.PROSPECT,
        verified_by=Ticket.Method.EMAIL,
        requester_name=content["requester_name"],
        email=row.email,
        contact_phone=content["contact_phone"],
        details=content["details"],
        answers=content["answers"],
        notice_at=min(datetime.fromisoformat(content["notice_at"]), now),  # a clock may be set back
        registered_at=now,
        effective_rule=content["effective_rule"],
        effective_date=min((term.effective_date for term in terms), default=None),
        effective_terms=[term.as_record() for term in terms],
        submission_key=row.key,
        submission_digest=row.digest,
    )


def _new_code(now: datetime) -> dict[str, Any]:
    return {
        "nonce": codes.new_nonce(),
        "attempts": 0,
        "created_at": now,
        "expires_at": now + public_code.VALIDITY,
        "mailed_at": None,
        "mail_attempts": 0,
        "leased_until": None,
        "lease_token": "",
    }


def _limits(email: str, address: str) -> list[Limit]:
    """Return the limits of one code, from the inbox's to the one that all visitors share."""
    return [
        limit("public.email", _inbox(email), settings.PUBLIC_CODES_PER_EMAIL),
        *_of_address(address),
        limit("public.all", "", settings.PUBLIC_CODES_PER_DAY),
    ]


def _of_address(address: str) -> list[Limit]:
    """Return the limits of an address and its wider networks, each at most a quarter of the day's.

    IPv6 networks are cheap: without this cap, one network could use up the codes of all visitors.
    """
    most = max(1, min((rate.count for rate in settings.PUBLIC_CODES_PER_DAY), default=1) // 4)
    return [
        replace(each, rates=[Rate(min(rate.count, most), rate.seconds) for rate in each.rates])
        for each in quotas.of_address("public.address", address, settings.PUBLIC_CODES_PER_ADDRESS)
    ]


def _inbox(email: str) -> str:
    """Return the same text for all spellings that many providers deliver to one inbox.

    Otherwise `ana+1@`, `ana+2@` and `a.n.a@` would each have their own limit. Where a provider
    delivers them to different inboxes, those share one limit, which does no harm.
    """
    local, _at, domain = email.casefold().rpartition("@")
    return f"{IGNORED_IN_ADDRESS.sub('', local).partition('+')[0]}@{domain}"
