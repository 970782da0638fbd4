"""Celery tasks of the outbox. The row decides whether a message is sent, so a task may run twice,
late or never (R4.13).
"""

from celery import shared_task

from notifications.sending import delivery


@shared_task
def deliver_message(pk: int) -> None:
    """Send one message of the outbox if it is due."""
    delivery.deliver(pk)


@shared_task
def deliver_messages(pks: list[int]) -> None:
    """Send the mails of the outbox with these keys that are due, over one connection."""
    delivery.deliver_each(pks)
