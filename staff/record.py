"""Record sign-ins, refusals and sign-outs of staff, one row each (S8, R5.09)."""

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
# Anybody can cause any number of refusals, so at most 1 a minute is recorded for a username and 10
# for a network
REFUSALS_PER_NAME = (Rate(1, 60),)
REFUSALS_PER_ADDRESS = (Rate(10, 60),)


def record(kind: Kind, request: HttpRequest, username: str, user: User | None = None) -> None:
    """Record one event; without `user`, look the account up by the username typed."""
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
    """Record an attempt whose password was not compared, unless the limits above are reached."""
    network = addresses.bucket(addresses.client_address(request))
    try:
        consume(
            limit("refused.name", key_of(username), REFUSALS_PER_NAME),
            limit("refused.place", network, REFUSALS_PER_ADDRESS),
        )
    except LimitReached:
        return
    record(Kind.REFUSED, request, username)
