"""The browser of the public form: its network address, and the key of the last form it sent."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from attachments.staging import Uploader
from otp import addresses, session

KEY = "consulta.key"  # session key of the form that waits for its code, or became a ticket


def current_key(request: HttpRequest) -> UUID | None:
    """Return the key of the last form that this browser sent or registered."""
    kept = request.session.get(KEY)
    return UUID(kept) if kept else None


def is_current(request: HttpRequest, key: UUID) -> bool:
    return current_key(request) == key


def remember(request: HttpRequest, key: UUID) -> None:
    """Store the form's key in the browser's session.

    The session gets a new key, so that an attacker who knew or set the old one cannot read the
    ticket.
    """
    if is_current(request, key):
        return
    if request.session.session_key:
        request.session.cycle_key()
    request.session[KEY] = key.hex


def address(request: HttpRequest) -> str:
    """Return the client's address as the limits count it: IPv4, or the /64 of an IPv6 one."""
    return addresses.bucket(addresses.client_address(request))


def uploader(request: HttpRequest, key: UUID) -> Uploader:
    """Return the owner of the form's files: the form itself, whose key only this browser has.

    The quota counts them for the widest network around the address, a /48 in IPv6: it holds 65,536
    networks of the size of one home (/64).
    """
    place = address(request)
    widest = [place, *(network for network, _factor in addresses.surrounding(place))][-1]
    return Uploader(request, None, f"public:{widest}", form_key=key.hex)


def redirect_to(page: str) -> HttpResponse:
    """Redirect to a page by its URL name, as the answer to a GET or a POST."""
    return session.set_cache_control(HttpResponseRedirect(reverse(page), status=303))
