"""The request type of the visitor's form: named in the URL, chosen before, or the first one."""

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
    """Return the type that the URL names (`?tipo=`), else the draft's, the chosen, or the first.

    Types that are no longer offered are skipped. Returns None if none is offered.
    """
    for code in (request.GET.get("tipo"), of_draft, request.session.get(CHOSEN)):
        if (found := offer.type_of(code)) is not None:
            return found
    return offer.first_type()


def start(request: HttpRequest, offer: Offer) -> str:
    """Return the URL where a request starts: the choice of type if it is still to be made."""
    asks = len(offer.types) > 1 and not was_chosen(request, offer)
    return reverse("tickets:type" if asks else "tickets:request")
