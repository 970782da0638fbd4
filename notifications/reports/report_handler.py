"""Applies delivery reports to the messages of the outbox."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Message
from notifications.reports.delivery_reports import POLL_UNTIL, ReportHandler, notify_failed
from notifications.sms import Report, ReportKind

State = Message.State
# The states that a report may change. A bounce often follows a delivery, because the receiving
# server accepted the mail first, so "failed" is final
CHANGEABLE_STATES = {ReportKind.DELIVERED: [State.SENT], ReportKind.FAILED: [State.SENT, State.DELIVERED]}


def apply(report: Report) -> bool:
    """Apply a report. Return whether it is about a message of the outbox."""
    message = (
        Message.objects.filter(channel=report.channel, provider_id=report.provider_id).order_by("-pk").first()
    )
    if message is None:
        return False
    unchanged = Message.objects.filter(pk=message.pk, provider_id=report.provider_id)
    if report.kind == ReportKind.COMPLAINED:
        unchanged.filter(complained_at=None).update(complained_at=report.at)
        return True
    changeable = unchanged.filter(state__in=CHANGEABLE_STATES[report.kind])
    if report.kind == ReportKind.DELIVERED:
        changeable.update(state=State.DELIVERED, delivered_at=report.at, poll_at=None)
        return True
    with transaction.atomic():
        if changeable.update(state=State.FAILED, last_error=report.reason[:200], poll_at=None):
            message.refresh_from_db()
            notify_failed(message)
    return True


def due_for_polling(now: datetime) -> QuerySet[Message]:
    """Filter sent messages whose `poll_at` has passed and which were sent within POLL_UNTIL."""
    sent_after = timezone.now() - POLL_UNTIL
    return Message.objects.filter(state=State.SENT, sent_at__gt=sent_after, poll_at__lte=now)


HANDLER = ReportHandler(apply, due_for_polling)
