"""The PIN check's ledger: what the SMS provider reports of its codes. Staff see it, and no visitor
does (R1.13).
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Message
from notifications.reports.delivery_reports import POLL_UNTIL, ReportHandler
from notifications.sms import Report, ReportKind
from otp import audit
from otp.models import Challenge

Delivery = Challenge.Delivery
# By rank, as in the outbox: taken, delivered, failed
OPEN_TO = {
    ReportKind.DELIVERED: [Delivery.ACCEPTED],
    ReportKind.FAILED: [Delivery.ACCEPTED, Delivery.DELIVERED],
}
BECOMES = {ReportKind.DELIVERED: Delivery.DELIVERED, ReportKind.FAILED: Delivery.UNDELIVERED}
RESULTS = {ReportKind.DELIVERED: audit.Result.ARRIVED, ReportKind.FAILED: audit.Result.LOST}


def apply(report: Report) -> bool:
    """Whether it is about a code; each change has its row in the audit."""
    if report.channel != Message.Channel.SMS:
        return False
    challenge = Challenge.objects.filter(provider_id=report.provider_id).first()
    if challenge is None or report.kind not in BECOMES:
        return challenge is not None
    changes = {
        "delivery": BECOMES[report.kind],
        "provider_error": report.reason[:100],
        "reported_at": report.at,
        "poll_at": None,
    }
    with transaction.atomic():
        open_to_it = Challenge.objects.filter(pk=challenge.pk, delivery__in=OPEN_TO[report.kind])
        if open_to_it.update(**changes):
            audit.record(
                audit.Kind.REPORTED,
                RESULTS[report.kind],
                challenge.phone,
                session_ref=challenge.session_ref,
                reason=report.reason,
            )
    return True


def due_for_polling(now: datetime) -> QuerySet[Challenge]:
    accepted = Challenge.objects.filter(
        delivery=Delivery.ACCEPTED, handled_at__gt=timezone.now() - POLL_UNTIL
    )
    return accepted.filter(poll_at__lte=now)


HANDLER = ReportHandler(apply, due_for_polling)
