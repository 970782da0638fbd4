"""The daily task that deletes sign-in events at the end of their retention."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from staff.models import SignInEvent

KEEP_SIGN_INS = timedelta(days=731)  # 24 months, as for every security record (R8.03)


@shared_task
def clear_expired() -> None:
    SignInEvent.objects.purge(timezone.now() - KEEP_SIGN_INS)
