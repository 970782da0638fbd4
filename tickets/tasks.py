"""Celery tasks of tickets."""

from celery import shared_task
from django.utils import timezone

from attachments import scanning, staging, storage
from tickets import line_lists, public_code, public_requests, repeats
from tickets.models import Attachment


@shared_task
def remove_orphaned_files() -> int:
    """Daily: delete files without a row (R3.21); expired documents, forms, lists and digests."""
    now = timezone.now()
    repeats.delete_old(now)
    public_requests.delete_old(now)
    line_lists.delete_old(now)
    return staging.remove_expired(now) + storage.remove_orphans(now)


@shared_task
def send_public_code(key: str) -> None:
    """Mail the code of one public request."""
    public_code.send(key)


@shared_task
def scan_documents(number: int) -> None:
    """Scan the documents of a ticket."""
    scanning.scan_each(Attachment.objects.filter(ticket=number))
