"""The worker's tasks for the PIN check: send a code, and once a day delete old rows."""

from datetime import timedelta
from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from otp.invitations import invitations
from otp.limits.rates import Rate
from otp.models import AuditEvent, Challenge, Invitation, LimitUse, PhoneLockout
from otp.pin import delivery

KEEP_CHALLENGES = timedelta(hours=24)
KEEP_USES = timedelta(hours=48)  # at least; longer if a limit has a longer window
# All settings that hold limits: the uses of one missing here would be deleted after 48 hours
LIMITS = (
    "INVITATIONS_PER_PHONE",
    "OTP_FAILURES_ALARM",
    "OTP_FAILURES_PER_ADDRESS",
    "OTP_SENDS_PER_ADDRESS",
    "OTP_SENDS_PER_DAY",
    "OTP_SENDS_PER_PHONE",
    "OTP_SENDS_PER_SESSION",
    "PUBLIC_CODES_PER_ADDRESS",
    "PUBLIC_CODES_PER_DAY",
    "PUBLIC_CODES_PER_EMAIL",
    "PUBLIC_FILES_PER_DAY",
    "STAFF_FAILURES_PER_ADDRESS",
    "STAFF_FAILURES_PER_BROWSER",
    "STAFF_FAILURES_PER_USER",
    "TICKETS_PER_PHONE",
    "UPLOAD_QUOTA_PER_PHONE",
)
KEEP_AUDIT = timedelta(days=731)  # 24 months of any length (R8.03)
# Staff look up links for some weeks after they expire (R8.03); the audit keeps their events longer
KEEP_INVITATIONS = timedelta(days=90)
# Since the last attempt; much longer than a day, so that failures still add up (R1.05)
KEEP_LOCKOUTS = timedelta(days=30)


@shared_task
def send_challenge(pk: int) -> None:
    """Send the SMS of one challenge."""
    delivery.send(pk)


@shared_task
def clear_expired() -> None:
    """Delete challenges, links, uses, lockouts, audit events and sessions after their time."""
    now = timezone.now()
    Challenge.objects.filter(created_at__lt=now - KEEP_CHALLENGES).delete()
    rates: list[Rate] = [rate for name in LIMITS for rate in getattr(settings, name)]
    longest_window = max([KEEP_USES, *(timedelta(seconds=rate.seconds) for rate in rates)])
    of_links = Q(key__startswith=f"{invitations.CODES_KIND}:")  # these count while the link is valid
    LimitUse.objects.filter(~of_links, at__lt=now - longest_window).delete()
    LimitUse.objects.filter(of_links, at__lt=now - invitations.LIFETIME).delete()
    PhoneLockout.objects.filter(tried_at__lt=now - KEEP_LOCKOUTS).delete()
    Invitation.objects.filter(created_at__lt=now - KEEP_INVITATIONS).delete()
    AuditEvent.objects.purge(now - KEEP_AUDIT)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
