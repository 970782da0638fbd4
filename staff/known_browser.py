"""Recognise a browser in which a user signed in before, so that strangers cannot lock it out.

A signed cookie holds a random id of the browser and the keyed hashes of the usernames that signed
in there. It grants no access; it only gives the browser separate limits (OWASP, "device cookies").
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from staff.names import key_of, keys_of

SALT = "staff.known_browser"
AGE = timedelta(days=90)  # how long a browser stays known without a new sign-in
MAX_ACCOUNTS = 5  # staff who share one computer


@dataclass(frozen=True)
class Browser:
    """The browser's random id, and the keyed hashes of the usernames that signed in with it."""

    id: str = ""
    accounts: tuple[str, ...] = ()

    def knows(self, username: str) -> bool:
        return not set(self.accounts).isdisjoint(keys_of(username))


def browser_of(request: HttpRequest) -> Browser:
    """Return the browser of the cookie, or one without accounts if the cookie is not valid."""
    cookie = request.COOKIES.get(settings.STAFF_BROWSER_COOKIE_NAME, "")
    try:
        stored = signing.loads(cookie, salt=SALT, max_age=AGE)
        # "name" holds the random id
        return Browser(str(stored["name"]), tuple(str(account) for account in stored["accounts"]))
    except (signing.BadSignature, KeyError, TypeError):
        return Browser()


def remember(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Add an account to the browser's cookie, and renew the cookie."""
    browser, account = browser_of(request), key_of(username)
    accounts = [account, *(other for other in browser.accounts if other != account)][:MAX_ACCOUNTS]
    response.set_cookie(
        settings.STAFF_BROWSER_COOKIE_NAME,
        signing.dumps({"name": browser.id or secrets.token_hex(16), "accounts": accounts}, salt=SALT),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
