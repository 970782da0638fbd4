"""The gate of the portal: who was verified in this browser session, how, and until when (P1).

Everything the portal keeps in a session goes under `portal.` keys, so that leaving removes those
and nothing else: a member of staff who signed in to the desk with the same browser stays signed in.
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
EXPIRED = "portal.expired"  # the phone whose verification ran out, so that its unsent text can still be kept
DRAFT = "portal.draft"
BROWSER_KEY = "portal.holder"  # one phone in this browser, from one verification to the next

# What a portal session lasts (P1), and how long typed text waits for the same person (P4)
VISITOR_IDLE = timedelta(minutes=15)
VISITOR_ABSOLUTE = timedelta(minutes=60)
DRAFT_LIFETIME = timedelta(minutes=30)
# Seconds: the idle end may come so much early, and most page views write nothing
SLIDE_EVERY = 30

Method = Literal["pin", "network"]
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True)
class Visitor:
    """The person behind a verified session: the phone is all that is known; the directory knows the
    rest.
    """

    phone: str  # E.164
    method: Method
    verified_at: datetime


GatedView = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponse]
OnExpired = Callable[[HttpRequest, str], None]


def current_visitor(request: HttpRequest) -> Visitor | None:
    """Who is verified in this session, if its idle and absolute ends have not passed; slides the
    idle end.
    """
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
    waiting = {name: request.session[name] for name in (DRAFT, BROWSER_KEY) if name in request.session}
    if waiting.get(BROWSER_KEY, {}).get("phone") != phone:
        # Known before, it would open the forms that follow. Not when the same person verifies
        # again: the form that is open in another tab, with all that was typed, carries the token of
        # the first time
        rotate_token(request)
    end_sign_in(request.session, _portal_keys(request.session))
    for name, kept in waiting.items():
        if kept["phone"] == phone:
            request.session[name] = kept
    browser_token(request, phone)
    now = timezone.now().timestamp()
    request.session[VISITOR] = {"phone": phone, "method": method, "verified_at": now, "seen_at": now}


def sign_out(request: HttpRequest) -> None:
    """Forget the visitor and all the portal kept; the old session key is worth nothing afterwards
    (R1.11).
    """
    if not request.user.is_authenticated:
        request.session.flush()
        return
    end_sign_in(request.session, _portal_keys(request.session))


def end_sign_in(session: SessionBase, keys: Iterable[str]) -> None:
    """Remove these keys and change the session key: the old cookie opens nothing then (R1.11)."""
    for key in keys:
        session.pop(key, None)
    session.cycle_key()


def change_number(request: HttpRequest, phone: str) -> None:
    """Drop the sign-in of any other number: typing a new one ends the older (R1.11). A draft waits
    for its owner.
    """
    record = request.session.get(VISITOR)
    if record is not None and record["phone"] != phone:
        end_sign_in(request.session, [VISITOR])


def browser_token(request: HttpRequest, phone: str) -> str:
    """What stands for this phone in this browser, and is known to no other: what was sent by it is
    kept under it.

    It outlives the verification, since the next one may be the same person's, and ends on leaving
    the portal.
    """
    kept = request.session.get(BROWSER_KEY)
    if kept is None or kept["phone"] != phone:
        kept = request.session[BROWSER_KEY] = {"phone": phone, "token": secrets.token_hex(16)}
    return keyed_hash("holder", kept["token"])


def save_draft(request: HttpRequest, phone: str, data: dict[str, Any]) -> None:
    """Keep what an expired visitor was typing, for `DRAFT_LIFETIME`; only the same phone gets it
    back.
    """
    until = timezone.now() + DRAFT_LIFETIME
    request.session[DRAFT] = {"phone": phone, "until": until.timestamp(), "data": data}


def load_draft(request: HttpRequest, visitor: Visitor) -> dict[str, Any] | None:
    """What this visitor was typing when the verification ran out, while it is kept."""
    draft = request.session.get(DRAFT)
    if draft is None or draft["phone"] != visitor.phone or timezone.now().timestamp() >= draft["until"]:
        return None
    data: dict[str, Any] = draft["data"]
    return data


def delete_draft(request: HttpRequest) -> None:
    """Forget what was kept: it was given back and used."""
    request.session.pop(DRAFT, None)


def visitor_required(*, on_expired: OnExpired | None = None) -> Callable[[GatedView[P]], View[P]]:
    """Let only verified visitors through, and hand the view its visitor; others go to the entry
    (R1.29).

    `on_expired` is called with the phone of a visitor whose verification ran out, before the
    redirect, so that what was posted can be kept. Sets the caching of every answer: never stored,
    save an invalid form, which Back may show.
    """

    def decorate(view: GatedView[P]) -> View[P]:
        @wraps(view)
        def gated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            visitor = current_visitor(request)
            if visitor is None:
                return _refuse(request, on_expired)
            request.portal_visitor = visitor  # type: ignore[attr-defined]  # for base.html, which offers to leave
            return set_cache_control(view(request, visitor, *args, **kwargs))

        return gated

    return decorate


def set_cache_control(response: HttpResponse, *, keep: bool = False) -> HttpResponse:
    """Give a page its `Cache-Control` (R6.09), unless the view chose one: never stored, save the
    plain entry and invalid forms, which Back must be able to show.
    """
    keep = keep or response.status_code == 422
    response.headers.setdefault("Cache-Control", "private, no-cache" if keep else "no-store")
    return response


def to_entry(request: HttpRequest) -> HttpResponse:
    """To the entry, which leads back to the page asked for once somebody is verified."""
    return set_cache_control(destinations.redirect_with(Destination.of_page(request), "otp:entry"))


def _refuse(request: HttpRequest, on_expired: OnExpired | None) -> HttpResponse:
    phone = request.session.get(EXPIRED)
    if phone is not None:
        if on_expired is not None:
            on_expired(request, phone)
        messages.warning(request, _expired_message(request.session))
    return to_entry(request)


def _expired_message(session: SessionBase) -> str:
    if DRAFT not in session:
        return _("Pasó el tiempo de su sesión. Ingrese otra vez con su número.")
    minutes = round(DRAFT_LIFETIME.total_seconds() / 60)
    return ngettext(
        "Pasó el tiempo de su sesión. Ingrese otra vez con el mismo número: guardamos por %(minutes)d minuto "
        "lo que escribió.",
        "Pasó el tiempo de su sesión. Ingrese otra vez con el mismo número: guardamos por %(minutes)d minutos "
        "lo que escribió.",
        minutes,
    ) % {"minutes": minutes}


def _portal_keys(session: SessionBase) -> list[str]:
    return [key for key in session.keys() if key.startswith(PREFIX)]  # noqa: SIM118  a session is no mapping
