"""Finds the client's address behind our proxies and the mobile gateways (R2.02, R2.12)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Bits of the smallest IPv6 network that a customer gets: one person has all of its addresses
SITE_PREFIX = 64
# Wider IPv6 networks, with the factor between the limit of a /64 and theirs. Homes get a /56 and
# companies a /48 (RIPE-690), so one person may have all of it. But a mobile network gives each
# phone a /64, so there a /56 holds 256 phones and a /48 65,536. The factors are much lower, because
# few of those phones belong to administrators of companies
WIDER_NETWORKS = ((56, 4), (48, 16))


def peer_address(request: HttpRequest) -> Address | None:
    """Return the peer of the socket, or None if the server listens on a Unix socket."""
    return parse(request.META.get("REMOTE_ADDR", ""))


def client_address(request: HttpRequest) -> Address | None:
    """Return the nearest address that is neither one of our proxies nor a mobile gateway.

    `X-Forwarded-For` is read from right to left. Entries left of the first untrusted address are
    ignored, because the client can write anything there. An entry that is not an address ends the
    search, and the hop that wrote it is returned.
    """
    trusted = (*settings.TRUSTED_PROXIES, *settings.MOBILE_GATEWAYS)
    address = peer_address(request)
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address is not None and within(address, trusted) and hops:
        next_hop = parse(hops.pop())
        if next_hop is None:
            break
        address = next_hop
    return address


def within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether the address is in one of the networks."""
    return any(address in network for network in networks)


def bucket(address: Address | None) -> str:
    """Return what a limit counts as one address: the IPv4 address, or the /64 of an IPv6 one."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, SITE_PREFIX), strict=False))
    return str(address)


def surrounding(site: str) -> list[tuple[str, int]]:
    """Return a bucket's wider networks with the factors of their limits; IPv4 has none."""
    if not site.endswith(f"/{SITE_PREFIX}"):
        return []
    network = IPv6Network(site)
    return [(str(network.supernet(new_prefix=prefix)), factor) for prefix, factor in WIDER_NETWORKS]


def parse(raw: str) -> Address | None:
    """Parse an entry, with or without port, brackets or zone. Returns None if it is invalid."""
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
