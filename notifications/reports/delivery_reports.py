"""What a provider tells after it took a message: that it arrived, or did not (R4.23-R4.25).

A report is about a provider's id. Each app that hands messages over registers a ledger, which knows
its own ids; the outbox has one, the PIN check another. Reports come twice, late and in any order,
so a ledger enters them by rank: taken, delivered, failed. None leads back, and any order of arrival
ends alike. A report may even come before the sender has written the id down: then it is kept for
five minutes, and tried again.
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

KEEP = timedelta(minutes=5)  # a report about an id that nobody knows (R4.24)
TRY_AGAIN = timedelta(seconds=5)
# More than a provider reports in five minutes; it bounds the table, whatever is sent to us
MAX_UNMATCHED = 1000
BATCH_SIZE = 50  # kept reports that one sweep tries
POLL_AFTER = timedelta(minutes=30)  # an SMS with no final report (R4.25)
POLL_AGAIN = timedelta(minutes=10)  # when the provider could not be asked
POLL_UNTIL = timedelta(hours=24)
QUESTIONS, QUESTION_SECONDS = 20, 15  # that one sweep asks, and for how long: each waits for another's server


@dataclass(frozen=True)
class ReportHandler:
    """How an app takes reports.

    `enter` says whether the id is one of its own, whatever the report changed. `unasked` are its
    rows whose `poll_at` has come, young enough to be worth a question; they have a `provider_id`.
    """

    apply: Callable[[Report], bool]
    due_for_polling: Callable[[datetime], QuerySet[Any]]


_ledgers: dict[str, ReportHandler] = {}
_on_given_up: dict[str, Callable[[Message], None]] = {}


def register(name: str, ledger: ReportHandler) -> None:
    """Add an app's ledger."""
    _ledgers[name] = ledger


def on_failed(name: str, tell: Callable[[Message], None]) -> None:
    """Have `tell` called with each message that becomes `failed` or `dead`, in the transaction in
    which it does.
    """
    _on_given_up[name] = tell


def notify_failed(message: Message) -> None:
    """For whoever sets one of those states: call it in the same transaction.

    A mistake in what follows is logged and no more: it must not keep the outbox at a message that
    nobody may send.
    """
    for name, tell in _on_given_up.items():
        try:
            with transaction.atomic():
                tell(message)
        except DatabaseFailure:
            raise  # nothing is decided yet: all of it is done again
        except Exception:
            logger.exception("message %s was given up, and %s could not tell anybody", message.pk, name)


def receive(report: Report) -> None:
    """Enter a report, or keep it until somebody knows what it is about. The same one again changes
    nothing.
    """
    if _apply(report):
        return
    if UnmatchedReport.objects.count() >= MAX_UNMATCHED:
        logger.warning("too many reports about unknown messages: one is dropped")
        return
    now = timezone.now()
    kept = UnmatchedReport(
        channel=report.channel,
        provider_id=report.provider_id,
        kind=report.kind,
        reason=report.reason,
        at=report.at,
        received_at=now,
        tried_at=now,
    )
    UnmatchedReport.objects.bulk_create([kept], ignore_conflicts=True)


def poll_at(provider_id: str) -> datetime | None:
    """When to ask about an SMS just handed over, if no report has come; None where there is nobody
    to ask.
    """
    asked = provider_id and isinstance(sms_gateway(), ReportingGateway)
    return timezone.now() + POLL_AFTER if asked else None


def sweep() -> int:
    """Try what was kept, and ask about what nobody reported. Returns how many of both."""
    return _apply_unmatched() + _poll()


def _apply(report: Report) -> bool:
    return any(ledger.apply(report) for ledger in _ledgers.values())


def _apply_unmatched() -> int:
    now = timezone.now()
    rows = list(
        UnmatchedReport.objects.filter(tried_at__lte=now - TRY_AGAIN).order_by("tried_at", "pk")[:BATCH_SIZE]
    )
    for row in rows:
        report = Report(
            Message.Channel(row.channel), row.provider_id, ReportKind(row.kind), row.reason, row.at
        )
        if _apply(report):
            row.delete()
        elif row.received_at <= now - KEEP:
            logger.warning("report %d is about a message that nobody knows: dropped", row.pk)
            row.delete()
        else:
            UnmatchedReport.objects.filter(pk=row.pk).update(tried_at=now)
    return len(rows)


def _poll() -> int:
    """Ask about each message once; again later only where the provider could not answer."""
    asked, ends = 0, time.monotonic() + QUESTION_SECONDS
    for ledger in _ledgers.values():
        now = timezone.now()
        for row in list(ledger.due_for_polling(now).order_by("poll_at", "pk")[:QUESTIONS]):
            if sweeps.stopping() or time.monotonic() > ends:
                return asked
            # Put off before the question, so that two sweeps do not both ask, and a process that
            # dies is made up for
            mine = {"pk": row.pk, "poll_at": row.poll_at}
            if not ledger.due_for_polling(now).filter(**mine).update(poll_at=now + POLL_AGAIN):
                continue
            asked += 1
            if not _answered(row.provider_id):
                return asked
            type(row).objects.filter(pk=row.pk).update(poll_at=None)
    return asked


def _answered(provider_id: str) -> bool:
    gateway = sms_gateway()
    if not isinstance(gateway, ReportingGateway):
        return True  # another gateway sent it, which is not there to ask
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
