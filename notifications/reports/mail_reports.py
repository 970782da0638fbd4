"""Reads the webhooks of mail providers with django-anymail's views, which verify each request and
translate its events into common types.

The views send a signal for each event. The events are collected first and applied after the view
has returned: an error of the view then means an unreadable body, never an unavailable database.
"""

from contextvars import ContextVar
from typing import Any, cast

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from anymail.utils import get_request_basic_auth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from notifications.models import Message
from notifications.sms import Report, ReportKind

REPORT_KINDS = {
    EventType.DELIVERED: ReportKind.DELIVERED,
    EventType.BOUNCED: ReportKind.FAILED,
    EventType.REJECTED: ReportKind.FAILED,
    EventType.FAILED: ReportKind.FAILED,
    EventType.COMPLAINED: ReportKind.COMPLAINED,
}
FAILURE_TEXTS = {
    EventType.BOUNCED: gettext_noop("Devuelto por el servidor del destinatario"),
    EventType.REJECTED: gettext_noop("El proveedor de correo no lo envió"),
    EventType.FAILED: gettext_noop("El proveedor de correo no pudo enviarlo"),
}
# Errors that a malformed body can cause in the views: RecursionError comes from deeply nested lists
UNREADABLE_ERRORS = (
    AnymailError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)
_events: ContextVar[list[AnymailTrackingEvent]] = ContextVar("mail_events")


class NotAuthenticated(Exception):
    """The request is not signed by the provider."""


class Unreadable(Exception):
    """The request is authentic, but its body cannot be parsed."""


def has_webhook_secret(request: HttpRequest) -> bool:
    """Whether the request carries one of our webhook secrets.

    It is checked before the body is read: some of anymail's views parse the body first.
    """
    credentials = get_request_basic_auth(request) or ""
    return any(constant_time_compare(credentials, secret) for secret in settings.ANYMAIL["WEBHOOK_SECRET"])


def parse(request: HttpRequest, provider: str) -> tuple[HttpResponse, list[Report]]:
    """Return the response of anymail's view and the reports in the request. Raises
    NotAuthenticated, Unreadable or, for an unknown provider, Resolver404.
    """
    view = resolve(f"/{provider}/tracking/", urlconf="anymail.urls").func
    events: list[AnymailTrackingEvent] = []
    token = _events.set(events)
    try:
        response = cast("HttpResponse", view(request))
        parsed = [_report(event) for event in events]
    except AnymailWebhookValidationFailure:
        raise NotAuthenticated from None
    except UNREADABLE_ERRORS as error:
        raise Unreadable(type(error).__name__) from None
    finally:
        _events.reset(token)
    return response, [report for report in parsed if report is not None]


def collect(sender: object, event: AnymailTrackingEvent, **_: Any) -> None:  # noqa: ARG001  the signal's own signature
    """Collect an event: the receiver of the signal that anymail's views send."""
    _events.get([]).append(event)


def _report(event: AnymailTrackingEvent) -> Report | None:
    kind = REPORT_KINDS.get(event.event_type)
    if kind is None or not event.message_id:
        return None
    now = timezone.now()
    at = event.timestamp if event.timestamp and timezone.is_aware(event.timestamp) else now
    reason = _failure_reason(event) if kind == ReportKind.FAILED else ""
    return Report(Message.Channel.EMAIL, _without_nul(event.message_id)[:200], kind, reason, min(at, now))


def _failure_reason(event: AnymailTrackingEvent) -> str:
    """Return a sentence for staff, with the provider's own text if it gave one."""
    answer = _without_nul(event.mta_response or event.description or event.reject_reason or "")
    detail = " ".join(answer.split())
    text = _(FAILURE_TEXTS[event.event_type])
    return f"{text}: {detail}"[:200] if detail else f"{text}."


def _without_nul(value: object) -> str:
    """Remove NUL characters, which PostgreSQL cannot store."""
    return str(value).replace("\0", "")
