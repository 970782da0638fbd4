"""The periodic task of the worker."""

from celery import shared_task

from jobs import sweep as sweeps


@shared_task
def sweep() -> None:
    """Run every sweep once, as `manage.py deliver_notifications` does without a worker."""
    sweeps.sweep_once()
