"""What the public form knows of the browser: its address, and the key of the last form it sent."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from attachments.staging import Uploader
from otp import addresses, session

KEY = "consulta.key"  # of the browser's session: the form whose code is awaited, or its ticket


def current_key(request: HttpRequest) -> UUID | None:
    """Return the key of the form that this browser sent or registered last."""
    kept = request.session.get(KEY)
    return UUID(kept) if kept else None


def is_current(request: HttpRequest, key: UUID) -> bool:
    return current_key(request) == key


def remember(request: HttpRequest, key: UUID) -> None:
    """Make this the browser's form.

    The session gets a new key: somebody who knew or set the old one must not read what comes.
    """
    if is_current(request, key):
        return
    if request.session.session_key:
        request.session.cycle_key()
    request.session[KEY] = key.hex


def address(request: HttpRequest) -> str:
    return addresses.bucket(addresses.client_address(request))


def uploader(request: HttpRequest, key: UUID) -> Uploader:
    """Return the owner of the form's files: the form, whose key only this browser has.

    They count on the widest network of the address: a /48 has 65,536 networks of a home.
    """
    place = address(request)
    widest = [place, *(network for network, _factor in addresses.surrounding(place))][-1]
    return Uploader(request, None, f"public:{widest}", form_key=key.hex)


def to(page: str) -> HttpResponse:
    return session.set_cache_control(HttpResponseRedirect(reverse(page), status=303))
