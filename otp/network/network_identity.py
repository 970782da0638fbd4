"""Who the operator's mobile network says is at the other end (A3, R2.01). By default nobody is
asked.

It only ever confirms a number that the visitor typed (R2.07), and the PIN is what follows whenever
it does not: when the network says nothing, when asking fails, when it takes too long, and when a
supervisor has switched it off.
"""

import logging
from collections.abc import Callable
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

SECONDS = 2.0  # a visitor waits so long at most before the PIN is asked for
AT_ONCE = 32  # threads of one process that ask one identity, those that nobody waits for any more included

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A number that a network vouches for."""

    phone: str  # E.164
    nonce: str = ""  # may be used once; empty where the network's word cannot be copied


class UntrustedClaim(Exception):
    """The network did say something, and it cannot be believed: a gateway is set up wrong, or
    somebody tries.
    """

    def __init__(self, result: AuditEvent.Result) -> None:
        super().__init__(result.value)
        self.result = result


class NetworkIdentity(Protocol):
    """One way to ask a network, named in `settings.NETWORK_IDENTITIES`.

    A class that only reads the request says so with `answers_at_once = True`. Any other is asked in
    another thread, so that the visitor goes on without it when it hangs: it must not use the
    database.
    """

    def claim(self, request: HttpRequest) -> Claim | None:
        """The number, or none where the network says nothing. Raises Ignored when it cannot be
        believed.
        """


def identify(request: HttpRequest) -> str | None:
    """The E.164 number that the first identity with an answer
    vouches for, or none. Raises Ignored.
    """
    if not settings.NETWORK_IDENTITIES or NetworkSwitch.is_off():
        return None
    ignored: UntrustedClaim | None = None
    for path in settings.NETWORK_IDENTITIES:
        try:
            claim = _claim(path, request)
        except UntrustedClaim as said:
            ignored = ignored or said
            continue
        if claim is not None:
            return _redeem(claim)
    if ignored is not None:
        raise ignored
    return None


def _claim(path: str, request: HttpRequest) -> Claim | None:
    identity, free = _loaded(path)
    if getattr(identity, "answers_at_once", False):
        answer = _answer(identity.claim, request)
    else:
        answer = _answer_in_time(path, identity, free, request)
    if isinstance(answer, UntrustedClaim):
        raise answer
    if isinstance(answer, Exception):
        # Its kind alone: the message may quote a number (R2.11)
        logger.warning("Network identity %s failed: %s", path, type(answer).__name__)
        return None
    return answer


def _answer_in_time(
    path: str, identity: NetworkIdentity, free: BoundedSemaphore, request: HttpRequest
) -> Claim | Exception | None:
    """The answer of an identity that may hang: none after SECONDS, or while AT_ONCE threads wait
    for it already.
    """
    if not free.acquire(blocking=False):
        logger.warning("Network identity %s not asked: it hangs", path)
        return None
    answers: SimpleQueue[Claim | Exception | None] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_answer(identity.claim, request))
        finally:
            free.release()

    Thread(target=ask, daemon=True, name="network-identity").start()
    try:
        return answers.get(timeout=SECONDS)
    except Empty:
        logger.warning("Network identity %s took too long", path)
        return None


def _answer(ask: Callable[[HttpRequest], Claim | None], request: HttpRequest) -> Claim | Exception | None:
    try:
        return ask(request)
    except Exception as error:  # noqa: BLE001  whatever somebody else's service does, the PIN follows
        return error


@cache
def _loaded(path: str) -> tuple[NetworkIdentity, BoundedSemaphore]:
    return import_string(path)(), BoundedSemaphore(AT_ONCE)


def _redeem(claim: Claim) -> str:
    """The number, if this is the first use of what vouches for it (R2.05)."""
    if claim.nonce and not limits.use_once("nonce", claim.nonce):
        logger.warning("Network identity ignored: its signature was used before")
        raise UntrustedClaim(AuditEvent.Result.REUSED)
    return claim.phone
