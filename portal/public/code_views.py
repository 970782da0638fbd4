"""`consulta/codigo/` and `consulta/listo/`: the code that came by e-mail, and the ticket.

Each code page carries the key of its form, so that two tabs each register the form they sent.
"""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from attachments import staging
from attachments.staging import StagedFileGone
from otp import session
from otp.limits.limits import LimitReached
from portal.public import browser
from portal.public.form_key import FormKey
from portal.public.forms import EmailCodeForm
from tickets import public_code, public_requests
from tickets.models import PublicRequest
from tickets.public_requests import Answer


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Show the field for the mailed code; a right code registers the ticket."""
    key = _key(request)
    row = public_requests.of_key(key) if key else None
    if row is None:
        return (
            _expired(request)
            if key and not public_requests.ticket_of(key)
            else browser.redirect_to("public:form")
        )
    if request.method == "POST":
        browser.remember(request, row.pk)
    if row.used_at is not None:
        return browser.redirect_to("public:done")
    if request.method != "POST":
        return _code_page(request, row, EmailCodeForm())
    return _resend(request, row) if "resend" in request.POST else _check(request, row)


@require_http_methods(["GET", "HEAD"])
def done(request: HttpRequest) -> HttpResponse:
    """Show the ticket's number in the browser that sent the form, until its code would expire."""
    key = _key(request)
    row = public_requests.of_key(key) if key else None
    ticket = public_requests.ticket_of(row.pk) if row and timezone.now() < row.expires_at else None
    if ticket is None:
        return browser.redirect_to("public:form")
    context = {"ticket": ticket, "terms": ticket.terms}
    return session.set_cache_control(render(request, "portal/public/done.html", context))


def _key(request: HttpRequest) -> UUID | None:
    """Return the key that the page posts, else that of the browser's last form."""
    posted = FormKey.read(request.POST.get("submission_key", "")) if request.method == "POST" else None
    return posted.uuid if posted else browser.current_key(request)


def _expired(request: HttpRequest, *, documents_gone: bool = False) -> HttpResponse:
    """Ask to send the form again: it was stored only until its code expired."""
    status = 422 if request.method == "POST" else 200
    context = {"documents_gone": documents_gone}
    return session.set_cache_control(render(request, "portal/public/expired.html", context, status=status))


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
        return browser.redirect_to("public:code")
    if answer is Answer.WRONG and not public_requests.has_ended(now):
        left = public_requests.ATTEMPTS - now.attempts
        tries = ngettext("Le queda %(count)d intento.", "Le quedan %(count)d intentos.", left)
        wrong = _("Ese no es el código. Revíselo e ingréselo otra vez.")
        typed.add_error("code", f"{wrong} {tries % {'count': left}}")
    return _code_page(request, now, typed, status=422)


def _register(request: HttpRequest, row: PublicRequest) -> HttpResponse:
    staged = staging.find(browser.uploader(request, row.pk), row.content.get("staged", []))
    gone = staged.missing > 0
    if not gone:
        try:
            public_requests.register(row, staged.files)
        except public_requests.Replaced:
            return browser.redirect_to("public:code")
        except StagedFileGone:
            gone = True
    if gone and public_requests.ticket_of(row.pk) is None:
        return _expired(request, documents_gone=True)
    return browser.redirect_to("public:done")


def _resend(request: HttpRequest, row: PublicRequest) -> HttpResponse:
    try:
        public_requests.resend(row, browser.address(request))
    except public_requests.TooEarly:
        return _code_page(request, row, EmailCodeForm(), too_early=True, status=429)
    except LimitReached:
        return _code_page(request, row, EmailCodeForm(), limit_reached=True, status=429)
    return browser.redirect_to("public:code")


def _code_page(
    request: HttpRequest,
    row: PublicRequest,
    typed: EmailCodeForm,
    *,
    too_early: bool = False,
    limit_reached: bool = False,
    status: int = 200,
) -> HttpResponse:
    if public_requests.has_expired(row):
        return _expired(request)
    context = {
        "form": typed,
        "form_key": FormKey(row.pk).token(),
        "email": row.email,
        "request_type": row.request_type,
        "out_of_attempts": public_requests.is_out_of_attempts(row),
        "too_early": too_early,
        "limit_reached": limit_reached,
        "typed": False,
        "code_digits": settings.OTP_DIGITS,
        "minutes": int(public_code.VALIDITY.total_seconds() // 60),
    }
    return session.set_cache_control(render(request, "portal/public/code.html", context, status=status))
