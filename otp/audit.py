"""Records each event of the sign-in: codes requested, sent and typed, waits, sign-ins (R1.28).

A row holds the last three digits of the number and a keyed hash: staff who know the number find its
events, and no number can be read from the table (R8.09). Each call is one insert in the caller's
transaction, if there is one. Errors are raised, so no event happens unrecorded.
"""

import getpass
import os

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from companies.phones import tail
from jobs.insertion import insert
from otp.hashing import keyed_hash, keyed_hashes
from otp.limits import quotas
from otp.limits.limits import LimitReached, consume, limit
from otp.limits.rates import Rate
from otp.models import AuditEvent, Invitation

Kind = AuditEvent.Kind
Method = AuditEvent.Method
Result = AuditEvent.Result
PHONE = "audit.phone"  # kind of the hash: with another kind, the limits hash the same number otherwise
# At most this many refusals are recorded of one kind and number, and of one address. An attacker
# can send refused requests without end, and each would add a row
REFUSALS_PER_PHONE = (Rate(1, 60),)
REFUSALS_PER_ADDRESS = (Rate(10, 60),)


def record(
    kind: Kind,
    result: Result,
    phone: str,
    *,
    session_ref: str,
    address: str = "",
    method: Method = Method.PIN,
    reason: str = "",
) -> None:
    """Record one event of a visitor.

    `address` is a bucket of addresses.py, empty in the worker. `reason` is the SMS provider's error
    without personal data.
    """
    event = AuditEvent(
        at=timezone.now(),
        kind=kind,
        method=method,
        result=result,
        phone_tail=tail(phone),
        phone_hash=keyed_hash(PHONE, phone),
        session_hash=session_ref,
        address=address,
        reason=reason[:100],
    )
    insert(event)


def record_refusal(
    kind: Kind, result: Result, phone: str, *, session_ref: str, address: str, method: Method = Method.PIN
) -> None:
    """Record a request that was refused before a code was compared, at most at the REFUSALS_ rates.

    Without those rates, a script that is past its limit would add a row with each request.
    """
    try:
        consume(
            limit("audit.phone", f"{kind}:{result}:{phone}", REFUSALS_PER_PHONE),
            *quotas.of_address("audit.address", address, REFUSALS_PER_ADDRESS),
        )
    except LimitReached:
        return
    record(kind, result, phone, session_ref=session_ref, address=address, method=method)


def record_unlock(phone: str, *, lifted: bool, user: User | None, actor: str, reason: str) -> None:
    """Record that staff lifted a number's wait, or found none."""
    AuditEvent.objects.create(
        at=timezone.now(),
        kind=Kind.UNLOCKED,
        result=Result.DONE if lifted else Result.NOTHING,
        phone_tail=tail(phone),
        phone_hash=keyed_hash(PHONE, phone),
        user=user,
        actor=actor[:150],
        reason=reason,
    )


def record_invitation(invitation: Invitation) -> None:
    """Record who sent a link to which number."""
    AuditEvent.objects.create(
        at=timezone.now(),
        kind=Kind.INVITED,
        method=Method(invitation.channel),
        result=Result.DONE,
        phone_tail=tail(invitation.phone),
        phone_hash=keyed_hash(PHONE, invitation.phone),
        user=invitation.user,
        actor=invitation.actor[:150],
    )


def os_user() -> str:
    """Return the operating system's user, or its uid if it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def of_phone(phone: str) -> Q:
    """Return the condition for events of an E.164 number, under SECRET_KEY or a fallback."""
    return Q(phone_hash__in=keyed_hashes(PHONE, phone))
