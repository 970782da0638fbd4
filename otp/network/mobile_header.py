"""Reads the number that the operator's mobile gateway writes into a request header (A3, R2.01).

The header is trusted only if the socket's peer is a listed gateway and the client's address behind
it is in the operator's mobile networks. If `MOBILE_HEADER_KEY` is set, the gateway's signature must
also fit.
"""

import logging
import re

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils import timezone

from otp import addresses
from otp.addresses import Address
from otp.models import AuditEvent
from otp.network.network_identity import Claim, UntrustedClaim
from otp.network.signature import Signature

MOBILE_NUMBER = re.compile(r"5939[0-9]{8}")
IGNORED_MESSAGE = "Mobile header ignored: %s"

logger = logging.getLogger(__name__)


class MobileHeader:
    """A `NetworkIdentity`. It logs why it ignored a header, never what the header held (R2.11)."""

    answers_at_once = True

    def claim(self, request: HttpRequest) -> Claim | None:
        client = _mobile_client(request)
        raw = request.headers.get(settings.MOBILE_HEADER)
        if client is None or raw is None:
            return None
        msisdn = raw.strip(" \t")
        # Refuses joined duplicates, a plus sign and other encodings (R2.06)
        if not MOBILE_NUMBER.fullmatch(msisdn):
            logger.warning(IGNORED_MESSAGE, "no whole mobile number")
            raise UntrustedClaim(AuditEvent.Result.NO_NUMBER)
        if not settings.MOBILE_HEADER_KEY:
            return Claim(f"+{msisdn}")
        return _signed_claim(request, msisdn, str(client))


def _signed_claim(request: HttpRequest, msisdn: str, client: str) -> Claim:
    signature = Signature.read(request.headers.get(f"{settings.MOBILE_HEADER}-Signature", ""))
    host = split_domain_port(request.get_host())[0]
    if signature is None or not signature.covers(msisdn, client, host, settings.MOBILE_HEADER_KEY):
        logger.warning(IGNORED_MESSAGE, "no valid signature")
        raise UntrustedClaim(AuditEvent.Result.UNSIGNED)
    if not signature.is_fresh(timezone.now().timestamp()):
        logger.warning(IGNORED_MESSAGE, "signed too long ago, or the clocks differ")
        raise UntrustedClaim(AuditEvent.Result.STALE)
    return Claim(f"+{msisdn}", nonce=signature.nonce)


def _mobile_client(request: HttpRequest) -> Address | None:
    """Return the phone's address if a listed gateway forwards it and a mobile network holds it."""
    peer, client = addresses.peer_address(request), addresses.client_address(request)
    if peer is None or not addresses.within(peer, settings.MOBILE_GATEWAYS):
        return None
    if client is None or not addresses.within(client, settings.MOBILE_CLIENT_NETWORKS):
        return None
    return client
