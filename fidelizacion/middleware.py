"""Middleware: request reference, headers, methods, body limit, sessions and their expiry."""

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
STAFF_IDLE = timedelta(minutes=30)  # R5.04
STAFF_ABSOLUTE = timedelta(hours=10)
NUL_IN_QUERY = re.compile(r"(?:^|&)(?!q=)[^&]*%00")  # in any parameter except `q`, the desk's search
SESSION_KEY_FORMAT = re.compile(r"[a-z0-9]{32}")
PERMISSIONS_POLICY = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=(), otp-credentials=(self)"
)


class RequestIdMiddleware:
    """Gives each request a reference, which its error page and its log lines show.

    A reference sent by the client is ignored.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = log_context.request_reference()
        log_context.begin(request_id=reference)
        request.request_id = reference  # type: ignore[attr-defined]  # as Django's middleware passes values to views
        response = self.get_response(request)
        response["X-Request-ID"] = reference
        return response


class ForwardedProtoMiddleware:
    """Drops `X-Forwarded-Proto` unless a listed proxy or gateway sent it (R2.02).

    Django's `SECURE_PROXY_SSL_HEADER` believes any sender, so a client that reaches the process
    directly could pretend to use https. On a Unix socket, which has no peer address, the header
    stays: only processes of this machine with access to the socket can send it.
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
    """Sends django-csp's policy, or below `/admin/` the wider one that its theme needs (R6.03)."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN) and not report_only:
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


class HeadersMiddleware:
    """Adds headers for which Django has no setting (R6.05), and forbids browsers to store pages of
    the desk (R6.09).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        # The entry and the help page set their own (portal/entry/views.py)
        response.headers.setdefault("X-Robots-Tag", "noindex")
        if request.path_info.startswith(ADMIN):
            add_never_cache_headers(response)
        return response


class MethodMiddleware:
    """Answers 405 to all methods except GET, HEAD and POST; Django's views allow OPTIONS
    (R6.16).
    """

    METHODS = ("GET", "HEAD", "POST")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in self.METHODS:
            return HttpResponseNotAllowed(self.METHODS)
        return self.get_response(request)


class BodyLimitMiddleware:
    """Refuses a body by its declared length, without reading it; the server discards it."""

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
    """Answers 400 to a URL with a NUL byte: PostgreSQL raises an error for text that has one.

    The desk's search parameter `q` may contain one, because people paste text there: the search
    page says what is wrong.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or NUL_IN_QUERY.search(request.META.get("QUERY_STRING", "")):
            return error_page(request, 400)
        return self.get_response(request)


class ConcurrentSessionMiddleware(SessionMiddleware):
    """Ignores malformed session keys; keeps the cookie when another request rotated the session.

    A malformed key may contain a NUL byte, which PostgreSQL refuses.

    Signing in gives the session a new key. The request of a double click may still arrive with the
    old key. Django's response would delete the cookie, which by then holds the new key, and so sign
    the visitor out.
    """

    def process_request(self, request: HttpRequest) -> None:
        if not SESSION_KEY_FORMAT.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            response = super().process_response(request, response)
        # Another tab signed out meanwhile. What this request did is committed, so show its response
        except SessionInterrupted:
            return response
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie["max-age"] == 0 and not request.session.modified:
            del response.cookies[settings.SESSION_COOKIE_NAME]
        return response


class StaffSessionMiddleware:
    """Signs staff out after 30 minutes without a request, or after 10 hours in any case (R5.04).

    It removes only the session keys of the staff sign-in, so a portal visitor who was verified in
    the same browser stays verified.
    """

    SIGNED_IN, SEEN = "staff_signed_in_at", "staff_seen_at"
    WRITE_EVERY = timedelta(minutes=1)  # so that not every page writes the session

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if SESSION_KEY in session:
            now = timezone.now()
            if self._has_expired(session, now):
                if isinstance(request.user, User):
                    record(Kind.EXPIRED, request, request.user.get_username(), request.user)
                django_keys = (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)
                end_sign_in(session, (*django_keys, self.SIGNED_IN, self.SEEN))
                request.user = AnonymousUser()
            else:
                self._touch(session, now)
        return self.get_response(request)

    def _has_expired(self, session: SessionBase, now: datetime) -> bool:
        idle_since, signed_in = self._time(session, self.SEEN, now), self._time(session, self.SIGNED_IN, now)
        return now - idle_since > STAFF_IDLE or now - signed_in > STAFF_ABSOLUTE

    def _touch(self, session: SessionBase, now: datetime) -> None:
        if self.SIGNED_IN not in session:
            session[self.SIGNED_IN] = now.isoformat()
        if self.SEEN not in session or now - self._time(session, self.SEEN, now) >= self.WRITE_EVERY:
            session[self.SEEN] = now.isoformat()

    @staticmethod
    def _time(session: SessionBase, key: str, default: datetime) -> datetime:
        raw = session.get(key)
        return datetime.fromisoformat(raw) if isinstance(raw, str) else default
