"""Twilio's status callbacks: their address, their signature and their translation into reports
(R4.23).
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
# The other statuses ("queued", "sending", "sent") only confirm that Twilio accepted the SMS
FINAL_STATUSES = {
    "delivered": ReportKind.DELIVERED,
    "read": ReportKind.DELIVERED,
    "undelivered": ReportKind.FAILED,
    "failed": ReportKind.FAILED,
    "canceled": ReportKind.FAILED,
}


def address() -> str:
    """Return the callback address. It comes from the settings: a request's Host can be forged."""
    return settings.PORTAL_BASE_URL + reverse("webhook-sms", args=["twilio"])


def is_reachable() -> bool:
    """Whether Twilio can call back: it needs HTTPS, but an emulator at TWILIO_BASE_URL does not."""
    return settings.HTTPS or bool(settings.TWILIO_BASE_URL)


def is_signed_by_twilio(form: QueryDict, signature: str) -> bool:
    """Whether the account's token signed the form, or the previous one during a rotation."""
    tokens = [token for token in (settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS) if token]
    return any(RequestValidator(token).validate(address(), form, signature) for token in tokens)


def read(sid: object, status: object, code: object) -> Report | None:
    """Return the report of a final status, else None."""
    kind = FINAL_STATUSES.get(str(status))
    if kind is None or not isinstance(sid, str) or not SID.fullmatch(sid):
        return None
    reason = describe(str(status), code) if kind == ReportKind.FAILED else ""
    return Report(Message.Channel.SMS, sid, kind, reason)
