"""What the Celery worker does: the database row decides, so a task may come twice, late or never (R4.13)."""

from celery import shared_task

from notifications import delivery
from notifications import sweep as sweeps


@shared_task
def deliver_message(pk: int) -> None:
    """Send one message of the outbox, if it is still owed."""
    delivery.deliver(pk)


@shared_task
def sweep() -> None:
    """Do what is overdue; the same that `deliver_notifications` does beside the worker."""
    sweeps.sweep_once()
