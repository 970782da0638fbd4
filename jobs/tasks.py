"""The periodic task of the worker."""

from celery import shared_task

from jobs import sweep as sweeps


@shared_task
def sweep() -> None:
    """Do overdue work, as `deliver_notifications` does in its own process."""
    sweeps.sweep_once()
