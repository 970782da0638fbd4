"""The page that a visitor asked for before signing in, carried through the sign-in pages as a
signed value.

The value names a route of `settings.SIGN_IN_DESTINATIONS` and its arguments, never an address: it
cannot lead out of the portal. It travels in the address of a redirect and in a hidden field, so no
session row is written for it. The database is not asked, so every page is the same whether what was
asked for exists or not (R4.22).
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

PARAMETER = "destino"  # of an address
FIELD = "destination"  # of the forms
SALT = "otp.destinations"
LIFETIME = timedelta(days=1)  # a sign-in page left open overnight still leads on
MAX_LENGTH = 512  # characters; one of ours has about 110


@dataclass(frozen=True)
class Destination:
    """One of our pages: a route of the allow-list with its arguments."""

    route: str
    kwargs: dict[str, Any]

    @classmethod
    def of_page(cls, request: HttpRequest) -> Self | None:
        """The page that this request asks for, if a visitor may be brought back to it."""
        match = request.resolver_match
        if match is None or match.view_name not in settings.SIGN_IN_DESTINATIONS:
            return None
        return cls(match.view_name, match.kwargs)

    @classmethod
    def read(cls, token: str) -> Self | None:
        """The page in a value that a browser sent; none if it is not ours, too old, or names no
        page we offer.
        """
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
    """The page that this sign-in is for: in the form that was sent, or else in the address."""
    return Destination.read(request.POST.get(FIELD) or request.GET.get(PARAMETER, ""))


def redirect_with(destination: Destination | None, sign_in_page: str) -> HttpResponseRedirect:
    """To a page of the sign-in, which carries the destination on."""
    query = f"?{urlencode({PARAMETER: destination.token})}" if destination else ""
    return HttpResponseRedirect(f"{reverse(sign_in_page)}{query}")


def redirect_after_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    """To the page that was asked for, or else to the start."""
    destination = carried(request)
    return HttpResponseRedirect(destination.url if destination else resolve_url(settings.PORTAL_START_URL))


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=SALT)
