"""Recognises a browser that verified a number before, so a stranger's failures cannot lock it out.

Each entry of the cookie is a random nonce, an expiry time, and a MAC over both and the number. The
server can check it against a number that was typed, but nobody can read a number from it or match
two browsers of one person. It does not replace the code.

Only a sign-in sets the cookie, so the pages before it are the same for every number (R1.13).
"""

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from otp.hashing import keyed_hash, keyed_hashes

KIND = "known-browser"

AGE = timedelta(days=180)  # administrators come a few times a year
MAX_NUMBERS = 3  # per browser; a fourth one replaces the oldest
ENTRY = re.compile(r"(?P<nonce>[0-9a-f]{32})-(?P<expires>[0-9]{10})-(?P<mac>[0-9a-f]{64})")
SEPARATOR = "."


def knows(request: HttpRequest, phone: str) -> bool:
    """Whether this browser verified this number in the last 180 days."""
    return any(_is_of(entry, phone) for entry in _entries(request))


def remember(request: HttpRequest, response: HttpResponse, phone: str) -> None:
    """Add the number to the cookie, on the response to its verification."""
    expires = int((timezone.now() + AGE).timestamp())
    nonce = secrets.token_hex(16)
    newest = f"{nonce}-{expires}-{keyed_hash(KIND, _signed(nonce, expires, phone))}"
    others = [entry[0] for entry in _entries(request) if not _is_of(entry, phone)]
    response.set_cookie(
        settings.PORTAL_BROWSER_COOKIE_NAME,
        SEPARATOR.join([newest, *others][:MAX_NUMBERS]),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> list[re.Match[str]]:
    """Return the well-formed, unexpired entries, newest first. Their MAC is not checked yet."""
    raw = request.COOKIES.get(settings.PORTAL_BROWSER_COOKIE_NAME, "")
    matches = [ENTRY.fullmatch(part) for part in raw.split(SEPARATOR, MAX_NUMBERS)[:MAX_NUMBERS]]
    now = timezone.now().timestamp()
    return [entry for entry in matches if entry is not None and int(entry["expires"]) > now]


def _is_of(entry: re.Match[str], phone: str) -> bool:
    """Whether the entry's MAC fits this number, under the current key or an earlier one."""
    expected = keyed_hashes(KIND, _signed(entry["nonce"], int(entry["expires"]), phone))
    return any(constant_time_compare(mac, entry["mac"]) for mac in expected)


def _signed(nonce: str, expires: int, phone: str) -> str:
    return f"{nonce}|{expires}|{phone}"
