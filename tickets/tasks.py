"""What the worker does for tickets."""

from celery import shared_task
from django.utils import timezone

from tickets import storage


@shared_task
def remove_orphaned_files() -> int:
    """Daily: delete files that no ticket owns (R3.21)."""
    return storage.remove_orphans(timezone.now())
