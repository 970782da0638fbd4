"""Who the operator's mobile network says is at the other end (A3, design 5). By default it is not asked.

The header is believed only when the socket's other end is a listed gateway and the client's own address, behind it, is
in the operator's mobile networks; and it only ever confirms a number that the visitor typed (R2.07).
"""

import re

from django.conf import settings
from django.http import HttpRequest

from otp import addresses

MOBILE_NUMBER = re.compile(r"5939[0-9]{8}")


def identify(request: HttpRequest) -> str | None:
    """The E.164 number that a believed gateway vouches for, or none."""
    if not settings.MOBILE_HEADER:
        return None
    peer = addresses.peer_address(request)
    if peer is None or not addresses.within(peer, settings.MOBILE_GATEWAYS):
        return None
    client = addresses.client_address(request, also_trusted=settings.MOBILE_GATEWAYS)
    if client is None or not addresses.within(client, settings.MOBILE_CLIENT_NETWORKS):
        return None
    return _number(request.headers.get(settings.MOBILE_HEADER, ""))


def _number(raw: str) -> str | None:
    """Anything but one whole mobile number is ignored: joined duplicates, a plus sign, other encodings (R2.06)."""
    value = raw.strip(" \t")
    return f"+{value}" if MOBILE_NUMBER.fullmatch(value) else None
