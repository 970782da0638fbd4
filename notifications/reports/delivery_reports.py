"""Delivery reports: what providers report about the messages they accepted (R4.23-R4.25).

A report names its message by the provider's id. Each app that sends messages registers a handler
for its own ids: the outbox has one and the PIN another. Reports arrive twice, late and in any
order, so states only advance, from accepted to delivered to failed, and every order of arrival ends
in the same state. A report may arrive before the sending process has recorded the id; it is then
kept and applied again for five minutes.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs import sweep as sweeps
from notifications.models import Message, UnmatchedReport
from notifications.sms import (
    GatewayFailure,
    PermanentFailure,
    Report,
    ReportingGateway,
    ReportKind,
    sms_gateway,
)

logger = logging.getLogger(__name__)

KEEP_UNMATCHED = timedelta(minutes=5)  # how long a report with an unknown id is kept (R4.24)
RETRY_UNMATCHED = timedelta(seconds=5)  # the minimum time between two attempts to apply it
MAX_UNMATCHED = 1000  # rows, more than a provider reports in five minutes; it limits the table
BATCH_SIZE = 50  # unmatched reports that one sweep tries
POLL_AFTER = timedelta(minutes=30)  # from sending an SMS to the first poll for its report (R4.25)
POLL_AGAIN = timedelta(minutes=10)  # to the next poll, if the provider could not answer
POLL_UNTIL = timedelta(hours=24)  # from sending an SMS to the end of its polling
# A sweep polls at most this many SMS and for this many seconds: each poll waits for the provider
MAX_POLLS, MAX_POLL_SECONDS = 20, 15


@dataclass(frozen=True)
class ReportHandler:
    """How an app handles delivery reports.

    `apply` applies a report and returns whether its provider id belongs to the app, even if nothing
    changed. `due_for_polling` returns the rows whose `poll_at` has passed and which were sent less
    than POLL_UNTIL ago; they have a `provider_id`.
    """

    apply: Callable[[Report], bool]
    due_for_polling: Callable[[datetime], QuerySet[Any]]


_handlers: dict[str, ReportHandler] = {}
_failure_callbacks: dict[str, Callable[[Message], None]] = {}


def register(name: str, handler: ReportHandler) -> None:
    """Register an app's handler."""
    _handlers[name] = handler


def on_failed(name: str, callback: Callable[[Message], None]) -> None:
    """Register a callback for each message that becomes `failed` or `dead`. It runs in the same
    transaction as the change of state.
    """
    _failure_callbacks[name] = callback


def notify_failed(message: Message) -> None:
    """Call the callbacks; to be called in the transaction that sets `failed` or `dead`.

    Errors of a callback are logged, so that a bad callback cannot block the outbox. Database errors
    are raised: they roll back the change of state too, so that the whole step is repeated later.
    """
    for name, callback in _failure_callbacks.items():
        try:
            with transaction.atomic():
                callback(message)
        except DatabaseFailure:
            raise
        except Exception:
            logger.exception("message %s was given up, and %s could not tell anybody", message.pk, name)


def receive(report: Report) -> None:
    """Apply a report, or keep it if no app knows its id yet. A repeated report changes nothing."""
    if _apply(report):
        return
    if UnmatchedReport.objects.count() >= MAX_UNMATCHED:
        logger.warning("too many reports about unknown messages: one is dropped")
        return
    now = timezone.now()
    unmatched = UnmatchedReport(
        channel=report.channel,
        provider_id=report.provider_id,
        kind=report.kind,
        reason=report.reason,
        at=report.at,
        received_at=now,
        tried_at=now,
    )
    UnmatchedReport.objects.bulk_create([unmatched], ignore_conflicts=True)


def poll_at(provider_id: str) -> datetime | None:
    """Return when to poll for the report on an SMS accepted now, or None if that is impossible."""
    can_poll = provider_id and isinstance(sms_gateway(), ReportingGateway)
    return timezone.now() + POLL_AFTER if can_poll else None


def sweep() -> int:
    """Apply unmatched reports and poll for missing ones. Return how many were handled."""
    return _apply_unmatched() + _poll()


def _apply(report: Report) -> bool:
    return any(handler.apply(report) for handler in _handlers.values())


def _apply_unmatched() -> int:
    now = timezone.now()
    due = UnmatchedReport.objects.filter(tried_at__lte=now - RETRY_UNMATCHED)
    rows = list(due.order_by("tried_at", "pk")[:BATCH_SIZE])
    for row in rows:
        report = Report(
            Message.Channel(row.channel), row.provider_id, ReportKind(row.kind), row.reason, row.at
        )
        if _apply(report):
            row.delete()
        elif row.received_at <= now - KEEP_UNMATCHED:
            logger.warning("report %d is about a message that nobody knows: dropped", row.pk)
            row.delete()
        else:
            UnmatchedReport.objects.filter(pk=row.pk).update(tried_at=now)
    return len(rows)


def _poll() -> int:
    """Poll the provider once for each due message, or again later if it could not answer."""
    polled, deadline = 0, time.monotonic() + MAX_POLL_SECONDS
    for handler in _handlers.values():
        now = timezone.now()
        for row in list(handler.due_for_polling(now).order_by("poll_at", "pk")[:MAX_POLLS]):
            if sweeps.stopping() or time.monotonic() > deadline:
                return polled
            # Claim the row by postponing it before the request: two sweeps do not both poll, and if
            # this process dies the next poll is ten minutes later
            unclaimed = handler.due_for_polling(now).filter(pk=row.pk, poll_at=row.poll_at)
            if not unclaimed.update(poll_at=now + POLL_AGAIN):
                continue
            polled += 1
            if not _fetch_and_apply(row.provider_id):
                return polled
            type(row).objects.filter(pk=row.pk).update(poll_at=None)
    return polled


def _fetch_and_apply(provider_id: str) -> bool:
    """Fetch a report and apply it. Return whether polling is over for this message: False if the
    provider could not answer now.
    """
    gateway = sms_gateway()
    if not isinstance(gateway, ReportingGateway):
        return True  # another gateway sent the message, and is no longer configured
    try:
        report = gateway.fetch_report(provider_id)
    except PermanentFailure as failure:
        logger.warning("no word about an SMS: %s", failure)
        return True
    except GatewayFailure as failure:
        logger.warning("an SMS cannot be asked about now: %s", failure)
        return False
    if report is not None:
        _apply(report)
    return True
