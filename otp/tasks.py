"""What the worker does for the PIN check: send codes, and once a day clear away what has had its
time.
"""

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
KEEP_USES = timedelta(hours=48)  # at least; longer when a limit looks further back
# Every limit of the settings: one that is missing here would look back 48 hours at most
LIMITS = (
    "INVITATIONS_PER_PHONE",
    "OTP_FAILURES_ALARM",
    "OTP_FAILURES_PER_ADDRESS",
    "OTP_SENDS_PER_ADDRESS",
    "OTP_SENDS_PER_DAY",
    "OTP_SENDS_PER_PHONE",
    "OTP_SENDS_PER_SESSION",
    "STAFF_FAILURES_PER_ADDRESS",
    "STAFF_FAILURES_PER_BROWSER",
    "STAFF_FAILURES_PER_USER",
    "TICKETS_PER_PHONE",
    "UPLOAD_QUOTA_PER_PHONE",
)
KEEP_AUDIT = timedelta(days=731)  # 24 months, whichever they are (R8.03)
# As logs (R8.03): who was sent a link is asked about for some weeks after it ended, and then the
# audit knows
KEEP_INVITATIONS = timedelta(days=90)
KEEP_GUARDS = timedelta(days=30)  # since the last try: failures in a row are not forgotten overnight (R1.05)


@shared_task
def send_challenge(pk: int) -> None:
    """Send the SMS of one challenge."""
    delivery.send(pk)


@shared_task
def clear_expired() -> None:
    """Delete challenges, links, uses, guards, audit events and browser sessions that nothing looks
    at any more.
    """
    now = timezone.now()
    Challenge.objects.filter(created_at__lt=now - KEEP_CHALLENGES).delete()
    of_links = Q(key__startswith=f"{invitations.SENDS_KIND}:")  # these count for as long as a link lives
    LimitUse.objects.filter(~of_links, at__lt=now - _longest_window()).delete()
    LimitUse.objects.filter(of_links, at__lt=now - invitations.LIFETIME).delete()
    PhoneLockout.objects.filter(tried_at__lt=now - KEEP_GUARDS).delete()
    Invitation.objects.filter(created_at__lt=now - KEEP_INVITATIONS).delete()
    AuditEvent.objects.purge(now - KEEP_AUDIT)
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def _longest_window() -> timedelta:
    rates: list[Rate] = [rate for name in LIMITS for rate in getattr(settings, name)]
    return max([KEEP_USES, *(timedelta(seconds=rate.seconds) for rate in rates)])
