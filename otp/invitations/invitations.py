"""The link by which an administrator arrives (A1): who may be sent one, how often, and what it is
worth afterwards.

Its token opens the entry with the number filled in, and that is all: whoever holds it still needs a
code, which goes to the number's phone. What it does give is a limit of its own. Codes of a session
that came by a live link, for the number it was sent to, are counted on the link and not on the
number, so that a stranger who typed the number until its limit was reached keeps nobody out who was
invited. The token is in the message and nowhere else: here there is its hash.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.directory import directory
from companies.models import Administrator
from notifications.models import Message
from notifications.outbox import is_email
from otp import audit
from otp.hashing import keyed_hash, keyed_hashes
from otp.invitations import messages
from otp.limits.limits import Limit, LimitReached, allows, consume, limit
from otp.limits.rates import Rate
from otp.models import Invitation

Channel = Invitation.Channel

PARAMETER = "i"  # of the link's address: short, since the link must fit an SMS
FIELD = "invitation"  # of the entry form, which sends the token on in its body and no address
# Consonants only: no word comes about, no run of digits passes for a code, and it can be copied by
# hand. 86 bits
ALPHABET = "bcdfghjkmnpqrstvwxyz"
LENGTH = 20
TOKEN = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")
TOKEN_KIND = "invitation.token"  # noqa: S105  what the hash is of, no secret

# A week takes in days off; an old message in somebody else's hands opens nothing
LIFETIME = timedelta(days=7)
# Codes for one link: what a number has in an hour, and in all what it has in a day (R1.17)
SENDS_KIND = "invitation"
SENDS = (Rate(5, 3600), Rate(10, int(LIFETIME.total_seconds())))


class Refusal(models.TextChoices):
    """Why somebody is not sent a link, in words for staff."""

    MALFORMED = "malformed", _("no se entiende")
    NO_SUCH_COMPANY = "no_such_company", _("no hay una empresa con ese RUC o cédula")
    NOBODY_IN_COMPANY = "nobody", _("la empresa no tiene administradores")
    NOT_ADMINISTRATOR = "not_administrator", _("no es administrador")
    INACTIVE = "inactive", _("administrador inactivo")
    NO_COMPANY = "no_company", _("administrador sin empresa")
    NO_EMAIL = "no_email", _("sin correo electrónico válido")
    REPEATED = "repeated", _("repetido en la lista")
    RECENT = "recent", _("ya invitado hace poco")
    LIMIT = "limit", _("límite de enlaces alcanzado")


class InvitationRefused(Exception):
    """No link was sent, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.label)
        self.refusal = refusal


@dataclass(frozen=True)
class Link:
    """What a request brought of a link: its token, and the invitation while that lives."""

    token: str = ""
    invitation: Invitation | None = None

    @property
    def is_dead(self) -> bool:
        """Somebody came by a link that is too old, or never was one."""
        return bool(self.token) and self.invitation is None

    def for_number(self, phone: str) -> Invitation | None:
        """The invitation, for the number it was sent to: with any other it is worth nothing."""
        return self.invitation if self.invitation is not None and self.invitation.phone == phone else None


def link(token: str) -> Link:
    """What there is to a token that a visitor brought. Reads, and writes nothing."""
    if not TOKEN.fullmatch(token):
        return Link(token)
    hashes = keyed_hashes(TOKEN_KIND, token)
    return Link(
        token, Invitation.objects.filter(token_hash__in=hashes, expires_at__gt=timezone.now()).first()
    )


def is_live(invitation: Invitation) -> bool:
    return timezone.now() < invitation.expires_at


def sends_of(invitation: Invitation) -> Limit:
    """The codes that may be asked for through this link."""
    return limit(SENDS_KIND, str(invitation.pk), SENDS)


def mark_used(invitation_id: int | None) -> None:
    """Somebody entered through it; what staff see is the first time."""
    if invitation_id is not None:
        Invitation.objects.filter(pk=invitation_id, used_at=None).update(used_at=timezone.now())


def refusal_of_number(phone: str) -> Refusal | None:
    """Why nobody can be invited at this E.164 number, if so: the directory's word, and what our
    rows say about it.
    """
    if directory().administrator(phone) is not None:
        return None
    known = Administrator.objects.filter(phone=phone).first()
    if known is None:
        return Refusal.NOT_ADMINISTRATOR
    return Refusal.NO_COMPANY if known.is_active else Refusal.INACTIVE


def refusal(administrator: Administrator, channel: Channel) -> Refusal | None:
    """Why this administrator cannot be sent a link now, if so. Reads only: `invite` decides."""
    phone = str(administrator.phone)
    found = refusal_of_number(phone)
    if found is None and channel == Channel.EMAIL and not is_email(administrator.email):
        found = Refusal.NO_EMAIL
    if found is None and not allows(_allowance(phone, channel)):
        found = _limit_reached(phone, channel)
    return found


def invite(
    administrator: Administrator, channel: Channel, *, user: User | None = None, actor: str = ""
) -> Invitation:
    """Owe the administrator a link, once a limit, whoever else is at it. Raises Refused.

    `user` sends it at the desk; or else `actor`, the account of this machine.
    """
    found = refusal(administrator, channel)
    if found is not None:
        raise InvitationRefused(found)
    phone, now = str(administrator.phone), timezone.now()
    token = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with transaction.atomic():
        try:
            consume(_allowance(phone, channel))
        except LimitReached:
            raise InvitationRefused(_limit_reached(phone, channel)) from None
        invitation = Invitation.objects.create(
            token_hash=keyed_hash(TOKEN_KIND, token),
            phone=phone,
            channel=channel,
            created_at=now,
            expires_at=now + LIFETIME,
            user=user,
            actor=actor or (user.get_username() if user else ""),
        )
        audit.record_invitation(invitation)
        _enqueue(invitation, administrator, address_of(token))
    return invitation


def address_of(token: str) -> str:
    """The link: no number in it, and the portal's own address whatever host was asked for (R4.28,
    R6.08).
    """
    return f"{settings.PORTAL_BASE_URL}{reverse('otp:entry')}?{PARAMETER}={token}"


def _enqueue(invitation: Invitation, administrator: Administrator, address: str) -> Message:
    if invitation.channel == Channel.EMAIL:
        return messages.by_email(invitation, administrator, address)
    return messages.by_sms(invitation, address)


def _allowance(phone: str, channel: Channel) -> Limit:
    return limit(f"invited.{channel}", phone, settings.INVITATIONS_PER_PHONE)


def _limit_reached(phone: str, channel: Channel) -> Refusal:
    """Which of the limits: the shortest says that it was a moment ago, and any other that it was
    often.
    """
    shortest = min(rate.seconds for rate in settings.INVITATIONS_PER_PHONE)
    since = timezone.now() - timedelta(seconds=shortest)
    recent = Invitation.objects.filter(phone=phone, channel=channel, created_at__gt=since)
    return Refusal.RECENT if recent.exists() else Refusal.LIMIT
