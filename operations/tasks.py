"""What the worker does for operations: its sign of life, and the daily digest."""

from celery import shared_task

from operations import alarms, heartbeats
from operations import digest as digests


@shared_task
def heartbeat() -> None:
    """Beat sent this, the broker brought it, the worker ran it: all three live (R4.15). Then look
    at the others.
    """
    heartbeats.beat(heartbeats.WORKER)
    alarms.watch(judging=heartbeats.may_judge(heartbeats.WORKER))


@shared_task
def digest() -> None:
    """Tell operations what yesterday was like."""
    digests.send()
