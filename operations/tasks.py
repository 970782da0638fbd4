"""Celery tasks of operations: the worker's heartbeat and check of the alarms, and the digest."""

from celery import shared_task

from operations import alarms, heartbeats
from operations import digest as digests


@shared_task
def heartbeat() -> None:
    """Write the worker's heartbeat, which shows that beat and broker run too; check the alarms."""
    heartbeats.beat(heartbeats.WORKER)
    alarms.watch(judge_silence=heartbeats.may_judge(heartbeats.WORKER))


@shared_task
def digest() -> None:
    """Queue the mail to operations about yesterday."""
    digests.send()
