"""Sign-in views: phone number, code, resend, sign-out, help.

The rules are in `otp.pin.challenges`.
"""

import secrets
from contextlib import suppress
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.backends.base import UpdateError
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
from otp.pin.challenges import Answer
from portal.entry.forms import CodeForm, EntryForm
from tickets.offer import current_offer, has_public_form

# Session key of a random id that finds the challenge; no URL or form holds it (R1.10). Django's
# session key cannot be used, because it changes at sign-in. Nor can the challenge's pk: of two
# simultaneous clicks, the slower one would overwrite it
CHALLENGE_ID = "portal.name"

NO_LINK = Link()

form_methods = require_http_methods(["GET", "HEAD", "POST"])
read_methods = require_http_methods(["GET", "HEAD"])


@form_methods
def entry(request: HttpRequest) -> HttpResponse:
    """Ask for the phone number (A2).

    An invitation's link only fills it in: mail scanners open links too.
    """
    if request.method == "POST":
        return _submit_phone(request)
    link = invitations.link(request.GET.get(invitations.PARAMETER, ""))
    initial = {"phone": display(link.invitation.phone)} if link.invitation else None
    return _entry_page(request, EntryForm(initial=initial), link)


@form_methods
def pin(request: HttpRequest) -> HttpResponse:
    """Ask for the code (A4), if this session has requested one."""
    challenge = _current_challenge(request)
    if challenge is None:
        if session.current_visitor(request) is not None:
            return session.set_cache_control(destinations.redirect_after_sign_in(request, _start_page()))
        return _redirect(request, "otp:entry")
    if request.method == "POST":
        return _check_code(request, challenge)
    return _pin_page(request, challenge, CodeForm())


@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """Send another code to the same number (R1.19)."""
    challenge = _current_challenge(request)
    if challenge is None:
        return _redirect(request, "otp:entry")
    try:
        challenges.resend(challenge, _address(request))
    except challenges.TooEarly:
        _record_limit(request, challenge.phone, challenge.session_ref)
        return _pin_page(request, challenge, CodeForm(), status=429, too_early=True)
    except LimitReached as reached:
        return _limit_reached(request, challenge.phone, challenge.session_ref, reached)
    messages.info(request, _("Enviamos otro código al mismo número. El anterior ya no sirve."))
    return _redirect(request, "otp:pin")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """*Salir*, and *Cancelar* on the request form (A13).

    Nothing is registered, and the browser keeps no data.
    """
    challenge_id = request.session.get(CHALLENGE_ID)
    if challenge_id is not None:
        challenges.close(_session_ref(challenge_id))
    session.sign_out(request)
    messages.info(request, _("Salió del portal. Lo que no confirmó no se registró."))
    response = session.set_cache_control(redirect("otp:entry"))
    # Cookies stay: a member of staff may be signed in to the desk in the same browser (R6.07)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@read_methods
def help_page(request: HttpRequest) -> HttpResponse:
    """Show help, privacy notice and contact."""
    context = {**_code_limits(), "public_form": has_public_form()}
    return _allow_indexing(render(request, "portal/entry/help.html", context))


def _submit_phone(request: HttpRequest) -> HttpResponse:
    form = EntryForm(request.POST)
    link = invitations.link(request.POST.get(invitations.FIELD, ""))
    if not form.is_valid():
        return _entry_page(request, form, link, status=422)
    phone = form.cleaned_data["phone"]
    invitation = link.for_number(phone)
    known_id = request.session.get(CHALLENGE_ID)
    challenge_id = known_id or _new_challenge_id(request)
    session_ref = _session_ref(challenge_id)
    session.change_number(request, phone)
    if _network_confirms(request, phone, session_ref) and directory().administrator(phone) is not None:
        _sign_in_by_network(request, phone, session_ref, invitation)
        return _finish_sign_in(request, phone, "network")
    remember = None if known_id else partial(_remember, request, challenge_id)
    try:
        challenges.start(phone, session_ref, _address(request), invitation, remember=remember)
    except LimitReached as reached:
        return _limit_reached(request, phone, session_ref, reached, link)
    if CHALLENGE_ID not in request.session:  # set after `start`, so a refused request creates no session
        request.session[CHALLENGE_ID] = challenge_id
    return _redirect(request, "otp:pin")


def _remember(request: HttpRequest, challenge_id: str) -> None:
    """Save the id in the session now, in the transaction that creates its challenge."""
    request.session[CHALLENGE_ID] = challenge_id
    with suppress(UpdateError):  # another tab signed out; the session middleware handles that
        request.session.save()


def _network_confirms(request: HttpRequest, phone: str, session_ref: str) -> bool:
    """Whether the mobile network confirms the number that the visitor typed.

    Records untrusted claims in the audit (R2.06).
    """
    try:
        return network_identity.identify(request) == phone
    except network_identity.UntrustedClaim as claim:
        audit.record_refusal(
            audit.Kind.IGNORED,
            claim.result,
            phone,
            session_ref=session_ref,
            address=_address(request),
            method=audit.Method.NETWORK,
        )
        return False


def _sign_in_by_network(
    request: HttpRequest, phone: str, session_ref: str, invitation: Invitation | None
) -> None:
    """Record a sign-in by the mobile network, and close the challenges of codes sent before."""
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
    result = challenges.verify(challenge, form.cleaned_data["code"], _address(request), known_browser=known)
    if result.answer is Answer.RIGHT:
        return _finish_sign_in(request, challenge.phone, "pin")
    if result.answer in {Answer.WAIT, Answer.LIMIT}:
        return _rate_limited(request)
    if result.answer is Answer.INVALID:
        challenge.refresh_from_db()
    else:
        left = ngettext("Le queda %(count)d intento.", "Le quedan %(count)d intentos.", result.attempts_left)
        wrong = _("Ese no es el código. Revíselo e ingréselo otra vez.")
        form.add_error("code", f"{wrong} {left % {'count': result.attempts_left}}")
    return _pin_page(request, challenge, form, status=422)


def _finish_sign_in(request: HttpRequest, phone: str, method: session.Method) -> HttpResponse:
    session.sign_in(request, phone, method)
    response = session.set_cache_control(destinations.redirect_after_sign_in(request, _start_page()))
    known_browser.remember(request, response, phone)
    return response


def _start_page() -> str:
    """Return the route where visitors choose a request type, or the form if only one is offered."""
    return "tickets:type" if len(current_offer().types) > 1 else settings.PORTAL_START_URL


def _entry_page(request: HttpRequest, form: EntryForm, link: Link, status: int = 200) -> HttpResponse:
    visitor = session.current_visitor(request)
    context = {
        "form": form,
        "link": link,
        "verified_tail": tail(visitor.phone) if visitor else None,
        "destination": destinations.carried(request),
        "public_form": has_public_form(),
    }
    response = render(request, "portal/entry/entry.html", context, status=status)
    if not form.is_bound and not link.token and not context["destination"]:
        response = _allow_indexing(response)
    # Without visitor and invitation the page holds no personal data, so the browser may keep it for
    # Back; otherwise it shows a phone number or its last digits
    return session.set_cache_control(response, keep=visitor is None and link.invitation is None)


def _allow_indexing(response: HttpResponse) -> HttpResponse:
    """Let search engines list this page; the middleware forbids that for all others.

    Ending a service must be as easy to find as contracting it (F6).
    """
    response.headers["X-Robots-Tag"] = "all"
    return response


def _pin_page(
    request: HttpRequest, challenge: Challenge, form: CodeForm, *, status: int = 200, too_early: bool = False
) -> HttpResponse:
    """Ask for the code, or offer to send another one once it has expired or been used up."""
    ended = challenges.ended(challenge)
    context = {
        "form": form,
        "phone_tail": tail(challenge.phone),
        "ended": ended.name.lower() if ended else "",
        "resend_wait": challenges.resend_wait(challenge),
        "too_early": too_early,
        "destination": destinations.carried(request),
        **_code_limits(),
    }
    return session.set_cache_control(render(request, "portal/entry/pin.html", context, status=status))


def _limit_reached(
    request: HttpRequest, phone: str, session_ref: str, reached: LimitReached, link: Link = NO_LINK
) -> HttpResponse:
    _record_limit(request, phone, session_ref)
    if isinstance(reached, SharedLimitReached):
        context = {"until": reached.until, "asked": CHALLENGE_ID in request.session}
        return _rate_limited(request, link, "portal/entry/day_spent.html", **context)
    return _rate_limited(request, link)


def _record_limit(request: HttpRequest, phone: str, session_ref: str) -> None:
    address = _address(request)
    audit.record_refusal(
        audit.Kind.ASKED, audit.Result.LIMIT, phone, session_ref=session_ref, address=address
    )


def _rate_limited(
    request: HttpRequest, link: Link = NO_LINK, page: str = "429.html", **context: object
) -> HttpResponse:
    shown = {"link": link, "destination": destinations.carried(request), **context}
    return session.set_cache_control(render(request, page, shown, status=429))


def _redirect(request: HttpRequest, sign_in_page: str) -> HttpResponse:
    """Redirect to a page of the sign-in, keeping the destination."""
    return session.set_cache_control(destinations.redirect_with(destinations.carried(request), sign_in_page))


def _code_limits() -> dict[str, int]:
    minutes = int(settings.OTP_VALIDITY.total_seconds() // 60)
    return {
        "code_digits": settings.OTP_DIGITS,
        "validity_minutes": minutes,
        "most_tries": challenges.ATTEMPTS,
    }


def _current_challenge(request: HttpRequest) -> Challenge | None:
    challenge_id = request.session.get(CHALLENGE_ID)
    return challenges.of_session(_session_ref(challenge_id)) if challenge_id is not None else None


def _session_ref(challenge_id: str) -> str:
    return keyed_hash("session", challenge_id)


def _new_challenge_id(request: HttpRequest) -> str:
    """Return the id for a session that has none yet.

    A double click sends two requests without a session. Both must get the same id, so that one code
    is sent: it is derived from the browser's CSRF secret and the page's token, which differs at
    each rendering.
    """
    token = request.POST.get("csrfmiddlewaretoken")
    if token is None:  # the CSRF check is off
        return secrets.token_urlsafe(16)
    return keyed_hash("name", f"{request.META['CSRF_COOKIE']}:{token}")


def _address(request: HttpRequest) -> str:
    return addresses.bucket(addresses.client_address(request))
