"""The request type of the visitor's form: named in the address, chosen before, or the first one."""

from django.http import HttpRequest
from django.urls import reverse

from tickets.models import RequestType
from tickets.offer import Offer

CHOSEN = "portal.request_type"  # session key; `otp.session` removes it at sign-out


def choose(request: HttpRequest, request_type: RequestType) -> None:
    if request.session.get(CHOSEN) != request_type.code:
        request.session[CHOSEN] = request_type.code


def was_chosen(request: HttpRequest, offer: Offer) -> bool:
    """Whether the visitor has chosen a type that is still offered."""
    return offer.type_of(request.session.get(CHOSEN)) is not None


def chosen(request: HttpRequest, offer: Offer, of_draft: str = "") -> RequestType | None:
    """Return the type of the address (`?tipo=`), of the draft, the last chosen one, or the first.

    Types that are not offered any more do not count; None if none is offered.
    """
    for code in (request.GET.get("tipo"), of_draft, request.session.get(CHOSEN)):
        if (found := offer.type_of(code)) is not None:
            return found
    return offer.first_type()


def start(request: HttpRequest, offer: Offer) -> str:
    """Return where a request starts: at the choice of its type, if there is one to make."""
    asks = len(offer.types) > 1 and not was_chosen(request, offer)
    return reverse("tickets:type" if asks else "tickets:request")
