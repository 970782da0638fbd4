"""What the worker does for tickets."""

from celery import shared_task
from django.utils import timezone

from tickets import scanning, storage


@shared_task
def remove_orphaned_files() -> int:
    """Daily: delete files that no ticket owns (R3.21)."""
    return storage.remove_orphans(timezone.now())


@shared_task
def scan_documents(number: int) -> None:
    """Have the antivirus look at the documents of a ticket."""
    scanning.scan_ticket(number)
