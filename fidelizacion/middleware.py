"""What every request passes through: its reference, its headers, the limit on its body, the ends of
a staff session.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from fidelizacion.errors import error_page
from jobs import log_context
from otp.addresses import peer_address, within
from otp.session import end_sign_in
from staff.record import Kind, record

GetResponse = Callable[[HttpRequest], HttpResponse]

ADMIN = "/admin/"
MAX_BODY_BYTES = 12 * 1024 * 1024  # R3.01
# What a session of staff lasts (R5.04)
STAFF_IDLE = timedelta(minutes=30)
STAFF_ABSOLUTE = timedelta(hours=10)
NUL_ASKED_FOR = re.compile(r"(?:^|&)(?!q=)[^&]*%00")
SESSION_KEY_MADE = re.compile(r"[a-z0-9]{32}")
PERMISSIONS_POLICY = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=(), otp-credentials=(self)"
)


class RequestIdMiddleware:
    """Gives each request a reference of ours, the same on its error page and in its log lines
    (log_context.py).

    One sent by the client is never believed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = log_context.request_reference()
        log_context.begin(request_id=reference)
        request.request_id = reference  # type: ignore[attr-defined]  # Django's way of passing a value down
        response = self.get_response(request)
        response["X-Request-ID"] = reference
        return response


class ForwardedProtoMiddleware:
    """Drops `X-Forwarded-Proto` unless a listed proxy or gateway sent it, before Django believes it
    (R2.02).

    Django's `SECURE_PROXY_SSL_HEADER` believes any sender: whoever reaches the process directly
    would pass for https. A Unix socket has no peer address, and only processes of this machine that
    were given it can write there.
    """

    HEADER = "HTTP_X_FORWARDED_PROTO"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = peer_address(request)
        if peer is not None and not within(peer, (*settings.TRUSTED_PROXIES, *settings.MOBILE_GATEWAYS)):
            request.META.pop(self.HEADER, None)
        return self.get_response(request)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """django-csp's, with the admin's own policy below `/admin/` (R6.03): its theme needs what the
    portal refuses.
    """

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN) and not report_only:
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


class HeadersMiddleware:
    """The headers that Django has no setting for (R6.05), and nothing of the admin kept by a
    browser (R6.09).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault(
            "X-Robots-Tag", "noindex"
        )  # the entry and the help say otherwise (portal/entry/views.py)
        if request.path_info.startswith(ADMIN):
            add_never_cache_headers(response)
        return response


class MethodMiddleware:
    """Refuses every method but GET, HEAD and POST at every address (R6.16): Django's own views
    answer OPTIONS, too.
    """

    METHODS = ("GET", "HEAD", "POST")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in self.METHODS:
            return HttpResponseNotAllowed(self.METHODS)
        return self.get_response(request)


class BodyLimitMiddleware:
    """Refuses a body by its declared length, before anything of it is read. What is sent is dropped
    by the server.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not (declared.isascii() and declared.isdigit()):
            return error_page(request, 400)
        if int(declared) > MAX_BODY_BYTES:
            return error_page(request, 413)
        return self.get_response(request)


class NullByteMiddleware:
    """Refuses an address with a NUL: no link of ours has one, and PostgreSQL fails on it in
    whatever is looked up.

    Save in the desk's search box, where it may be pasted, and which says itself what is wrong.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or NUL_ASKED_FOR.search(request.META.get("QUERY_STRING", "")):
            return error_page(request, 400)
        return self.get_response(request)


class ConcurrentSessionMiddleware(SessionMiddleware):
    """Django's, but it asks the database for no key that Django cannot have made, and deletes no
    cookie for a session that this request did not end.

    A quoted cookie can hold a NUL, which PostgreSQL fails on.

    Signing in gives the session a new key. A second click that was already on its way comes with
    the old one; Django would answer it by deleting the cookie that the first click's answer has
    just brought, and the visitor is out.
    """

    def process_request(self, request: HttpRequest) -> None:
        if not SESSION_KEY_MADE.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            response = super().process_response(request, response)
        # It was left in another tab meanwhile: what this request did stands, and is told
        except SessionInterrupted:
            return response
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie["max-age"] == 0 and not request.session.modified:
            del response.cookies[settings.SESSION_COOKIE_NAME]
        return response


class StaffSessionMiddleware:
    """Ends the sign-in of staff after 30 minutes idle or 10 hours in all (R5.04).

    Only the staff's own keys go: a visitor verified in the same browser stays so.
    """

    SIGNED_IN, SEEN = "staff_signed_in_at", "staff_seen_at"
    WRITE_EVERY = timedelta(minutes=1)  # so that reading the desk does not write the session at each page

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if SESSION_KEY in session:
            now = timezone.now()
            if self._ended(session, now):
                if isinstance(request.user, User):
                    record(Kind.EXPIRED, request, request.user.get_username(), request.user)
                django_keys = (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)
                end_sign_in(session, (*django_keys, self.SIGNED_IN, self.SEEN))
                request.user = AnonymousUser()
            else:
                self._mark(session, now)
        return self.get_response(request)

    def _ended(self, session: SessionBase, now: datetime) -> bool:
        idle_since, signed_in = self._time(session, self.SEEN, now), self._time(session, self.SIGNED_IN, now)
        return now - idle_since > STAFF_IDLE or now - signed_in > STAFF_ABSOLUTE

    def _mark(self, session: SessionBase, now: datetime) -> None:
        if self.SIGNED_IN not in session:
            session[self.SIGNED_IN] = now.isoformat()
        if self.SEEN not in session or now - self._time(session, self.SEEN, now) >= self.WRITE_EVERY:
            session[self.SEEN] = now.isoformat()

    @staticmethod
    def _time(session: SessionBase, key: str, default: datetime) -> datetime:
        raw = session.get(key)
        return datetime.fromisoformat(raw) if isinstance(raw, str) else default
