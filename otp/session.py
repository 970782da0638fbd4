"""The portal's session: who was verified in this browser, how, and until when (P1).

All keys of the portal start with `portal.`. Signing out removes only those, so that a member of
staff who uses the desk in the same browser stays signed in there (R6.07).
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otp import destinations
from otp.destinations import Destination
from otp.hashing import keyed_hash

PREFIX = "portal."
VISITOR = "portal.visitor"
EXPIRED = "portal.expired"  # the phone of an expired visitor, whose posted form is kept as a draft
DRAFT = "portal.draft"
BROWSER_KEY = "portal.holder"  # the token behind `browser_token`, with its phone

# How long a session (P1) and a draft of the same phone (P4) are valid
VISITOR_IDLE = timedelta(minutes=15)
VISITOR_ABSOLUTE = timedelta(minutes=60)
DRAFT_LIFETIME = timedelta(minutes=30)
# Seconds between writes of `seen_at`, so that most page views write nothing; the idle time may end
# this much early
SLIDE_EVERY = 30

Method = Literal["pin", "network"]
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True)
class Visitor:
    """The verified visitor. The session holds only the phone; names come from the directory."""

    phone: str  # E.164
    method: Method
    verified_at: datetime


GatedView = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponse]
OnExpired = Callable[[HttpRequest, str], None]


def current_visitor(request: HttpRequest) -> Visitor | None:
    """Return the visitor while the idle and absolute times last, and restart the idle time."""
    record = request.session.get(VISITOR)
    if record is None:
        return None
    now = timezone.now().timestamp()
    idle_end = record["seen_at"] + VISITOR_IDLE.total_seconds()
    absolute_end = record["verified_at"] + VISITOR_ABSOLUTE.total_seconds()
    if now >= min(idle_end, absolute_end):
        request.session[EXPIRED] = record["phone"]
        del request.session[VISITOR]
        return None
    if now - record["seen_at"] >= SLIDE_EVERY:
        request.session[VISITOR] = {**record, "seen_at": now}
    return Visitor(record["phone"], record["method"], datetime.fromtimestamp(record["verified_at"], UTC))


def sign_in(request: HttpRequest, phone: str, method: Method) -> None:
    """Make `phone` the visitor of this session, under a new session key (R1.11)."""
    kept = {name: request.session[name] for name in (DRAFT, BROWSER_KEY) if name in request.session}
    if kept.get(BROWSER_KEY, {}).get("phone") != phone:
        # A CSRF token that someone learnt before the sign-in must not work after it. If the same
        # phone verifies again, the token stays: a form open in another tab still has it
        rotate_token(request)
    end_sign_in(request.session, _portal_keys(request.session))
    for name, entry in kept.items():
        if entry["phone"] == phone:
            request.session[name] = entry
    browser_token(request, phone)
    now = timezone.now().timestamp()
    request.session[VISITOR] = {"phone": phone, "method": method, "verified_at": now, "seen_at": now}


def sign_out(request: HttpRequest) -> None:
    """Delete the visitor and all the portal's keys; the old session key stops working (R1.11)."""
    if not request.user.is_authenticated:
        request.session.flush()
        return
    end_sign_in(request.session, _portal_keys(request.session))


def end_sign_in(session: SessionBase, keys: Iterable[str]) -> None:
    """Delete these keys and change the session key, which makes the old cookie useless (R1.11)."""
    for key in keys:
        session.pop(key, None)
    session.cycle_key()


def change_number(request: HttpRequest, phone: str) -> None:
    """Sign out any other number (R1.11). Its draft stays, in case it signs in again."""
    record = request.session.get(VISITOR)
    if record is not None and record["phone"] != phone:
        end_sign_in(request.session, [VISITOR])


def browser_token(request: HttpRequest, phone: str) -> str:
    """Return an opaque token that ties staged files to this phone in this browser.

    It outlives an expired verification, so that the same phone finds its files after the next one.
    Signing out deletes it.
    """
    entry = request.session.get(BROWSER_KEY)
    if entry is None or entry["phone"] != phone:
        entry = request.session[BROWSER_KEY] = {"phone": phone, "token": secrets.token_hex(16)}
    return keyed_hash("holder", entry["token"])


def save_draft(request: HttpRequest, phone: str, data: dict[str, Any]) -> None:
    """Keep an expired visitor's form for `DRAFT_LIFETIME`; only the same phone gets it back."""
    until = timezone.now() + DRAFT_LIFETIME
    request.session[DRAFT] = {"phone": phone, "until": until.timestamp(), "data": data}


def load_draft(request: HttpRequest, visitor: Visitor) -> dict[str, Any] | None:
    """Return the form that this visitor posted after the session expired, while it is kept."""
    return draft_of(request, visitor.phone)


def draft_of(request: HttpRequest, phone: str) -> dict[str, Any] | None:
    """Return the form of this phone, also of an expired visitor, while it is kept."""
    draft = request.session.get(DRAFT)
    if draft is None or draft["phone"] != phone or timezone.now().timestamp() >= draft["until"]:
        return None
    data: dict[str, Any] = draft["data"]
    return data


def delete_draft(request: HttpRequest) -> None:
    """Delete the draft, after its form was shown to the visitor again."""
    request.session.pop(DRAFT, None)


def visitor_required(*, on_expired: OnExpired | None = None) -> Callable[[GatedView[P]], View[P]]:
    """Decorate a view for verified visitors, whom it gets as an argument; redirect others (R1.29).

    `on_expired` is called with the phone of an expired visitor before the redirect, so that the
    posted form can be kept. Responses are not stored by the browser, except invalid forms.
    """

    def decorate(view: GatedView[P]) -> View[P]:
        @wraps(view)
        def gated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            visitor = current_visitor(request)
            if visitor is None:
                return _refuse(request, on_expired)
            request.portal_visitor = visitor  # type: ignore[attr-defined]  # base.html shows the sign-out link
            return set_cache_control(view(request, visitor, *args, **kwargs))

        return gated

    return decorate


def set_cache_control(response: HttpResponse, *, keep: bool = False) -> HttpResponse:
    """Set `Cache-Control: no-store` (R6.09), unless the view set a value.

    Invalid forms and pages with `keep` may be stored, because Back must be able to show them.
    """
    keep = keep or response.status_code == 422
    response.headers.setdefault("Cache-Control", "private, no-cache" if keep else "no-store")
    return response


def to_entry(request: HttpRequest) -> HttpResponse:
    """Redirect to the entry, which returns to the requested page after the sign-in."""
    return set_cache_control(destinations.redirect_with(Destination.of_page(request), "otp:entry"))


def _refuse(request: HttpRequest, on_expired: OnExpired | None) -> HttpResponse:
    """Redirect to the entry; after an expiry, say so and whether the draft is kept."""
    phone = request.session.get(EXPIRED)
    if phone is None:
        return to_entry(request)
    if on_expired is not None:
        on_expired(request, phone)
    text = _("Pasó el tiempo de su sesión. Ingrese otra vez con su número.")
    if DRAFT in request.session:
        minutes = round(DRAFT_LIFETIME.total_seconds() / 60)
        text = ngettext(
            "Pasó el tiempo de su sesión. Ingrese otra vez con el mismo número: "
            "guardamos por %(minutes)d minuto lo que escribió.",
            "Pasó el tiempo de su sesión. Ingrese otra vez con el mismo número: "
            "guardamos por %(minutes)d minutos lo que escribió.",
            minutes,
        ) % {"minutes": minutes}
    messages.warning(request, text)
    return to_entry(request)


def _portal_keys(session: SessionBase) -> list[str]:
    return [key for key in session.keys() if key.startswith(PREFIX)]  # noqa: SIM118  a session is no mapping
