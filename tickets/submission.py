"""Register a confirmed form as a ticket: once, completely or not at all (R3.21, R4.01, R4.19)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.utils import timezone

from attachments import quota, staging, storage
from attachments.intake import Document, KnownDocument
from attachments.models import StagedFile
from companies.models import Administrator, BillingAccount, Company
from jobs.insertion import insert, insert_new
from notifications import outbox
from otp.limits import limits
from tickets import antivirus, repeats
from tickets.effective_date import Calendar, Term, touched_accounts
from tickets.emails import emails
from tickets.line_lists import RequestedLine
from tickets.models import Area, Attachment, Reason, RequestType, Ticket, TicketEvent, TicketLine
from tickets.submission_key import SubmissionKey


@dataclass(frozen=True)
class Submission:
    """A form that an administrator confirmed, and how that person was verified."""

    key: SubmissionKey
    administrator: Administrator
    company: Company
    accounts: Sequence[BillingAccount]  # of the company
    verified_phone: str
    verified_by: str
    request_type: RequestType
    reason: Reason | None  # None where the type asks none
    requester_name: str
    email: str
    contact_phone: str
    details: str
    answers: Sequence[Mapping[str, Any]] = ()  # to the type's own questions, as the ticket keeps them
    lines: Sequence[RequestedLine] = ()
    calendar: Calendar = Calendar()  # noqa: RUF009  frozen
    areas: Sequence[Area] = ()  # those to be mailed
    documents: tuple[Document, ...] = ()  # sent with the confirming post
    staged: tuple[StagedFile, ...] = ()  # sent with earlier posts
    duplicate_of: int | None = None  # ticket with the same content that the customer accepted to repeat

    @cached_property
    def digest(self) -> str:
        """Digest of the whole form. An edited form with the same key has another one."""
        content = [
            self.request_type.pk,
            self.reason.pk if self.reason else None,
            self.requester_name,
            self.email,
            self.contact_phone,
            self.details,
            [[answer["name"], answer["value"]] for answer in self.answers],
            self._documents,
            *([[line.content for line in self.lines]] if self.lines else []),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @cached_property
    def content_digest(self) -> str:
        """Digest of what is requested, equal for any administrator and device (A23)."""
        lines = [line.content for line in self.lines]
        return repeats.content_of(self.reason, self.details, self._documents, self.answers, lines)

    @property
    def _documents(self) -> list[str]:
        return [*(file.sha256 for file in self.staged), *(document.sha256 for document in self.documents)]


class NotRegistered(Exception):
    """No ticket was registered; the form is shown again with the reason."""


class TermsChanged(NotRegistered):
    """The effective dates or their inputs differ from those that the form showed (A22)."""


class KeyAlreadyUsed(NotRegistered):
    """The form's key has a ticket already, with other content."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket.number)
        self.ticket = ticket


class RepeatedRequest(NotRegistered):
    """The company has a ticket of the last 24 hours with the same content (A23)."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket.number)
        self.ticket = ticket


class OfferChanged(NotRegistered):
    """The reason or the request type was deleted after the form was shown."""


class KeyTaken(Exception):
    """A ticket with the form's key exists already."""


_REFUSALS = (
    IntegrityError,
    KeyTaken,
    storage.StorageFailed,
    quota.QuotaReached,
    staging.StagedFileGone,
)


def ticket_of_key(key: SubmissionKey) -> Ticket | None:
    """Return the ticket already registered with this key, if there is one."""
    return Ticket.objects.filter(submission_key=key.uuid).first()


def documents_of_key(key: SubmissionKey) -> list[KnownDocument]:
    """Return the documents of the ticket already registered with this key."""
    return [KnownDocument(*row) for row in Attachment.sent_with(key.uuid)]


def register(submission: Submission) -> Ticket:
    """Register the submission. A repeated click gets the ticket that the first one registered.

    Files are written before the transaction begins, so that no database lock waits for a disk.
    Raises KeyAlreadyUsed, TermsChanged, OfferChanged or RepeatedRequest, and for documents
    StorageFailed, QuotaReached or StagedFileGone; then nothing is registered.
    """
    # One moment for both the comparison of the dates and their storage
    registered_at = timezone.now()
    accounts = touched_accounts(submission.accounts, {line.account for line in submission.lines})
    dates = submission.request_type.dates_at(registered_at, accounts, submission.calendar)
    terms = list(dates.terms)
    # A second click is rare, and the unique key finds it at the insert. So the ticket of the key is
    # looked up first only if the dates differ
    shown, of_lines = submission.key.shown, bool(submission.lines)
    if shown is None or not shown.covers(terms, of_lines=of_lines):
        if existing := ticket_of_key(submission.key):
            return _same(submission, existing)
        raise TermsChanged
    try:
        with storage.saved_files(document.content for document in submission.documents) as names:
            return _create(submission, names, registered_at, terms)
    except _REFUSALS as problem:
        # An earlier or simultaneous click won, a referenced row was deleted, or there is no more
        # room or quota for its documents
        existing = ticket_of_key(submission.key)
        if existing is not None:
            return _same(submission, existing)
        if isinstance(problem, IntegrityError) and not _is_offered(submission):
            raise OfferChanged from problem
        raise


def other_reason(request_type: RequestType) -> Reason:
    """Return the row of `OTHER_REASON`. Raises OfferChanged if the type was deleted."""
    try:
        return Reason.objects.other_of(request_type)
    except IntegrityError:
        raise OfferChanged from None


def _same(submission: Submission, existing: Ticket) -> Ticket:
    """Return the key's ticket if it has the same content, else raise KeyAlreadyUsed."""
    if existing.submission_digest != submission.digest:
        raise KeyAlreadyUsed(existing)
    return existing


def _is_offered(submission: Submission) -> bool:
    """Whether the reason still exists, with its type; or the type, if it asks no reason."""
    if submission.reason is None:
        return RequestType.objects.filter(pk=submission.request_type.pk).exists()
    return Reason.objects.filter(pk=submission.reason.pk, request_type=submission.request_type).exists()


def _create(submission: Submission, names: list[str], registered_at: datetime, terms: list[Term]) -> Ticket:
    request_type, company = submission.request_type, submission.company
    ticket = Ticket(
        request_type=request_type,
        request_type_name=request_type.name,
        reason=submission.reason,
        own_words=request_type.own_words,
        reason_text=submission.reason.text if submission.reason else "",
        company=company,
        company_name=company.legal_name,
        company_tax_id=company.tax_id,
        administrator=submission.administrator,
        verified_phone=submission.verified_phone,
        verified_by=submission.verified_by,
        requester_name=submission.requester_name,
        email=submission.email,
        contact_phone=submission.contact_phone,
        details=submission.details,
        answers=list(submission.answers),
        notice_at=registered_at,
        registered_at=registered_at,
        effective_rule=request_type.effective_rule,
        effective_date=min((term.effective_date for term in terms), default=None),
        effective_terms=[term.as_record() for term in terms],
        submission_key=submission.key.uuid,
        submission_digest=submission.digest,
        duplicate_of=_repeated(submission),
    )
    with transaction.atomic():
        insert_ticket(ticket)
        if not repeats.claim(ticket, submission.content_digest, submission.duplicate_of):
            raise RepeatedRequest(repeats.last_of(company, request_type, submission.content_digest).get())
        _add_lines(ticket, submission.lines)
        documents = _attach(ticket, submission, names)
        TicketEvent.objects.record(ticket, ticket.status, actor_name=submission.administrator.names)
        _enqueue_emails(ticket, documents, submission)
        if documents:
            antivirus.enqueue_scan_on_commit(ticket)
        # Last, because simultaneous requests of one phone wait here until the commit
        quota.consume(submission.verified_phone, len(names))
    return ticket


def insert_ticket(ticket: Ticket) -> None:
    """Insert the ticket and set its number. Raises KeyTaken if its key has a ticket already.

    If a simultaneous click has inserted the key but not committed, the insert waits for it.
    """
    numbers = insert_new([ticket])
    if not numbers:
        raise KeyTaken
    ticket.pk = numbers[0]
    ticket._state.adding, ticket._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  as `save` does


def _repeated(submission: Submission) -> Ticket | None:
    """Return the ticket that the customer accepted to repeat, if it has this content; else None."""
    if submission.duplicate_of is None:
        return None
    last = repeats.last_of(submission.company, submission.request_type, submission.content_digest)
    return last.filter(pk=submission.duplicate_of).first()


def _add_lines(ticket: Ticket, lines: Sequence[RequestedLine]) -> None:
    if not lines:
        return
    dates = {term.account: term.effective_date for term in ticket.terms}
    TicketLine.objects.bulk_create(
        TicketLine(
            ticket=ticket,
            position=position,
            number=line.number,
            account_number=line.account,
            service_line_id=line.service_line,
            action=line.action,
            holder_tax_id=line.holder_tax_id,
            holder_name=line.holder_name,
            effective_date=dates.get(line.account),
        )
        for position, line in enumerate(lines, start=1)
    )


def _attach(ticket: Ticket, submission: Submission, names: list[str]) -> list[Attachment]:
    """Claim the staged files and create the attachments.

    A staged file is not copied: the attachment takes it over.
    """
    if not (submission.staged or names):
        return []
    staged = claim_staged(ticket, submission.staged)
    sent = [
        Attachment(
            ticket=ticket,
            original_name=document.name,
            content_type=document.content_type,
            size=len(document.content),
            sha256=document.sha256,
            file=name,
        )
        for document, name in zip(submission.documents, names, strict=True)
    ]
    insert(*staged, *sent)
    return [*staged, *sent]


def claim_staged(ticket: Ticket, files: Sequence[StagedFile]) -> list[Attachment]:
    """Claim the staged files, and return the ticket's documents, not saved yet.

    Raises StagedFileGone.
    """
    staging.claim(files, ticket.submission_key)
    return [
        Attachment(
            ticket=ticket,
            original_name=file.original_name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            file=file.file.name,
        )
        for file in files
    ]


def _enqueue_emails(ticket: Ticket, documents: list[Attachment], submission: Submission) -> None:
    """Queue the mails to the customer, the advisor and the areas (A15, A16, D6).

    The registered address gets a mail too, if the form has another.
    """
    registered_email = submission.administrator.email
    ticket.remember_lines((line.number, line.action) for line in submission.lines)
    elsewhere = registered_email.casefold() != ticket.email.casefold()
    held = elsewhere and not _may_mail_elsewhere(ticket.verified_phone)
    with outbox.in_one_batch():
        emails.confirmation(ticket, documents, held=held)
        emails.advisor_notice(ticket, documents, held=held)
        emails.notice_to_registered_email(ticket, documents, registered_email, held=held)
        for area in submission.areas:
            emails.area_notice(ticket, documents, area)


def _may_mail_elsewhere(phone: str) -> bool:
    """Count one confirmation to an address that is not the registered one; False at the limit (S4).

    Without the limit, a verified session could send the operator's mail to any address.
    """
    try:
        limits.consume(limits.limit("tickets", phone, settings.TICKETS_PER_PHONE))
    except limits.LimitReached:
        return False
    return True
