"""What the worker does for tickets."""

from celery import shared_task
from django.utils import timezone

from attachments import scanning, staging, storage
from tickets import repeats
from tickets.models import Attachment


@shared_task
def remove_orphaned_files() -> int:
    """Daily: delete documents that were never confirmed, and files that nothing owns (R3.21)."""
    now = timezone.now()
    repeats.forget_old(now)
    return staging.remove_expired(now) + storage.remove_orphans(now)


@shared_task
def scan_documents(number: int) -> None:
    """Have the antivirus look at the documents of a ticket."""
    scanning.scan_each(Attachment.objects.filter(ticket=number))
