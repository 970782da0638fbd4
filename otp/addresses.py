"""Where a request comes from, as far as our own proxies and the gateways can vouch for it (R2.02,
R2.12).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Bits; the smallest IPv6 network a customer is given, so one person has all of its addresses
SITE_PREFIX = 64
# The IPv6 networks around it that one person may also have, and how many times a /64's limit each
# gets. Homes are given a /56 and companies a /48 (RIPE-690), but a mobile network gives each phone
# a /64 of one pool: there these networks hold 256 and 65,536 phones. Far less than that many times,
# since administrators of companies are few
AROUND = ((56, 4), (48, 16))


def peer_address(request: HttpRequest) -> Address | None:
    """The other end of the socket; none when the server listens on a Unix socket."""
    return parse(request.META.get("REMOTE_ADDR", ""))


def client_address(request: HttpRequest) -> Address | None:
    """The nearest address that is not one of our proxies or the operator's gateways, read from
    right to left.

    What stands further left in `X-Forwarded-For` was written by whoever sent the request, and is
    never looked at. An entry that is no address ends the search: the hop that wrote it down is then
    all that is known.
    """
    trusted = (*settings.TRUSTED_PROXIES, *settings.MOBILE_GATEWAYS)
    address = peer_address(request)
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address is not None and within(address, trusted) and hops:
        further = parse(hops.pop())
        if further is None:
            break
        address = further
    return address


def within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether the address is in one of the networks."""
    return any(address in network for network in networks)


def bucket(address: Address | None) -> str:
    """What counts as one place: an IPv4 address, or an IPv6 network of 64 bits."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, SITE_PREFIX), strict=False))
    return str(address)


def surrounding(place: str) -> list[tuple[str, int]]:
    """The wider networks of a bucket, each with the factor of its
    limit; an IPv4 address has none.
    """
    if not place.endswith(f"/{SITE_PREFIX}"):
        return []
    network = IPv6Network(place)
    return [(str(network.supernet(new_prefix=prefix)), times) for prefix, times in AROUND]


def parse(raw: str) -> Address | None:
    """The address in one entry of a header, with or without port, brackets or zone; none if there
    is none.
    """
    text = raw.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
