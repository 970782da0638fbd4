"""The signature with which a mobile gateway vouches for the number in its header (R2.05,
docs/network-identity.md).
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

SKEW = 60  # seconds; ASVS 4.1.5 leaves the number to us (R2.05)

FORM = re.compile(r"t=([0-9]{10}),nonce=([A-Za-z0-9_-]{16,64}),v1=([0-9a-f]{64})")


@dataclass(frozen=True)
class Signature:
    """What stands in the header beside the number: when it was written, a word used once, and the
    HMAC of it all.
    """

    at: int  # seconds since 1970
    nonce: str
    mac: str

    @classmethod
    def read(cls, raw: str) -> Self | None:
        """The one signature that a header holds; none if it holds two, or anything else."""
        found = FORM.fullmatch(raw.strip(" \t"))
        return cls(int(found[1]), found[2], found[3]) if found else None

    def is_fresh(self, now: float) -> bool:
        return abs(now - self.at) <= SKEW

    def covers(self, msisdn: str, client: str, host: str, keys: Iterable[str]) -> bool:
        """Whether one of the keys made it for this number, this client and this portal."""
        message = f"v1|{msisdn}|{self.at}|{self.nonce}|{client}|{host}"
        # All keys, whichever fits: how long it takes tells nothing
        fits = [hmac.compare_digest(mac_of(message, key), self.mac) for key in keys]
        return any(fits)


def mac_of(message: str, key: str) -> str:
    """HMAC-SHA256 in lower-case hexadecimal."""
    return hmac.new(key.encode(), message.encode(), sha256).hexdigest()
