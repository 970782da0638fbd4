"""Recognises a browser in which a number was verified before: its owner is not kept out by a
stranger's failures.

The cookie says so of a number that is typed, and names none: each entry is a random word, an end,
and a MAC over both and the number. So it can be checked against a number, and no number can be read
out of it, nor two browsers of one person be matched. It opens nothing: the code is asked for as
ever.

It is set on signing in and at no other time, so that the pages before are the same for every number
(R1.13).
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

AGE = timedelta(days=180)  # administrators come some times a year
NUMBERS = 3  # of one browser; the eldest goes
ENTRY = re.compile(r"(?P<word>[0-9a-f]{32})-(?P<end>[0-9]{10})-(?P<mac>[0-9a-f]{64})")
SEPARATOR = "."


def knows(request: HttpRequest, phone: str) -> bool:
    """Whether this number was verified in this browser, in the last half year."""
    return any(_is_of(entry, phone) for entry in _entries(request))


def remember(request: HttpRequest, response: HttpResponse, phone: str) -> None:
    """Set the cookie on the answer to somebody who has just been verified."""
    end = int((timezone.now() + AGE).timestamp())
    word = secrets.token_hex(16)
    others = [entry for entry in _entries(request) if not _is_of(entry, phone)]
    entries = [f"{word}-{end}-{keyed_hash(KIND, _signed(word, end, phone))}", *(entry[0] for entry in others)]
    response.set_cookie(
        settings.PORTAL_BROWSER_COOKIE_NAME,
        SEPARATOR.join(entries[:NUMBERS]),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> list[re.Match[str]]:
    """Those that are well formed and not over, newest first; whose they are is not judged."""
    raw = request.COOKIES.get(settings.PORTAL_BROWSER_COOKIE_NAME, "")
    found = [ENTRY.fullmatch(part) for part in raw.split(SEPARATOR, NUMBERS)[:NUMBERS]]
    now = timezone.now().timestamp()
    return [entry for entry in found if entry is not None and int(entry["end"]) > now]


def _is_of(entry: re.Match[str], phone: str) -> bool:
    expected = keyed_hashes(KIND, _signed(entry["word"], int(entry["end"]), phone))
    return any(constant_time_compare(mac, entry["mac"]) for mac in expected)


def _signed(word: str, end: int, phone: str) -> str:
    return f"{word}|{end}|{phone}"
