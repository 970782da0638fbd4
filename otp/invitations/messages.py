"""Writes the SMS or e-mail of an invitation to the outbox, in the caller's transaction (A1)."""

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from companies.models import Administrator
from companies.phones import tail
from notifications import outbox
from notifications.email import rendering
from notifications.models import Message
from otp import sms
from otp.entry_words import entry_text
from otp.models import Invitation

MAIL, SMS = "invitation", "invitation_sms"  # registered as message types in apps.py


def by_sms(invitation: Invitation, address: str) -> Message:
    """Enqueue the SMS to the invited number."""
    return outbox.enqueue_sms(
        dedup_key=f"{reference(invitation)}:sms",
        subject_ref=reference(invitation),
        kind=SMS,
        to=invitation.phone,
        text=sms.invitation(address),
    )


def by_email(invitation: Invitation, administrator: Administrator, address: str) -> Message:
    """Enqueue the e-mail to the administrator's registered address.

    It is rendered here: its link is a secret, which no snapshot holds (`notifications.email`).
    """
    last_day = date_format(localtime(invitation.expires_at), r"j \d\e F \d\e Y")
    parts = rendering.render(MAIL, context(administrator.names, tail(invitation.phone), address, last_day))
    return outbox.enqueue_rendered_email(
        dedup_key=f"{reference(invitation)}:email",
        subject_ref=reference(invitation),
        kind=MAIL,
        to=administrator.email,
        reply_to=settings.POSTVENTA_EMAIL,
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
    )


def reference(invitation: Invitation) -> str:
    """Return the reference that links messages to their invitation."""
    return f"invitation:{invitation.pk}"


def context(names: str, phone_tail: str, address: str, last_day: str) -> dict[str, object]:
    """Return the context of the e-mail's templates."""
    return {
        "names": names,
        "phone_tail": phone_tail,
        "invitation_url": address,
        "last_day": last_day,
        "errand": entry_text("errand"),
    }


def sample() -> dict[str, object]:
    """Return an example context for the preview of the template."""
    return context("Ana Pérez", "567", _sample_address(), "20 de diciembre de 2026")


def sample_sms() -> str:
    """Return an example SMS for the preview."""
    return sms.invitation(_sample_address())


def _sample_address() -> str:
    return f"{settings.PORTAL_BASE_URL}{reverse('otp:entry')}?i=bcdfghjkmnpqrstvwxyz"
