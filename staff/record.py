"""Writes down what happened at the sign-in of staff, a row each (S8, R5.09)."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from otp import addresses
from otp.limits.limits import LimitReached, consume, limit
from otp.limits.rates import Rate
from staff.known_browser import browser_of
from staff.models import SignInEvent
from staff.names import key_of, mask

Kind = SignInEvent.Kind
# A refusal costs nothing to provoke, so it is recorded once a minute: of the same username, and ten
# times of a place
REFUSALS_PER_NAME = (Rate(1, 60),)
REFUSALS_PER_ADDRESS = (Rate(10, 60),)


def record(kind: Kind, request: HttpRequest, username: str, user: User | None = None) -> None:
    """Write down one event. The account is looked up by the name typed where the caller does not
    have it.
    """
    user = user or User.objects.filter(username=username).first()
    SignInEvent.objects.create(
        at=timezone.now(),
        kind=kind,
        user=user,
        name=(user.get_username() if user else mask(username))[:150],
        name_hash=key_of(username),
        known_browser=browser_of(request).knows(username),
        address=addresses.bucket(addresses.client_address(request)),
        request_id=getattr(request, "request_id", ""),
    )


def record_refusal(request: HttpRequest, username: str) -> None:
    """Write down a try that was not compared, unless the same was recorded a moment ago."""
    place = addresses.bucket(addresses.client_address(request))
    try:
        consume(
            limit("refused.name", key_of(username), REFUSALS_PER_NAME),
            limit("refused.place", place, REFUSALS_PER_ADDRESS),
        )
    except LimitReached:
        return
    record(Kind.REFUSED, request, username)
