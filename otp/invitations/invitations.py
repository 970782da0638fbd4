"""Sends administrators the link to the portal (A1), within limits, and reads links that visitors
open.

The link's token opens the entry with the number filled in. It is not a credential: the visitor
still needs a code, which goes to that number's phone. But the link has a separate limit of codes:
requests for its number, in a session that opened a valid link, count on the link and not on the
number. So a stranger who uses up the number's limit cannot lock out an invited customer. Only the
message holds the token; the table holds its hash.
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
from notifications.outbox import is_email
from otp import audit
from otp.hashing import keyed_hash, keyed_hashes
from otp.invitations import messages
from otp.limits.limits import Limit, LimitReached, allows, consume, limit
from otp.limits.rates import Rate
from otp.models import Invitation

Channel = Invitation.Channel

PARAMETER = "i"  # in the link's query string; short, because the link must fit an SMS
FIELD = "invitation"  # in the entry form, which posts the token so that no further URL holds it
# Consonants only, so that a token contains no word, looks like no code, and can be copied by hand.
# 20 of them have 86 bits
ALPHABET = "bcdfghjkmnpqrstvwxyz"
LENGTH = 20
TOKEN = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")
TOKEN_KIND = "invitation.token"  # noqa: S105  the kind of the hash, not a secret

# A week covers days off. After it, the link in an old message no longer works for a finder
LIFETIME = timedelta(days=7)
# Codes per link: the default hourly limit of a number, and its daily limit for the link's whole
# life (R1.17)
CODES_KIND = "invitation"
CODE_RATES = (Rate(5, 3600), Rate(10, int(LIFETIME.total_seconds())))


class Refusal(models.TextChoices):
    """Why no link was sent. The labels are for staff."""

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
    """No link was sent, for the reason in `refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.label)
        self.refusal = refusal


@dataclass(frozen=True)
class Link:
    """The token in a request, and its invitation if that exists and has not expired."""

    token: str = ""
    invitation: Invitation | None = None

    @property
    def is_dead(self) -> bool:
        """Whether the visitor opened an expired or invalid link."""
        return bool(self.token) and self.invitation is None

    def for_number(self, phone: str) -> Invitation | None:
        """Return the invitation if it was sent to this number; it is valid for no other number."""
        return self.invitation if self.invitation is not None and self.invitation.phone == phone else None


def link(token: str) -> Link:
    """Look up a token that a visitor brought. It writes nothing."""
    if not TOKEN.fullmatch(token):
        return Link(token)
    hashes = keyed_hashes(TOKEN_KIND, token)
    live = Invitation.objects.filter(token_hash__in=hashes, expires_at__gt=timezone.now())
    return Link(token, live.first())


def is_live(invitation: Invitation) -> bool:
    return timezone.now() < invitation.expires_at


def code_limit(invitation: Invitation) -> Limit:
    """Return the limit of codes requested through this link."""
    return limit(CODES_KIND, str(invitation.pk), CODE_RATES)


def mark_used(invitation_id: int | None) -> None:
    """Store when a visitor first signed in through this link."""
    if invitation_id is not None:
        Invitation.objects.filter(pk=invitation_id, used_at=None).update(used_at=timezone.now())


def refusal_of_number(phone: str) -> Refusal | None:
    """Return why an E.164 number cannot be invited, or None if it is in the directory.

    The directory does not say why a number is missing: the administrators' table does.
    """
    if directory().administrator(phone) is not None:
        return None
    administrator = Administrator.objects.filter(phone=phone).first()
    if administrator is None:
        return Refusal.NOT_ADMINISTRATOR
    return Refusal.NO_COMPANY if administrator.is_active else Refusal.INACTIVE


def refusal(administrator: Administrator, channel: Channel) -> Refusal | None:
    """Return why this administrator cannot get a link now, or None. It reserves nothing."""
    phone = str(administrator.phone)
    reason = refusal_of_number(phone)
    if reason is None and channel == Channel.EMAIL and not is_email(administrator.email):
        reason = Refusal.NO_EMAIL
    if reason is None and not allows(_limit_of(phone, channel)):
        reason = _limit_refusal(phone, channel)
    return reason


def invite(
    administrator: Administrator, channel: Channel, *, user: User | None = None, actor: str = ""
) -> Invitation:
    """Enqueue a link for the administrator. Its limit holds for parallel calls too.

    The sender is `user` at the desk; in a command it is `actor`, the operating system's user.
    Raises InvitationRefused.
    """
    reason = refusal(administrator, channel)
    if reason is not None:
        raise InvitationRefused(reason)
    phone, now = str(administrator.phone), timezone.now()
    token = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with transaction.atomic():
        try:
            consume(_limit_of(phone, channel))
        except LimitReached:
            raise InvitationRefused(_limit_refusal(phone, channel)) from None
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
        if channel == Channel.EMAIL:
            messages.by_email(invitation, administrator, address_of(token))
        else:
            messages.by_sms(invitation, address_of(token))
    return invitation


def address_of(token: str) -> str:
    """Return the link. It holds no number, and starts with PORTAL_BASE_URL (R4.28, R6.08)."""
    return f"{settings.PORTAL_BASE_URL}{reverse('otp:entry')}?{PARAMETER}={token}"


def _limit_of(phone: str, channel: Channel) -> Limit:
    return limit(f"invited.{channel}", phone, settings.INVITATIONS_PER_PHONE)


def _limit_refusal(phone: str, channel: Channel) -> Refusal:
    """Return RECENT if a link was sent within the limit's shortest window, or LIMIT otherwise."""
    shortest = min(rate.seconds for rate in settings.INVITATIONS_PER_PHONE)
    since = timezone.now() - timedelta(seconds=shortest)
    recent = Invitation.objects.filter(phone=phone, channel=channel, created_at__gt=since)
    return Refusal.RECENT if recent.exists() else Refusal.LIMIT
