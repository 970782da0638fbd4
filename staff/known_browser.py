"""Recognises a browser in which this person signed in before, so that a stranger's guesses do not
lock it out.

A signed cookie lists the accounts, by the keyed hash of their usernames, beside a random name of
the browser. It opens nothing: it only gives the browser a limit of its own (OWASP, "device
cookies").
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
MOST_ACCOUNTS = 5  # of one shared computer


@dataclass(frozen=True)
class Browser:
    """Its random name, and whose accounts were signed in to with it."""

    name: str = ""
    accounts: tuple[str, ...] = ()

    def knows(self, username: str) -> bool:
        return not set(self.accounts).isdisjoint(keys_of(username))


def browser_of(request: HttpRequest) -> Browser:
    """What the cookie says, or a browser that knows nobody."""
    cookie = request.COOKIES.get(settings.STAFF_BROWSER_COOKIE_NAME, "")
    try:
        said = signing.loads(cookie, salt=SALT, max_age=AGE)
        return Browser(str(said["name"]), tuple(str(account) for account in said["accounts"]))
    except (signing.BadSignature, KeyError, TypeError):
        return Browser()


def remember(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Add the account that was just signed in to."""
    browser, account = browser_of(request), key_of(username)
    accounts = [account, *(other for other in browser.accounts if other != account)][:MOST_ACCOUNTS]
    response.set_cookie(
        settings.STAFF_BROWSER_COOKIE_NAME,
        signing.dumps({"name": browser.name or secrets.token_hex(16), "accounts": accounts}, salt=SALT),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
