"""What the worker does for messages: the database row decides, so a task may come twice, late or
never (R4.13).
"""

from celery import shared_task

from notifications.sending import delivery


@shared_task
def deliver_message(pk: int) -> None:
    """Send one message of the outbox, if it is still owed."""
    delivery.deliver(pk)
