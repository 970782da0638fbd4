"""Remembers, in a signed token, the page that a visitor requested before signing in.

The token names a route of `settings.SIGN_IN_DESTINATIONS` and its arguments, not a URL, so it
cannot lead out of the portal. The sign-in pages pass it on in the query string and a hidden field,
without writing a session row. No query is run for it, so the pages are the same whether the
requested ticket exists or not (R4.22).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

PARAMETER = "destino"  # in the query string
FIELD = "destination"  # in the forms
SALT = "otp.destinations"
LIFETIME = timedelta(days=1)  # so a sign-in page that was open overnight still works
MAX_LENGTH = 512  # characters; a token that the portal makes has about 110


@dataclass(frozen=True)
class Destination:
    """A page of the portal: a route of the allow-list with its arguments."""

    route: str
    kwargs: dict[str, Any]

    @classmethod
    def of_page(cls, request: HttpRequest) -> Self | None:
        """Return the requested page, or None if it is not in the allow-list."""
        match = request.resolver_match
        if match is None or match.view_name not in settings.SIGN_IN_DESTINATIONS:
            return None
        return cls(match.view_name, match.kwargs)

    @classmethod
    def read(cls, token: str) -> Self | None:
        """Verify a token from the browser. Returns None if it is forged, expired or not allowed."""
        if not token or len(token) > MAX_LENGTH:
            return None
        try:
            route, kwargs = _signer().unsign_object(token, max_age=LIFETIME)
        except signing.BadSignature:
            return None
        if route not in settings.SIGN_IN_DESTINATIONS:
            return None
        try:
            reverse(route, kwargs=kwargs)
        except NoReverseMatch:  # the route took other arguments when this was signed
            return None
        return cls(route, kwargs)

    @property
    def url(self) -> str:
        return reverse(self.route, kwargs=self.kwargs)

    @property
    def token(self) -> str:
        return _signer().sign_object([self.route, self.kwargs])


def carried(request: HttpRequest) -> Destination | None:
    """Return the destination in the posted form or else in the query string."""
    return Destination.read(request.POST.get(FIELD) or request.GET.get(PARAMETER, ""))


def redirect_with(destination: Destination | None, sign_in_page: str) -> HttpResponseRedirect:
    """Redirect to a page of the sign-in and pass the destination on."""
    query = f"?{urlencode({PARAMETER: destination.token})}" if destination else ""
    return HttpResponseRedirect(f"{reverse(sign_in_page)}{query}")


def redirect_after_sign_in(request: HttpRequest, start: str) -> HttpResponseRedirect:
    """Redirect to the destination, or to the start page (a route) if there is none."""
    destination = carried(request)
    return HttpResponseRedirect(destination.url if destination else resolve_url(start))


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=SALT)
