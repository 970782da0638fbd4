"""The request form: show it, refuse it with all input kept, or register a ticket (R4.19)."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Self

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from attachments import staging
from attachments.intake import KnownDocument
from attachments.models import StagedFile
from attachments.quota import QuotaReached
from attachments.staging import StagedFileGone, Uploader
from attachments.storage import StorageFailed
from companies.caller_query import CompanyFacts
from companies.directory import LINES_OFFERED, directory
from companies.models import Company
from otp import session
from portal import current_company
from portal.access import Caller, administrator_required
from portal.request import current_type, drafts, line_step
from portal.request.forms import LINES_LEFT_OUT, CompanyForm, RequestForm, initial_of
from portal.request.line_step import LineReview, LineStep
from tickets import repeats
from tickets.effective_date import ShownTerms, TermsChange, touched_accounts
from tickets.models import RequestType, Ticket
from tickets.offer import Offer, changed_offer, current_offer
from tickets.submission import (
    KeyAlreadyUsed,
    NotRegistered,
    OfferChanged,
    RepeatedRequest,
    Submission,
    documents_of_key,
    other_reason,
    register,
    ticket_of_key,
)
from tickets.submission_key import SubmissionKey, UnknownKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExistingTickets:
    """Tickets that explain a refusal: `used` has the form's key, `repeated` the same content."""

    used: Ticket | None = None
    repeated: Ticket | None = None

    @classmethod
    def of(cls, error: NotRegistered) -> Self:
        """Return the ticket that prevented the registration, if there is one."""
        if isinstance(error, KeyAlreadyUsed):
            return cls(used=error.ticket)
        return cls(repeated=error.ticket if isinstance(error, RepeatedRequest) else None)

    def similar(self, company: Company, form: RequestForm) -> list[Ticket]:
        """Return similar open tickets, which the page shows without blocking (A23)."""
        open_tickets = (
            sorted(form.line_review.understood.open_tickets, reverse=True) if form.line_review else []
        )
        found = repeats.similar_to(company, form.type, form.shown_reason(), open_tickets)
        return [ticket for ticket in found if ticket not in {self.used, self.repeated}]


def _company_of(request: HttpRequest) -> int | None:
    """Return the id of the company that the posted key names, else of the picked one."""
    key = SubmissionKey.signed(request.POST.get("submission_key", "")) if request.method == "POST" else None
    return key.company_id if key else current_company.picked_id(request)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required(on_expired=drafts.keep, company_of=_company_of)
def request_form(request: HttpRequest, caller: Caller) -> HttpResponse:
    if request.method != "POST":
        return _show(request, caller)
    session.delete_draft(request)  # the post contains its input
    owner = Uploader(request, caller.administrator, caller.visitor.phone)
    staging.remove(owner, request.POST)
    offer = current_offer()
    request_type = _posted_type(request, offer)
    if request_type is None:
        return _no_types(request, caller)
    form = RequestForm(
        request.POST,
        request.FILES,
        offer=offer,
        request_type=request_type,
        initial=initial_of(caller.administrator),
        staged=staging.posted_files(owner, request.POST),
        phone=owner.phone,
        known_documents=partial(_known_documents, request, caller),
    )
    try:
        key, of_company = _posted_key(request, caller)
    except UnknownKey:
        return _refuse_key(caller, owner, form)
    form.line_step = LineStep(key.uuid, of_company.company, owner.phone, form.type)
    if not form.is_valid() or of_company.company.is_inactive:
        return _refuse(owner, of_company, form, key, ExistingTickets(used=ticket_of_key(key)))
    # Also if the list is empty, because the one that the page showed may have been deleted
    changed = form.line_review is not None and not form.line_review.was_shown
    if changed and ticket_of_key(key) is None:
        return _review(owner, of_company, form, key)
    return _register(caller, owner, of_company, key, form)


def _register(
    caller: Caller, owner: Uploader, of_company: CompanyFacts, key: SubmissionKey, form: RequestForm
) -> HttpResponse:
    """Register the valid form and show the result, or say why nothing was registered."""
    try:
        ticket = register(_submission(caller, owner, of_company, key, form))
    except NotRegistered as error:
        if isinstance(error, OfferChanged):
            return _offer_changed(caller, owner, of_company, form, key)
        return _refuse(owner, of_company, form, key, ExistingTickets.of(error))
    except (StorageFailed, QuotaReached, StagedFileGone) as problem:
        logger.warning("The documents of a request could not be stored", exc_info=problem)
        form.refuse_documents(problem)
        return _refuse(owner, of_company, form, key)
    return HttpResponseRedirect(f"{reverse('tickets:ticket', args=[ticket.number])}?creado=1", status=303)


def _posted_type(request: HttpRequest, offer: Offer) -> RequestType | None:
    """Return the posted type if it is offered, else that of the form's key, or the visitor's."""
    posted = offer.type_of(request.POST.get("request_type"))
    if posted is not None:
        return posted
    key = SubmissionKey.signed(request.POST.get("submission_key", ""))
    of_key = [each for each in offer.types if key is not None and each.pk == key.request_type_id]
    return of_key[0] if of_key else current_type.chosen(request, offer)


def _no_types(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Show that no type is offered. A posted form is saved as a draft."""
    drafts.keep(request, caller.visitor.phone)
    return render(request, "portal/request/no_types.html", status=422 if request.method == "POST" else 200)


def _offer_changed(
    caller: Caller, owner: Uploader, of_company: CompanyFacts, form: RequestForm, key: SubmissionKey
) -> HttpResponse:
    """Show the form with what is offered now: a chosen type or reason was deleted meanwhile."""
    offer = changed_offer()
    request_type = offer.type_of(form.type.code) or offer.first_type()
    if request_type is None:
        return _no_types(owner.request, caller)
    again = RequestForm(
        owner.request.POST,
        owner.request.FILES,
        offer=offer,
        request_type=request_type,
        initial=initial_of(caller.administrator),
        staged=form.staged,
        phone=owner.phone,
    )
    again.line_step = form.line_step
    again.is_valid()  # adds the other errors
    if request_type.code == form.type.code:
        again.offer_changed()
    return _refuse(owner, of_company, again, key)


def _show(request: HttpRequest, caller: Caller) -> HttpResponse:
    draft = drafts.restore(request, caller)
    of_company = draft.of_company if draft else current_company.checked(request, caller.of_company)
    if of_company is None:
        return redirect("tickets:company")
    if of_company.company.is_inactive:
        return render(request, "portal/request/inactive.html", {"company": of_company.company})
    offer = current_offer()
    request_type = current_type.chosen(request, offer, draft.request_type if draft else "")
    if request_type is None:
        return _no_types(request, caller)
    key = draft.key if draft else SubmissionKey.mint(caller.administrator, of_company.company, request_type)
    initial = {**initial_of(caller.administrator), **(draft.typed if draft else {})}
    form = RequestForm(offer=offer, request_type=request_type, initial=initial)
    owner = Uploader(request, caller.administrator, caller.visitor.phone)
    if draft:
        step = LineStep(key.uuid, of_company.company, owner.phone, request_type)
        if request_type.asks_lines:
            form.line_review = LineReview(step.current())
        elif draft.typed.get("lines_text") or step.current().kept.rows:
            messages.warning(request, LINES_LEFT_OUT)
    return _page(owner, of_company, form, key, draft=draft, staged=draft.staged if draft else ())


def _posted_key(request: HttpRequest, caller: Caller) -> tuple[SubmissionKey, CompanyFacts]:
    """Return the posted key and its company, which another tab may no longer have picked.

    Raises UnknownKey, also if the administrator no longer acts for the company.
    """
    key = SubmissionKey.read(request.POST.get("submission_key", ""), caller.administrator)
    if caller.of_company is None or caller.of_company.company.pk != key.company_id:
        raise UnknownKey
    return key, caller.of_company


def _known_documents(request: HttpRequest, caller: Caller) -> list[KnownDocument]:
    """Return the documents that an earlier click on this form has stored."""
    try:
        return documents_of_key(
            SubmissionKey.read(request.POST.get("submission_key", ""), caller.administrator)
        )
    except UnknownKey:
        return []


def _submission(
    caller: Caller, owner: Uploader, of_company: CompanyFacts, key: SubmissionKey, form: RequestForm
) -> Submission:
    data = form.cleaned_data
    repeated = owner.request.POST.get("duplicate_of", "")
    is_number = repeated.isascii() and repeated.isdigit() and len(repeated) <= 18  # fits 64 bits
    return Submission(
        key=key,
        administrator=caller.administrator,
        company=of_company.company,
        accounts=of_company.accounts,
        verified_phone=caller.visitor.phone,
        verified_by=caller.visitor.method,
        request_type=form.type,
        reason=data["reason"] or (other_reason(form.type) if form.type.asks_reason else None),
        requester_name=data["requester_name"],
        email=data["email"],
        contact_phone=data["contact_phone"],
        details=data["details"],
        answers=data["answers"],
        lines=form.line_review.understood.lines if form.line_review else (),
        calendar=form.offer.calendar,
        areas=form.offer.areas_of(form.type),
        documents=data["attachments"],
        staged=staging.for_submission(owner, form.staged.files, key.uuid),
        duplicate_of=int(repeated) if is_number else None,
    )


def _review(owner: Uploader, of_company: CompanyFacts, form: RequestForm, key: SubmissionKey) -> HttpResponse:
    """Show the form again with the list as it was understood; posting it again confirms that."""
    return _page(owner, of_company, form, key, staged=_stage_accepted(owner, form, key))


def _refuse(
    owner: Uploader,
    of_company: CompanyFacts,
    form: RequestForm,
    key: SubmissionKey,
    existing: ExistingTickets | None = None,
) -> HttpResponse:
    """Show the form again (422). If its key already has a ticket, the form gets a new key."""
    existing = existing or ExistingTickets()
    if existing.used:
        key = key.renewed(form.type)
        form.line_step = LineStep(key.uuid, of_company.company, owner.phone, form.type)
    return _page(
        owner, of_company, form, key, existing=existing, staged=_stage_accepted(owner, form, key), status=422
    )


def _refuse_key(caller: Caller, owner: Uploader, form: RequestForm) -> HttpResponse:
    """Refuse a key that was not given to this administrator; show the form for the current company.

    If the visitor must pick a company first, the input is dropped: it was meant for another one.
    """
    logger.warning("Unknown submission key posted by administrator %d", caller.administrator.pk)
    request = owner.request
    of_company = current_company.current_company(request, caller.visitor.phone)
    if of_company is None:
        companies = directory().companies(caller.administrator)
        picker = CompanyForm(companies=companies)
        lost = _(
            "No se registró nada: usted ya no administra la empresa de ese formulario, "
            "o el formulario caducó."
        )
        messages.warning(request, f"{lost} {_('Elija una empresa y llene la solicitud otra vez.')}")
        return render(
            request, "portal/request/company.html", {"form": picker, "companies": companies}, status=422
        )
    key = SubmissionKey.mint(caller.administrator, of_company.company, form.type)
    form.line_step = LineStep(key.uuid, of_company.company, owner.phone, form.type)
    form.add_error(
        None, _("El formulario había caducado. Revise que la empresa sea la correcta y confirme otra vez.")
    )
    return _page(owner, of_company, form, key, staged=_stage_accepted(owner, form, key), status=422)


def _stage_accepted(owner: Uploader, form: RequestForm, key: SubmissionKey) -> tuple[StagedFile, ...]:
    """Stage the accepted documents; return them after those that were staged before."""
    try:
        return (
            *staging.for_submission(owner, form.staged.files, key.uuid),
            *staging.stage(owner, form.received.accepted),
        )
    except (StorageFailed, QuotaReached) as problem:
        logger.warning("The documents of a refused form could not be stored", exc_info=problem)
        form.add_error("attachments", staging.error_text(problem))
        return tuple(file for file in form.staged.files if file.claimed_by is None)


def _page(
    owner: Uploader,
    of_company: CompanyFacts,
    form: RequestForm,
    key: SubmissionKey,
    *,
    existing: ExistingTickets | None = None,
    draft: drafts.Draft | None = None,
    staged: tuple[StagedFile, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Render the form with the effective dates of this moment, and what changed in them (A22).

    The form's key carries the dates shown.
    """
    request_type = form.type
    uploads_closed = staging.uploads_disabled_reason()
    existing = existing or ExistingTickets()
    company = of_company.company
    services = directory().services(company, LINES_OFFERED) if form.is_bound else of_company.services
    lines = LineReview() if form.line_review is None else form.line_review
    # A form that offers every line shows the date of every account, for whichever lines are chosen
    chosen = () if line_step.offers_all(services) else lines.understood.accounts
    accounts = touched_accounts(of_company.accounts, chosen)
    terms = list(request_type.dates_at(timezone.now(), accounts, form.offer.calendar).terms)
    form.carry_lines()
    form.carry_key(key.showing(request_type, ShownTerms.of(terms)).token())
    form.fields["attachments"].disabled = bool(uploads_closed)
    context = {
        "form": form,
        "company": company,
        "services": services,
        "terms": terms,
        "dates": {term.account: term.effective_date for term in terms},
        "lines": lines,
        "shown_lines": lines.shown(services) if request_type.asks_lines else [],
        "offers_all": line_step.offers_all(services),
        "terms_change": TermsChange.between(key.shown, terms, of_lines=bool(chosen)),
        "request_type": request_type,
        "words": request_type.words,
        "several_types": len(form.offer.types) > 1,
        "documents_asked": form.offer.documents_of(request_type),
        "several_companies": current_company.was_picked(owner.request),
        "staged": staged,
        "uploads_closed": uploads_closed,
        "existing_ticket": existing.used,
        "repeated": existing.repeated,
        "similar": existing.similar(company, form),
        "draft": draft,
    }
    return render(owner.request, "portal/request/request.html", context, status=status)
