"""The screens of the PIN check: entry, code, resend, leaving, help. Rules are in `challenges`;
these are shells.
"""

import secrets

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from companies.directory import directory
from companies.phones import display, tail
from otp import addresses, audit, destinations, known_browser, session
from otp.hashing import keyed_hash
from otp.invitations import invitations
from otp.invitations.invitations import Link
from otp.limits.limits import LimitReached, SharedLimitReached
from otp.models import Challenge, Invitation
from otp.network import network_identity
from otp.pin import challenges
from otp.pin.challenges import Answer, AttemptResult
from portal.entry.forms import CodeForm, EntryForm

# A name of our own that nobody can guess, since the session's key changes at sign-in. It leads to
# the session's challenge, which is in no address and no form (R1.10); the session holds no number
# of it, which of two clicks at once the slower would write
SESSION_NAME = "portal.name"

NO_LINK = Link()

form_methods = require_http_methods(["GET", "HEAD", "POST"])
read_methods = require_http_methods(["GET", "HEAD"])


@form_methods
def entry(request: HttpRequest) -> HttpResponse:
    """Asks for the number (A2). A link that was sent fills it in and does nothing else: scanners
    open it, too.
    """
    if request.method == "POST":
        return _submit_phone(request)
    link = invitations.link(request.GET.get(invitations.PARAMETER, ""))
    initial = {"phone": display(link.invitation.phone)} if link.invitation else None
    return _entry_page(request, EntryForm(initial=initial), link)


@form_methods
def pin(request: HttpRequest) -> HttpResponse:
    """Asks for the code (A4), of whoever asked for one."""
    challenge = _challenge_of(request)
    if challenge is None:
        if session.current_visitor(request) is not None:
            return session.set_cache_control(destinations.redirect_after_sign_in(request))
        return _to(request, "otp:entry")
    if request.method == "POST":
        return _check_code(request, challenge)
    return _pin_page(request, challenge, CodeForm())


@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """Another code for the same number (R1.19)."""
    challenge = _challenge_of(request)
    if challenge is None:
        return _to(request, "otp:entry")
    try:
        challenges.resend(challenge, _address(request))
    except challenges.TooEarly:
        _record_limit(request, challenge.phone, challenge.session_ref)
        return _pin_page(request, challenge, CodeForm(), status=429, too_early=True)
    except LimitReached as reached:
        return _limit_reached(request, challenge.phone, challenge.session_ref, reached)
    messages.info(request, _("Enviamos otro código al mismo número. El anterior ya no sirve."))
    return _to(request, "otp:pin")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """*Salir*, and *Cancelar* on the request form (A13): nothing is registered, nothing stays in
    the browser.
    """
    name = request.session.get(SESSION_NAME)
    if name is not None:
        challenges.close(_ref(name))
    session.sign_out(request)
    messages.info(request, _("Salió del portal. Lo que no confirmó no se registró."))
    response = session.set_cache_control(redirect("otp:entry"))
    # Not the cookies: a member of staff may be signed in to the desk with the same browser (R6.07)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@read_methods
def help_page(request: HttpRequest) -> HttpResponse:
    """Help, privacy and contact."""
    return _findable(render(request, "portal/entry/help.html", _about_codes()))


def _submit_phone(request: HttpRequest) -> HttpResponse:
    form = EntryForm(request.POST)
    link = invitations.link(request.POST.get(invitations.FIELD, ""))
    if not form.is_valid():
        return _entry_page(request, form, link, status=422)
    phone = form.cleaned_data["phone"]
    invitation = link.for_number(phone)
    name = request.session.get(SESSION_NAME) or _new_name(request)
    session_ref = _ref(name)
    session.change_number(request, phone)
    if _network_says(request, phone, session_ref) and directory().administrator(phone) is not None:
        _sign_in_by_network(request, phone, session_ref, invitation)
        return _signed_in(request, phone, "network")
    try:
        challenges.start(phone, session_ref, _address(request), invitation)
    except LimitReached as reached:
        return _limit_reached(request, phone, session_ref, reached, link)
    if SESSION_NAME not in request.session:  # only now: what is refused leaves no row behind
        request.session[SESSION_NAME] = name
    return _to(request, "otp:pin")


def _network_says(request: HttpRequest, phone: str, session_ref: str) -> bool:
    """Whether the network vouches for the number that was typed; what it says in vain is counted
    (R2.06).
    """
    try:
        return network_identity.identify(request) == phone
    except network_identity.UntrustedClaim as ignored:
        audit.record_refusal(
            audit.Kind.IGNORED,
            ignored.result,
            phone,
            session_ref=session_ref,
            address=_address(request),
            method=audit.Method.NETWORK,
        )
        return False


def _sign_in_by_network(
    request: HttpRequest, phone: str, session_ref: str, invitation: Invitation | None
) -> None:
    """The network's word replaces any code that was asked for."""
    with transaction.atomic():
        challenges.close(session_ref)
        invitations.mark_used(invitation.pk if invitation else None)
        audit.record(
            audit.Kind.VERIFIED,
            audit.Result.DONE,
            phone,
            session_ref=session_ref,
            address=_address(request),
            method=audit.Method.NETWORK,
        )


def _check_code(request: HttpRequest, challenge: Challenge) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _pin_page(request, challenge, form, status=422)
    known = known_browser.knows(request, challenge.phone)
    verdict = challenges.verify(challenge, form.cleaned_data["code"], _address(request), known_browser=known)
    if verdict.answer is Answer.RIGHT:
        return _signed_in(request, challenge.phone, "pin")
    if verdict.answer in {Answer.WAIT, Answer.LIMIT}:
        return _rate_limited(request)
    if verdict.answer is Answer.INVALID:
        challenge.refresh_from_db()
    else:
        form.add_error("code", _attempts_left(verdict))
    return _pin_page(request, challenge, form, status=422)


def _signed_in(request: HttpRequest, phone: str, method: session.Method) -> HttpResponse:
    session.sign_in(request, phone, method)
    response = session.set_cache_control(destinations.redirect_after_sign_in(request))
    known_browser.remember(request, response, phone)
    return response


def _attempts_left(verdict: AttemptResult) -> str:
    left = ngettext("Le queda %(count)d intento.", "Le quedan %(count)d intentos.", verdict.attempts_left)
    return f"{_('Ese no es el código. Revíselo e ingréselo otra vez.')} {left % {'count': verdict.attempts_left}}"


def _entry_page(request: HttpRequest, form: EntryForm, link: Link, status: int = 200) -> HttpResponse:
    visitor = session.current_visitor(request)
    context = {
        "form": form,
        "link": link,
        "verified_tail": tail(visitor.phone) if visitor else None,
        "destination": destinations.carried(request),
    }
    response = render(request, "portal/entry/entry.html", context, status=status)
    if not form.is_bound and not link.token and not context["destination"]:
        response = _findable(response)
    # Nothing of anybody's is on the plain entry, so that Back may show it; a number, or its tail,
    # may be on the others
    return session.set_cache_control(response, keep=visitor is None and link.invitation is None)


def _findable(response: HttpResponse) -> HttpResponse:
    """Let search engines list the page: leaving must be as easy to find as joining (F6). No other
    page is listed.
    """
    response.headers["X-Robots-Tag"] = "all"
    return response


def _pin_page(
    request: HttpRequest, challenge: Challenge, form: CodeForm, *, status: int = 200, too_early: bool = False
) -> HttpResponse:
    """Asks for the code, or for another one where this one is good for nothing any more."""
    ended = challenges.ended(challenge)
    context = {
        "form": form,
        "phone_tail": tail(challenge.phone),
        "ended": ended.name.lower() if ended else "",
        "resend_wait": challenges.resend_wait(challenge),
        "too_early": too_early,
        "destination": destinations.carried(request),
        **_about_codes(),
    }
    return session.set_cache_control(render(request, "portal/entry/pin.html", context, status=status))


def _limit_reached(
    request: HttpRequest, phone: str, session_ref: str, reached: LimitReached, link: Link = NO_LINK
) -> HttpResponse:
    _record_limit(request, phone, session_ref)
    if isinstance(reached, SharedLimitReached):
        about = {"until": reached.until, "asked": SESSION_NAME in request.session}
        return _rate_limited(request, link, "portal/entry/day_spent.html", **about)
    return _rate_limited(request, link)


def _record_limit(request: HttpRequest, phone: str, session_ref: str) -> None:
    address = _address(request)
    audit.record_refusal(
        audit.Kind.ASKED, audit.Result.LIMIT, phone, session_ref=session_ref, address=address
    )


def _rate_limited(
    request: HttpRequest, link: Link = NO_LINK, page: str = "429.html", **about: object
) -> HttpResponse:
    context = {"link": link, "destination": destinations.carried(request), **about}
    return session.set_cache_control(render(request, page, context, status=429))


def _to(request: HttpRequest, sign_in_page: str) -> HttpResponse:
    """On to a page of the sign-in, for the same destination."""
    return session.set_cache_control(destinations.redirect_with(destinations.carried(request), sign_in_page))


def _about_codes() -> dict[str, int]:
    minutes = int(settings.OTP_VALIDITY.total_seconds() // 60)
    return {
        "code_digits": settings.OTP_DIGITS,
        "validity_minutes": minutes,
        "most_tries": challenges.ATTEMPTS,
    }


def _challenge_of(request: HttpRequest) -> Challenge | None:
    name = request.session.get(SESSION_NAME)
    return challenges.of_session(_ref(name)) if name is not None else None


def _ref(name: str) -> str:
    return keyed_hash("session", name)


def _new_name(request: HttpRequest) -> str:
    """Two clicks on one page that bring no session yet get the same name, and so one code is sent.

    What they have in common is a secret of this browser and the token of this very page, another on
    every rendering.
    """
    token = request.POST.get("csrfmiddlewaretoken")
    if token is None:  # nothing checked it, either
        return secrets.token_urlsafe(16)
    return keyed_hash("name", f"{request.META['CSRF_COOKIE']}:{token}")


def _address(request: HttpRequest) -> str:
    return addresses.bucket(addresses.client_address(request))
