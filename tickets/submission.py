"""From a confirmed form to a ticket: once, whole, or not at all (R3.21, R4.01, R4.19)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from attachments import quota, staging, storage
from attachments.intake import Document, KnownDocument
from attachments.models import StagedFile
from companies.models import Administrator, Company
from otp.limits import limits
from tickets import antivirus, repeats
from tickets.effective_date import ShownTerms, Term
from tickets.emails import emails
from tickets.models import Attachment, Reason, RequestType, Ticket, TicketEvent
from tickets.submission_key import SubmissionKey


@dataclass(frozen=True)
class Submission:
    """What an administrator confirmed, and how the portal knew who it was."""

    key: SubmissionKey
    administrator: Administrator
    company: Company
    verified_phone: str
    verified_by: str
    request_type: RequestType
    reason: Reason
    requester_name: str
    email: str
    contact_phone: str
    details: str
    documents: tuple[Document, ...] = ()  # sent with the form that was confirmed
    staged: tuple[StagedFile, ...] = ()  # sent before, and kept since
    duplicate_of: int | None = None  # the ticket shown to the customer, who registers the same request anyway

    @cached_property
    def digest(self) -> str:
        """The same for the same form: what tells a second click from a change of mind."""
        content = [
            self.request_type.pk,
            self.reason.pk,
            self.requester_name,
            self.email,
            self.contact_phone,
            self.details,
            self._documents,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @cached_property
    def content_digest(self) -> str:
        """Equal for equal requests of a company, from any administrator and any device (A23)."""
        return repeats.content_of(self.reason, self.details, self._documents)

    @property
    def _documents(self) -> list[str]:
        return [*(file.sha256 for file in self.staged), *(document.sha256 for document in self.documents)]


class NotRegistered(Exception):
    """Nothing was registered: the form comes back, says why, and asks again."""


class TermsChanged(NotRegistered):
    """The effective dates, or what they are computed from, are not those that the form showed
    (A22).
    """


class KeyAlreadyUsed(NotRegistered):
    """The form's key already gave a ticket, with other content."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket.number)
        self.ticket = ticket


class RepeatedRequest(NotRegistered):
    """The company has a ticket with the same content, of the last 24 hours (A23)."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket.number)
        self.ticket = ticket


def ticket_of_key(key: SubmissionKey) -> Ticket | None:
    """The ticket this rendering of the form has already given."""
    return Ticket.objects.filter(submission_key=key.uuid).first()


def documents_of_key(key: SubmissionKey) -> list[KnownDocument]:
    """The documents of the ticket that this rendering of the form has already given."""
    rows = Attachment.objects.filter(ticket__submission_key=key.uuid).values_list("sha256", "content_type")
    return [KnownDocument(*row) for row in rows]


def register(submission: Submission) -> Ticket:
    """The ticket of this submission: a new one, or the one that the same click has already made.

    Files are written before the transaction begins, so that no lock is held while a disk is
    awaited. Raises KeyAlreadyUsed, TermsChanged and RepeatedRequest, and for the documents
    StorageFailed, QuotaReached and StagedFileGone; nothing is registered then.
    """
    earlier = ticket_of_key(submission.key)
    if earlier is None:
        # One moment for the dates compared, the dates stored and the time stored
        confirmed_at = timezone.now()
        terms = submission.request_type.terms_at(confirmed_at, submission.company)
        if submission.key.shown != ShownTerms.of(terms):
            raise TermsChanged
        try:
            with storage.saved_files(document.content for document in submission.documents) as names:
                return _create(submission, names, confirmed_at, terms)
        except (IntegrityError, quota.QuotaReached, staging.StagedFileGone):
            # This request's twin was first and took them; or else the rows it points to are gone,
            # or the quota is
            earlier = ticket_of_key(submission.key)
            if earlier is None:
                raise
    if earlier.submission_digest != submission.digest:
        raise KeyAlreadyUsed(earlier)
    return earlier


def _create(submission: Submission, names: list[str], confirmed_at: datetime, terms: list[Term]) -> Ticket:
    request_type, company = submission.request_type, submission.company
    ticket = Ticket(
        request_type=request_type,
        request_type_name=request_type.name,
        reason=submission.reason,
        reason_text=submission.reason.text,
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
        confirmed_at=confirmed_at,
        effective_date=min((term.effective_date for term in terms), default=None),
        effective_terms=[term.as_record() for term in terms],
        submission_key=submission.key.uuid,
        submission_digest=submission.digest,
        duplicate_of=_repeated(submission),
    )
    with transaction.atomic():
        ticket.save(force_insert=True)
        if not repeats.claim(ticket, submission.content_digest, submission.duplicate_of):
            raise RepeatedRequest(
                repeats.last_of(ticket.company, ticket.request_type, submission.content_digest).get()
            )
        quota.consume(submission.verified_phone, len(names))  # after the row that a second click stops at
        staging.claim(submission.staged, submission.key.uuid)
        documents = _attach(ticket, submission, names)
        TicketEvent.objects.record(ticket, ticket.status, actor_name=submission.administrator.names)
        _enqueue_emails(ticket, documents, submission.administrator.email)
        if documents:
            antivirus.enqueue_scan_on_commit(ticket)
    return ticket


def _repeated(submission: Submission) -> Ticket | None:
    """The ticket named by the button, if it is the last one with this content; a forged number is
    ignored.
    """
    if submission.duplicate_of is None:
        return None
    last = repeats.last_of(submission.company, submission.request_type, submission.content_digest)
    return last.filter(pk=submission.duplicate_of).first()


def _attach(ticket: Ticket, submission: Submission, names: list[str]) -> list[Attachment]:
    """A staged file is not copied: it is the attachment's from now on."""
    kept = [
        Attachment(
            ticket=ticket,
            original_name=file.original_name,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            file=file.file.name,
        )
        for file in submission.staged
    ]
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
    return Attachment.objects.bulk_create([*kept, *sent])


def _enqueue_emails(ticket: Ticket, documents: list[Attachment], registered_email: str) -> None:
    """A15, A16, D6: the customer, the advisor, the registered address where another one was given,
    and the areas.
    """
    elsewhere = registered_email.casefold() != ticket.email.casefold()
    held = elsewhere and not _may_mail_elsewhere(ticket.verified_phone)
    emails.confirmation(ticket, documents, held=held)
    emails.advisor_notice(ticket, documents, held=held)
    emails.notice_to_registered_email(ticket, documents, registered_email, held=held)
    for area in ticket.request_type.areas.filter(is_active=True):
        emails.area_notice(ticket, documents, area)


def _may_mail_elsewhere(phone: str) -> bool:
    """Whether one more confirmation may go to an address that is not the registered one; counts it
    where it may (S4).

    A verified session could otherwise write to any address in the operator's name, as often as it
    likes.
    """
    try:
        limits.consume(limits.limit("tickets", phone, settings.TICKETS_PER_PHONE))
    except limits.LimitReached:
        return False
    return True
