"""The mails to operations: alarm, daily digest and test message. They hold no personal data."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import local_time, outbox
from notifications.models import Message
from operations.models import Alarm

REFERENCE = "operations"  # the `subject_ref` of messages that concern no customer


@dataclass(frozen=True)
class Fact:
    """One row of the mail's table."""

    label: str
    lines: list[str]


def recipients() -> list[str]:
    """Return OPERATIONS_EMAIL or, when it is empty, POSTVENTA_EMAIL, which is always set."""
    return settings.OPERATIONS_EMAIL or [settings.POSTVENTA_EMAIL]


def page_url() -> str:
    return settings.PORTAL_BASE_URL + reverse("admin:operations_heartbeat_changelist")


def alarm(raised: Alarm, title: str, advice: str, period: str) -> list[Message]:
    """Queue the mail of an alarm, at most once per kind and period."""
    context: dict[str, object] = {
        "title": title,
        "advice": advice,
        "facts": [
            Fact(_("Cifra"), [raised.detail]),
            Fact(_("Desde"), [local_time.sentence(raised.raised_at, seconds=True)]),
        ],
    }
    return _enqueue("operations_alarm", f"alarm:{raised.kind}:{period}", context)


def digest(day: date, groups: dict[str, list[Fact]], alarms: list[str]) -> list[Message]:
    """Queue the digest of a day, at most once."""
    context: dict[str, object] = {"day": day, "groups": groups, "alarms": alarms}
    return _enqueue("operations_digest", f"digest:{day.isoformat()}", context)


def test(to: str, key: str) -> Message:
    """Queue the test mail of `send_test_message`."""
    return outbox.enqueue_email(
        dedup_key=key,
        subject_ref=REFERENCE,
        kind="operations_test",
        context={"moment": local_time.sentence(timezone.now(), seconds=True)},
        to=to,
    )


def _enqueue(template: str, key: str, context: dict[str, object]) -> list[Message]:
    full = {**context, "page_url": page_url()}
    return [
        outbox.enqueue_email(
            dedup_key=f"{key}:{number}" if number > 1 else key,
            subject_ref=REFERENCE,
            kind=template,
            context=full,
            to=to,
        )
        for number, to in enumerate(recipients(), start=1)
    ]
