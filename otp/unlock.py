"""Lifting the wait of a number: what staff do for a customer who mistyped too often, or was locked
out (R1.07).
"""

import re

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from otp import audit
from otp.limits import lockout

REASON_ROOM = 100
# An e-mail, or digits enough for a phone; a ticket's number has seven
PERSONAL = re.compile(r"@|(?:\d\D*){9}")


class InvalidReason(ValueError):
    """The reason holds what the audit must not; the message is for staff."""


def unlock(phone: str, *, user: User | None = None, actor: str = "", reason: str = "") -> bool:
    """Forget the failures of a number in E.164, and record who did it. Returns False if there were
    none.

    Raises InvalidReason.
    """
    if len(reason) > REASON_ROOM:
        raise InvalidReason(_("El motivo tiene más de %(room)d caracteres.") % {"room": REASON_ROOM})
    if PERSONAL.search(reason):
        raise InvalidReason(
            _("El motivo no debe llevar números de teléfono ni correos; cite el número de ticket.")
        )
    with transaction.atomic():
        lifted = lockout.clear(phone)
        audit.record_unlock(
            phone,
            lifted=lifted,
            user=user,
            actor=actor or (user.get_username() if user else ""),
            reason=reason,
        )
    return lifted
