"""Lifting the wait of a number: what staff do for a customer who mistyped too often, or was locked out (R1.07)."""

import re

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from otp import audit
from otp.limits import lockout

REASON_ROOM = 100
PERSONAL = re.compile(r"@|(?:\d\D*){9}")  # an e-mail, or digits enough for a phone; a ticket's number has seven


class BadReason(ValueError):
    """The reason holds what the audit must not; the message is for staff."""


def unlock(phone: str, *, user: User | None = None, actor: str = "", reason: str = "") -> bool:
    """Forget the failures of a number in E.164, and write down who did it. False: there were none. Raises BadReason."""
    if len(reason) > REASON_ROOM:
        raise BadReason(_("El motivo tiene más de %(room)d caracteres.") % {"room": REASON_ROOM})
    if PERSONAL.search(reason):
        raise BadReason(_("El motivo no debe llevar números de teléfono ni correos; cite el número de ticket."))
    with transaction.atomic():
        lifted = lockout.clear(phone)
        audit.record_unlock(
            phone, lifted=lifted, user=user, actor=actor or (user.get_username() if user else ""), reason=reason
        )
    return lifted
