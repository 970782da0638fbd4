"""Asks the operator's mobile network for the visitor's number (A3, R2.01). It is off by default.

The answer can only confirm the number that the visitor typed (R2.07). In all other cases the
visitor gets a PIN: the network does not know the number, the query fails or takes too long, or a
supervisor has switched network identity off.
"""

import logging
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Protocol

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from otp.limits import limits
from otp.models import AuditEvent, NetworkSwitch

TIMEOUT = 2.0  # seconds; after that the visitor gets a PIN
MAX_THREADS = 32  # per process and identity, including threads that timed out and still wait

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A number that a network confirms."""

    phone: str  # E.164
    nonce: str = ""  # makes the claim usable once; empty where a claim cannot be copied


class UntrustedClaim(Exception):
    """The request holds a claim that fails a check: a gateway is misconfigured, or it is forged."""

    def __init__(self, result: AuditEvent.Result) -> None:
        super().__init__(result.value)
        self.result = result


class NetworkIdentity(Protocol):
    """One way to ask a network; `settings.NETWORK_IDENTITIES` names the classes to use.

    A class that only reads the request sets `answers_at_once = True`. Other classes run in another
    thread, so that the visitor does not wait for one that hangs. They must not use the database,
    because nothing would close that thread's connection.
    """

    def claim(self, request: HttpRequest) -> Claim | None:
        """Return the number, or None if the network gives none. Raises UntrustedClaim."""


def identify(request: HttpRequest) -> str | None:
    """Return the E.164 number that the first identity with an answer confirms, or None.

    Raises UntrustedClaim if no identity answers and one found a claim that fails a check.
    """
    if not settings.NETWORK_IDENTITIES or NetworkSwitch.is_off():
        return None
    untrusted: UntrustedClaim | None = None
    for path in settings.NETWORK_IDENTITIES:
        try:
            claim = _claim(path, request)
        except UntrustedClaim as error:
            untrusted = untrusted or error
            continue
        if claim is not None:
            return _redeem(claim)
    if untrusted is not None:
        raise untrusted
    return None


def _claim(path: str, request: HttpRequest) -> Claim | None:
    identity, slots = _load(path)
    if getattr(identity, "answers_at_once", False):
        answer = _ask(identity, request)
    else:
        answer = _ask_with_timeout(path, identity, slots, request)
    if isinstance(answer, UntrustedClaim):
        raise answer
    if isinstance(answer, Exception):
        # Only the type, because the message may quote a number (R2.11)
        logger.warning("Network identity %s failed: %s", path, type(answer).__name__)
        return None
    return answer


def _ask_with_timeout(
    path: str, identity: NetworkIdentity, slots: BoundedSemaphore, request: HttpRequest
) -> Claim | Exception | None:
    """Ask an identity in another thread. Returns None after TIMEOUT, or if MAX_THREADS threads
    already wait for it.
    """
    if not slots.acquire(blocking=False):
        logger.warning("Network identity %s not asked: it hangs", path)
        return None
    answers: SimpleQueue[Claim | Exception | None] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(_ask(identity, request))
        finally:
            slots.release()

    Thread(target=run, daemon=True, name="network-identity").start()
    try:
        return answers.get(timeout=TIMEOUT)
    except Empty:
        logger.warning("Network identity %s took too long", path)
        return None


def _ask(identity: NetworkIdentity, request: HttpRequest) -> Claim | Exception | None:
    try:
        return identity.claim(request)
    except Exception as error:  # noqa: BLE001  an identity may raise anything: the visitor gets a PIN
        return error


@cache
def _load(path: str) -> tuple[NetworkIdentity, BoundedSemaphore]:
    return import_string(path)(), BoundedSemaphore(MAX_THREADS)


def _redeem(claim: Claim) -> str:
    """Return the claim's number if its nonce was not used before (R2.05). Raises UntrustedClaim."""
    if claim.nonce and not limits.use_once("nonce", claim.nonce):
        logger.warning("Network identity ignored: its signature was used before")
        raise UntrustedClaim(AuditEvent.Result.REUSED)
    return claim.phone
