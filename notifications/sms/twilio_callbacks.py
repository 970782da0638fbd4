"""Twilio's own reports about an SMS: where it sends them, whether they are its own, and what they
say (R4.23).
"""

import re

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from twilio.request_validator import RequestValidator

from notifications.models import Message
from notifications.sms import Report, ReportKind
from notifications.sms.twilio_errors import describe

SID = re.compile(r"[A-Za-z0-9]{1,64}")
# All else ("queued", "sending", "sent"...) says what is known: that Twilio took it
FINAL = {
    "delivered": ReportKind.DELIVERED,
    "read": ReportKind.DELIVERED,
    "undelivered": ReportKind.FAILED,
    "failed": ReportKind.FAILED,
    "canceled": ReportKind.FAILED,
}


def address() -> str:
    """Where Twilio reports to: our address as the settings have it, whatever a request calls us."""
    return settings.PORTAL_BASE_URL + reverse("webhook-sms", args=["twilio"])


def may_call_back() -> bool:
    """Twilio reaches an HTTPS portal; a stand-in for it reaches this machine, too."""
    return settings.HTTPS or bool(settings.TWILIO_BASE_URL)


def genuine(form: QueryDict, signature: str) -> bool:
    """Whether the account's token signed it, or the one before it while tokens are rotated."""
    tokens = [token for token in (settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS) if token]
    return any(RequestValidator(token).validate(address(), form, signature) for token in tokens)


def read(sid: object, status: object, code: object) -> Report | None:
    """What a status means: nothing, unless it is the last there will be."""
    kind = FINAL.get(str(status))
    if kind is None or not isinstance(sid, str) or not SID.fullmatch(sid):
        return None
    reason = describe(str(status), code) if kind == ReportKind.FAILED else ""
    return Report(Message.Channel.SMS, sid, kind, reason)
