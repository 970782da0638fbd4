"""The periodic task of the worker."""

from celery import shared_task

from jobs import sweep as sweeps


@shared_task
def sweep() -> None:
    """Do what is overdue; the same that `deliver_notifications` does beside the worker."""
    sweeps.sweep_once()
