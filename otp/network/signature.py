"""The signature that a mobile gateway adds to its header (R2.05, docs/network-identity.md)."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

MAX_SKEW = 60  # seconds between the two clocks (R2.05); ASVS 4.1.5 asks for a limit and names none

FORMAT = re.compile(r"t=([0-9]{10}),nonce=([A-Za-z0-9_-]{16,64}),v1=([0-9a-f]{64})")


@dataclass(frozen=True)
class Signature:
    """A time, a nonce, and the HMAC over them, the number, the client and the portal's host."""

    at: int  # seconds since 1970
    nonce: str
    mac: str

    @classmethod
    def read(cls, raw: str) -> Self | None:
        """Parse a header with exactly one signature; returns None for anything else."""
        match = FORMAT.fullmatch(raw.strip(" \t"))
        return cls(int(match[1]), match[2], match[3]) if match else None

    def is_fresh(self, now: float) -> bool:
        return abs(now - self.at) <= MAX_SKEW

    def covers(self, msisdn: str, client: str, host: str, keys: Iterable[str]) -> bool:
        """Whether one of the keys signed this number for this client and this portal."""
        message = f"v1|{msisdn}|{self.at}|{self.nonce}|{client}|{host}"
        # Compares with all keys, so that the time does not show which key fits
        fits = [hmac.compare_digest(mac_of(message, key), self.mac) for key in keys]
        return any(fits)


def mac_of(message: str, key: str) -> str:
    """Return the HMAC-SHA256 of a message in lower-case hexadecimal."""
    return hmac.new(key.encode(), message.encode(), sha256).hexdigest()
