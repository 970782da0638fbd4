"""`consulta/`: the form for people without a registered number (D7, D8).

The pages of the e-mail code are in `code_views`.

The form sends no SMS, opens no portal session and never asks the directory: a registered number
or address is answered like any other. The browser's session holds the key of the last form sent.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from attachments import quota, staging
from attachments.models import StagedFile
from attachments.quota import QuotaReached
from attachments.staging import Uploader
from attachments.storage import StorageFailed
from otp import session
from otp.limits.limits import LimitReached, consume_times, limit
from portal.public import browser
from portal.public.form_key import FormKey
from portal.public.forms import PublicForm
from portal.request.type_form import TypeForm
from tickets import public_requests
from tickets.effective_date import ShownTerms, Term, TermsChange
from tickets.models import RequestType, Ticket
from tickets.offer import Offer, public_offer

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest) -> HttpResponse:
    """Show the choice of type or the form, and accept both."""
    offer = public_offer()
    if not offer.types:
        return _closed(request)
    if request.method == "POST" and "submission_key" not in request.POST:
        return _choose(request, offer)
    request_type = _type(request, offer)
    if request_type is None:
        return _types_page(request, TypeForm(offer=offer))
    if request.method == "POST":
        return _send(request, offer, request_type)
    return _page(request, PublicForm(offer=offer, request_type=request_type), FormKey.mint())


def _type(request: HttpRequest, offer: Offer) -> RequestType | None:
    """Return the type that the form or the URL names, or the only one; None if it must be chosen.

    If the operator has withdrawn the posted type, the first one replaces it and the input is kept.
    """
    if request.method == "POST":
        return offer.type_of(request.POST.get("request_type")) or offer.first_type()
    named = offer.type_of(request.GET.get("tipo"))
    return named or (offer.types[0] if len(offer.types) == 1 else None)


def _closed(request: HttpRequest) -> HttpResponse:
    """Name the other ways of contact while the public form offers no type."""
    status = 422 if request.method == "POST" else 200
    return session.set_cache_control(render(request, "portal/public/closed.html", status=status), keep=True)


def _choose(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Redirect to the form of the chosen type, which its URL names."""
    chosen = TypeForm(request.POST, offer=offer)
    if not chosen.is_valid():
        return _types_page(request, chosen, status=422)
    address = f"{reverse('public:form')}?tipo={chosen.cleaned_data['request_type']}"
    return session.set_cache_control(HttpResponseRedirect(address, status=303))


def _types_page(request: HttpRequest, form: TypeForm, status: int = 200) -> HttpResponse:
    response = render(request, "portal/public/types.html", {"form": form}, status=status)
    return session.set_cache_control(response, keep=True)


def _send(request: HttpRequest, offer: Offer, request_type: RequestType) -> HttpResponse:
    posted_key = FormKey.read(request.POST.get("submission_key", ""))
    key = posted_key or FormKey.mint()
    owner = browser.uploader(request, key.uuid)
    staging.remove(owner, request.POST)
    filled = PublicForm(
        request.POST,
        request.FILES,
        offer=offer,
        request_type=request_type,
        staged=staging.posted_files(owner, request.POST),
        phone=owner.phone,
    )
    if filled.is_valid() and posted_key is None:
        filled.add_error(None, _("El formulario había caducado. Revíselo y envíelo otra vez."))
    now = timezone.now()
    terms = _terms(filled, now)
    if not filled.is_valid() or key.shown != ShownTerms.of(terms):
        return _refuse(owner, filled, key)
    return _keep(owner, filled, key, now, terms)


def _terms(shown: PublicForm, moment: datetime) -> list[Term]:
    """Return the dates by the type's rule, without billing accounts: the requester has none."""
    return list(shown.type.dates_at(moment, (), shown.offer.calendar).terms)


def _keep(
    owner: Uploader, filled: PublicForm, key: FormKey, now: datetime, terms: list[Term]
) -> HttpResponse:
    """Store the valid form, mail its code and go to the code page. A second click mails nothing."""
    submission = filled.submission(key.uuid, now, terms)
    ticket = public_requests.ticket_of(key.uuid)
    if ticket is not None:
        return _sent_before(owner, filled, key, ticket, same=ticket.submission_digest == submission.digest)
    if public_requests.is_waiting(submission):
        return _await_code(owner.request, key.uuid)
    staged = filled.staged.files
    try:
        staged = (*staged, *_stage(owner, filled))
        public_requests.keep(submission, staged, browser.address(owner.request))
    except (StorageFailed, QuotaReached) as problem:
        logger.warning("The documents of a public form could not be stored", exc_info=problem)
        filled.refuse_documents(problem)
        return _refuse(owner, filled, key)
    except LimitReached:
        return _page(owner.request, filled, key, staged=staged, limit_reached=True, status=429)
    return _await_code(owner.request, key.uuid)


def _sent_before(
    owner: Uploader, filled: PublicForm, key: FormKey, ticket: Ticket, *, same: bool
) -> HttpResponse:
    """Answer a form that has a ticket: show the ticket, or give an edited form a new key."""
    if same and browser.is_current(owner.request, key.uuid):
        return browser.redirect_to("public:done")
    said = _("Lo que envió antes en este formulario está registrado con el ticket n.º %(number)s.")
    again = _("Si quiere hacer otra consulta, revise lo escrito y envíelo otra vez.")
    filled.add_error(None, f"{said % {'number': ticket.number}} {again}")
    new = FormKey.mint()
    filled.staged = staging.StagedFiles()  # they belong to that ticket
    return _refuse(browser.uploader(owner.request, new.uuid), filled, new)


def _await_code(request: HttpRequest, key: UUID) -> HttpResponse:
    browser.remember(request, key)
    return browser.redirect_to("public:code")


def _refuse(owner: Uploader, filled: PublicForm, key: FormKey) -> HttpResponse:
    """Show the form again (422) with all that was typed and the accepted documents."""
    staged = filled.staged.files
    try:
        staged = (*staged, *_stage(owner, filled))
    except (StorageFailed, QuotaReached) as problem:
        logger.warning("The documents of a refused public form could not be stored", exc_info=problem)
        filled.refuse_documents(problem)
    return _page(owner.request, filled, key, staged=staged, status=422)


def _stage(owner: Uploader, filled: PublicForm) -> tuple[StagedFile, ...]:
    """Stage the accepted documents, and count them in the daily limit that all visitors share.

    The network's quota is checked first: otherwise one visitor could use up the shared limit with
    documents that are not stored. Raises QuotaReached and StorageFailed.
    """
    documents = filled.received.accepted
    if documents:
        quota.check(owner.phone, len(documents))
        try:
            consume_times(limit("public.files", "", settings.PUBLIC_FILES_PER_DAY), len(documents))
        except LimitReached:
            raise QuotaReached(0) from None
    return staging.stage(owner, documents)


def _page(
    request: HttpRequest,
    shown: PublicForm,
    key: FormKey,
    *,
    staged: tuple[StagedFile, ...] = (),
    limit_reached: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render the form with the effective date of this moment, which its key carries (A22)."""
    uploads_closed = staging.uploads_disabled_reason()
    terms = _terms(shown, timezone.now())
    shown.carry_key(key.showing(ShownTerms.of(terms)).token())
    shown.fields["attachments"].disabled = bool(uploads_closed)
    context = {
        "form": shown,
        "request_type": shown.type,
        "words": shown.type.words,
        "several_types": len(shown.offer.types) > 1,
        "documents_asked": shown.offer.documents_of(shown.type),
        "terms": terms,
        "terms_change": TermsChange.between(key.shown, terms),
        "staged": staged,
        "uploads_closed": uploads_closed,
        "limit_reached": limit_reached,
        "typed": True,
    }
    response = render(request, "portal/public/form.html", context, status=status)
    return session.set_cache_control(response, keep=True)  # the Back button must show the input
