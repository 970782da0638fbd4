"""What a mail provider reports, through django-anymail's own views: they verify it and say it in
words of their own.

The views announce each event by a signal. It is gathered first and entered after the view has
ended, so that a body that makes no sense is told from a database that is away.
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

KINDS = {
    EventType.DELIVERED: ReportKind.DELIVERED,
    EventType.BOUNCED: ReportKind.FAILED,
    EventType.REJECTED: ReportKind.FAILED,
    EventType.FAILED: ReportKind.FAILED,
    EventType.COMPLAINED: ReportKind.COMPLAINED,
}
WORDS = {
    EventType.BOUNCED: gettext_noop("Devuelto por el servidor del destinatario"),
    EventType.REJECTED: gettext_noop("El proveedor de correo no lo envió"),
    EventType.FAILED: gettext_noop("El proveedor de correo no pudo enviarlo"),
}
# What a body may bring the views to raise; the last by lists in lists in lists
NONSENSE = (AnymailError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
_events: ContextVar[list[AnymailTrackingEvent]] = ContextVar("mail_events")


class Unsigned(Exception):
    """The request is not the provider's."""


class Nonsense(Exception):
    """It is, and nobody can read it."""


def known(request: HttpRequest) -> bool:
    """Whether it carries a secret of ours. Asked before anything of the body is read, which not
    every view does.
    """
    given = get_request_basic_auth(request) or ""
    return any(constant_time_compare(given, secret) for secret in settings.ANYMAIL["WEBHOOK_SECRET"])


def reports(request: HttpRequest, provider: str) -> tuple[HttpResponse, list[Report]]:
    """The view's own answer, and what the request reports. Raises Unsigned, Nonsense or
    Resolver404.
    """
    view = resolve(f"/{provider}/tracking/", urlconf="anymail.urls").func
    events: list[AnymailTrackingEvent] = []
    token = _events.set(events)
    try:
        response = cast("HttpResponse", view(request))
        found = [_report(event) for event in events]
    except AnymailWebhookValidationFailure:
        raise Unsigned from None
    except NONSENSE as error:
        raise Nonsense(type(error).__name__) from None
    finally:
        _events.reset(token)
    return response, [report for report in found if report is not None]


def collect(sender: object, event: AnymailTrackingEvent, **_: Any) -> None:  # noqa: ARG001  the signal's own signature
    """Receiver of the signal that anymail's views send."""
    _events.get([]).append(event)


def _report(event: AnymailTrackingEvent) -> Report | None:
    kind = KINDS.get(event.event_type)
    if kind is None or not event.message_id:
        return None
    now = timezone.now()
    at = event.timestamp if event.timestamp and timezone.is_aware(event.timestamp) else now
    reason = _reason(event) if kind == ReportKind.FAILED else ""
    return Report(Message.Channel.EMAIL, _storable(event.message_id)[:200], kind, reason, min(at, now))


def _reason(event: AnymailTrackingEvent) -> str:
    said = " ".join(_storable(event.mta_response or event.description or event.reject_reason or "").split())
    words = _(WORDS[event.event_type])
    return f"{words}: {said}"[:200] if said else f"{words}."


def _storable(value: object) -> str:
    """PostgreSQL stores no NUL."""
    return str(value).replace("\0", "")
