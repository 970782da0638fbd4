"""`consulta/`: ask without a registered number; a code by e-mail verifies the address (D7, D8).

It sends no SMS, opens no portal session and never asks the directory: a registered number or
address is answered like any other. The browser's session holds the key of the last form sent.
"""

import logging
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from attachments import staging
from attachments.models import StagedFile
from attachments.quota import QuotaReached
from attachments.staging import StagedFileGone, Uploader
from attachments.storage import StorageFailed
from otp import addresses, session
from otp.limits.limits import LimitReached
from portal.public.forms import EmailCodeForm, PublicForm, key_of, new_key, token
from portal.request.forms import TypeForm
from tickets import public_requests
from tickets.models import PublicRequest, RequestType
from tickets.offer import Offer, public_offer
from tickets.public_requests import Answer

logger = logging.getLogger(__name__)

KEY = "consulta.key"  # of the browser's session: the form whose code is awaited, or its ticket
form_methods = require_http_methods(["GET", "HEAD", "POST"])


@form_methods
def form(request: HttpRequest) -> HttpResponse:
    """Choose the type, fill the form in, and send it."""
    offer = public_offer()
    request_type = _type(request, offer)
    if request_type is None:
        return _no_form(request, offer)
    if request.method == "POST":
        return _send(request, offer, request_type)
    return _page(request, PublicForm(offer=offer, request_type=request_type), new_key())


@form_methods
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code that was mailed, and register the ticket."""
    row = _current(request)
    if row is None:
        return _to("public:form")
    if row.used_at is not None:
        return _to("public:done")
    if request.method != "POST":
        return _code_page(request, row, EmailCodeForm())
    return _resend(request, row) if "resend" in request.POST else _check(request, row)


def _check(request: HttpRequest, row: PublicRequest) -> HttpResponse:
    """Check the typed code; register the request if it is right."""
    typed = EmailCodeForm(request.POST)
    if not typed.is_valid():
        return _code_page(request, row, typed, status=422)
    answer = public_requests.verify(row, typed.cleaned_data["code"])
    if answer is Answer.RIGHT:
        return _register(request, row)
    now = public_requests.of_key(row.pk)
    if now is None or now.used_at is not None:  # deleted, or registered by the first of two clicks
        return _to("public:code")
    if answer is Answer.WRONG and not public_requests.has_ended(now):
        left = public_requests.ATTEMPTS - now.attempts
        tries = ngettext("Le queda %(count)d intento.", "Le quedan %(count)d intentos.", left)
        wrong = _("Ese no es el código. Revíselo e ingréselo otra vez.")
        typed.add_error("code", f"{wrong} {tries % {'count': left}}")
    return _code_page(request, now, typed, status=422)


@require_http_methods(["GET", "HEAD"])
def done(request: HttpRequest) -> HttpResponse:
    """Show the ticket's number, in the browser that asked."""
    row = _current(request)
    ticket = public_requests.ticket_of(row.pk) if row is not None else None
    if ticket is None:
        return _to("public:form")
    return session.set_cache_control(
        render(request, "portal/public/done.html", {"ticket": ticket, "terms": ticket.terms})
    )


def _type(request: HttpRequest, offer: Offer) -> RequestType | None:
    """Return the type that the form or the address names, or the only one.

    A form whose type was withdrawn gets another one, to keep what was typed.
    """
    if request.method == "POST":
        posted = request.POST.get("request_type", "")
        return offer.type_of(posted) or (offer.first_type() if posted else None)
    named = offer.type_of(request.GET.get("tipo"))
    return named or (offer.types[0] if len(offer.types) == 1 else None)


def _no_form(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Offer the types; if there is none, say how else to ask."""
    page = "portal/public/types.html" if offer.types else "portal/public/closed.html"
    families = TypeForm(offer=offer).families()
    status = 422 if request.method == "POST" else 200
    return session.set_cache_control(render(request, page, {"families": families}, status=status), keep=True)


def _send(request: HttpRequest, offer: Offer, request_type: RequestType) -> HttpResponse:
    posted_key = key_of(request.POST.get("submission_key", ""))
    key = posted_key or new_key()
    owner = _uploader(request, key)
    staging.remove(owner, request.POST)
    filled = PublicForm(
        request.POST,
        request.FILES,
        offer=offer,
        request_type=request_type,
        staged=staging.posted_files(owner, request.POST),
        phone=owner.phone,
        files_per_day=settings.PUBLIC_FILES_PER_DAY,
    )
    if filled.is_valid() and posted_key is None:
        filled.add_error(None, _("El formulario había caducado. Revíselo y envíelo otra vez."))
    return _keep(owner, filled, key) if filled.is_valid() else _refuse(owner, filled, key)


def _keep(owner: Uploader, filled: PublicForm, key: UUID) -> HttpResponse:
    """Keep the valid form and go on to its code; a second click goes on without another."""
    request, asked = owner.request, filled.asked(key)
    ticket = public_requests.ticket_of(key)
    if ticket is not None:
        return _sent_before(owner, filled, ticket.number, same=ticket.submission_digest == asked.digest)
    if public_requests.is_waiting(asked):
        return _await_code(request, key)
    try:
        staged = (*filled.staged.files, *staging.stage(owner, filled.received.accepted))
        public_requests.keep(asked, staged, _address(request))
    except (StorageFailed, QuotaReached) as problem:
        logger.warning("The documents of a public form could not be stored", exc_info=problem)
        filled.refuse_documents(problem)
        return _refuse(owner, filled, key)
    except LimitReached:
        return _rate_limited(request)
    return _await_code(request, key)


def _sent_before(owner: Uploader, filled: PublicForm, number: int, *, same: bool) -> HttpResponse:
    """Show the ticket that this form has, or give an edited form a new key."""
    key = key_of(owner.request.POST.get("submission_key", ""))
    if same and owner.request.session.get(KEY) == (key.hex if key else ""):
        return _to("public:done")
    said = _("Lo que envió antes en este formulario está registrado con el ticket n.º %(number)s.")
    again = _("Si quiere hacer otra consulta, revise lo escrito y envíelo otra vez.")
    filled.add_error(None, f"{said % {'number': number}} {again}")
    new = new_key()
    filled.staged = staging.StagedFiles()  # they belong to that ticket
    return _refuse(_uploader(owner.request, new), filled, new)


def _await_code(request: HttpRequest, key: UUID) -> HttpResponse:
    if request.session.get(KEY) != key.hex:
        request.session[KEY] = key.hex
    return _to("public:code")


def _refuse(owner: Uploader, filled: PublicForm, key: UUID) -> HttpResponse:
    """Show the form again (422) with all that was typed and the accepted documents."""
    staged = filled.staged.files
    try:
        staged = (*staged, *staging.stage(owner, filled.received.accepted))
    except (StorageFailed, QuotaReached) as problem:
        logger.warning("The documents of a refused public form could not be stored", exc_info=problem)
        filled.refuse_documents(problem)
    return _page(owner.request, filled, key, staged=staged, status=422)


def _page(
    request: HttpRequest,
    shown: PublicForm,
    key: UUID,
    *,
    staged: tuple[StagedFile, ...] = (),
    status: int = 200,
) -> HttpResponse:
    uploads_closed = staging.uploads_disabled_reason()
    shown.carry_key(token(key))
    shown.fields["attachments"].disabled = bool(uploads_closed)
    context = {
        "form": shown,
        "request_type": shown.type,
        "words": shown.type.words,
        "several_types": len(shown.offer.types) > 1,
        "documents_asked": shown.offer.documents_of(shown.type),
        "staged": staged,
        "uploads_closed": uploads_closed,
    }
    response = render(request, "portal/public/form.html", context, status=status)
    return session.set_cache_control(response, keep=True)  # Back must show what was typed


def _register(request: HttpRequest, row: PublicRequest) -> HttpResponse:
    staged = staging.find(_uploader(request, row.pk), row.content.get("staged", []))
    gone = staged.missing > 0
    if not gone:
        try:
            public_requests.register(row, staged.files)
        except StagedFileGone:
            gone = True
    if gone and public_requests.ticket_of(row.pk) is None:
        return _code_page(request, row, EmailCodeForm(), documents_gone=True, status=422)
    return _to("public:done")


def _resend(request: HttpRequest, row: PublicRequest) -> HttpResponse:
    try:
        public_requests.resend(row, _address(request))
    except public_requests.TooEarly:
        return _code_page(request, row, EmailCodeForm(), too_early=True, status=429)
    except LimitReached:
        return _rate_limited(request)
    return _to("public:code")


def _code_page(
    request: HttpRequest,
    row: PublicRequest,
    typed: EmailCodeForm,
    *,
    too_early: bool = False,
    documents_gone: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": typed,
        "email": row.email,
        "ended": public_requests.has_ended(row) or documents_gone,
        "documents_gone": documents_gone,
        "too_early": too_early,
        "resend_wait": public_requests.resend_wait(row),
        "code_digits": settings.OTP_DIGITS,
    }
    return session.set_cache_control(render(request, "portal/public/code.html", context, status=status))


def _rate_limited(request: HttpRequest) -> HttpResponse:
    return session.set_cache_control(render(request, "429.html", status=429))


def _current(request: HttpRequest) -> PublicRequest | None:
    """Return the form that this browser sent last, until it is deleted."""
    kept = request.session.get(KEY)
    return public_requests.of_key(UUID(kept)) if kept else None


def _uploader(request: HttpRequest, key: UUID) -> Uploader:
    """Return the owner of the form's files: the form, whose key only this browser has.

    They count on the widest network of the address: a /48 has 65,536 networks of a home.
    """
    place = _address(request)
    widest = [place, *(network for network, _factor in addresses.surrounding(place))][-1]
    return Uploader(request, None, f"public:{widest}", form_key=key.hex)


def _address(request: HttpRequest) -> str:
    return addresses.bucket(addresses.client_address(request))


def _to(page: str) -> HttpResponse:
    return session.set_cache_control(HttpResponseRedirect(reverse(page), status=303))
