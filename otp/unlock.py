"""Lets staff lift the wait of a number after too many wrong codes (R1.07)."""

import re

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from otp import audit
from otp.limits import lockout

MAX_REASON_LENGTH = 100
# An e-mail address or nine digits, as a phone has; a ticket's number has seven
PERSONAL = re.compile(r"@|(?:\d\D*){9}")


class InvalidReason(ValueError):
    """The reason is too long or holds personal data. The message is for staff."""


def unlock(phone: str, *, user: User | None = None, actor: str = "", reason: str = "") -> bool:
    """Reset the failures of an E.164 number and record who did it; returns False if it had none.

    Raises InvalidReason.
    """
    if len(reason) > MAX_REASON_LENGTH:
        raise InvalidReason(_("El motivo tiene más de %(room)d caracteres.") % {"room": MAX_REASON_LENGTH})
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
