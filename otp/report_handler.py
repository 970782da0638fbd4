"""Applies the SMS provider's delivery reports to codes; only staff see the result (R1.13)."""

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
# A report applies only to these states, so that a late one never undoes a final one (R4.24)
ALLOWED_FROM = {
    ReportKind.DELIVERED: [Delivery.ACCEPTED],
    ReportKind.FAILED: [Delivery.ACCEPTED, Delivery.DELIVERED],
}
NEW_STATE = {ReportKind.DELIVERED: Delivery.DELIVERED, ReportKind.FAILED: Delivery.UNDELIVERED}
RESULTS = {ReportKind.DELIVERED: audit.Result.ARRIVED, ReportKind.FAILED: audit.Result.LOST}


def apply(report: Report) -> bool:
    """Store a report, and an audit row if it changed the state. Returns False if no challenge has
    the report's id.
    """
    if report.channel != Message.Channel.SMS:
        return False
    challenge = Challenge.objects.filter(provider_id=report.provider_id).first()
    if challenge is None or report.kind not in NEW_STATE:
        return challenge is not None
    changes = {
        "delivery": NEW_STATE[report.kind],
        "provider_error": report.reason[:100],
        "reported_at": report.at,
        "poll_at": None,
    }
    with transaction.atomic():
        open_challenge = Challenge.objects.filter(pk=challenge.pk, delivery__in=ALLOWED_FROM[report.kind])
        if open_challenge.update(**changes):
            audit.record(
                audit.Kind.REPORTED,
                RESULTS[report.kind],
                challenge.phone,
                session_ref=challenge.session_ref,
                reason=report.reason,
            )
    return True


def due_for_polling(now: datetime) -> QuerySet[Challenge]:
    """Return the codes whose SMS was accepted and whose report the provider must be asked for."""
    accepted = Challenge.objects.filter(
        delivery=Delivery.ACCEPTED, handled_at__gt=timezone.now() - POLL_UNTIL
    )
    return accepted.filter(poll_at__lte=now)


HANDLER = ReportHandler(apply, due_for_polling)
