"""What the Celery worker does: the database row decides, so a task may come twice, late or never (R4.13)."""

from celery import shared_task

from jobs import sweep as sweeps
from notifications.sending import delivery
from operations import alarms, heartbeats
from operations import digest as digests


@shared_task
def deliver_message(pk: int) -> None:
    """Send one message of the outbox, if it is still owed."""
    delivery.deliver(pk)


@shared_task
def sweep() -> None:
    """Do what is overdue; the same that `deliver_notifications` does beside the worker."""
    sweeps.sweep_once()


@shared_task
def heartbeat() -> None:
    """Beat sent this, the broker brought it, the worker ran it: all three live (R4.15). Then look at the others."""
    heartbeats.beat(heartbeats.WORKER)
    alarms.watch(judging=heartbeats.may_judge(heartbeats.WORKER))


@shared_task
def digest() -> None:
    """Tell operations what yesterday was like."""
    digests.send()
