"""What happened at the door, a row each: codes asked for, sent and typed, waits, sign-ins (R1.28).

Of a number there are the last three digits and a keyed hash: whoever knows the number finds its
events, and nobody can read numbers out of the table (R8.09). Each call is one insert, in the
caller's transaction where there is one; what cannot be recorded fails, and is not passed over.
"""

import getpass
import os

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from companies.phones import tail
from otp.hashing import keyed_hash, keyed_hashes
from otp.limits import quotas
from otp.limits.limits import LimitReached, consume, limit
from otp.limits.rates import Rate
from otp.models import AuditEvent, Invitation

Kind = AuditEvent.Kind
Method = AuditEvent.Method
Result = AuditEvent.Result
PHONE = "audit.phone"  # a key of its own: the limits' hashes of the same number are others
# What is refused costs whoever asks nothing, so it is told once a minute: of the same number, and
# ten times of a place
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
    """Write down one event of a visitor. `address` is a bucket (addresses.py); the worker knows
    none.

    `reason` is what the SMS provider said, in words that name nobody.
    """
    AuditEvent.objects.create(
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


def record_refusal(
    kind: Kind, result: Result, phone: str, *, session_ref: str, address: str, method: Method = Method.PIN
) -> None:
    """Write down what was refused without being tried, unless the same was told a moment ago.

    Otherwise a script that goes on after its limit would fill the table, a row a request.
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
    """Write down that staff let a number try again."""
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
    """Write down that a link was sent, and by whom."""
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
    """The account of this machine that runs a command; in a container it may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def of_phone(phone: str) -> Q:
    """The condition for events of a number in E.164, also those recorded under an earlier
    SECRET_KEY still listed.
    """
    return Q(phone_hash__in=keyed_hashes(PHONE, phone))
