"""The outbox's ledger: what providers report of its messages."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Message
from notifications.reports.delivery_reports import POLL_UNTIL, ReportHandler, notify_failed
from notifications.sms import Report, ReportKind

State = Message.State
# What a report may still change. A bounce often comes after the receiving server had said yes, so
# it is the last word
OPEN_TO = {ReportKind.DELIVERED: [State.SENT], ReportKind.FAILED: [State.SENT, State.DELIVERED]}


def apply(report: Report) -> bool:
    """Whether it is about a message of the outbox."""
    message = (
        Message.objects.filter(channel=report.channel, provider_id=report.provider_id).order_by("-pk").first()
    )
    if message is None:
        return False
    mine = Message.objects.filter(pk=message.pk, provider_id=report.provider_id)
    if report.kind == ReportKind.COMPLAINED:
        mine.filter(complained_at=None).update(complained_at=report.at)
        return True
    standing = mine.filter(state__in=OPEN_TO[report.kind])
    if report.kind == ReportKind.DELIVERED:
        standing.update(state=State.DELIVERED, delivered_at=report.at, poll_at=None)
        return True
    with transaction.atomic():
        if standing.update(state=State.FAILED, last_error=report.reason[:200], poll_at=None):
            message.refresh_from_db()
            notify_failed(message)
    return True


def due_for_polling(now: datetime) -> QuerySet[Message]:
    young = Message.objects.filter(state=State.SENT, sent_at__gt=timezone.now() - POLL_UNTIL)
    return young.filter(poll_at__lte=now)


HANDLER = ReportHandler(apply, due_for_polling)
