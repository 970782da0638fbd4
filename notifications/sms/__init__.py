"""The interface of SMS gateways and their errors. `settings.SMS_GATEWAY` chooses the gateway."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, cast, runtime_checkable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.module_loading import import_string

from notifications.models import Message, UnmatchedReport

ReportKind = UnmatchedReport.Kind


class GatewayFailure(Exception):
    """A message was not accepted. The error names neither number nor text, so it may be logged."""


class TemporaryFailure(GatewayFailure):
    """A later attempt may succeed: the provider is busy, slow or unavailable, or refuses our
    account for now.
    """


class AmbiguousFailure(TemporaryFailure):
    """The message may have been sent: the provider neither accepted nor refused it. Another attempt
    may send it twice (R1.24).
    """


class PermanentFailure(GatewayFailure):
    """A later attempt cannot succeed: the provider refuses this message or this number."""


class BadNumber(PermanentFailure):
    """The number cannot receive SMS: it is not a mobile, is out of service or has opted out."""


class SmsGateway(Protocol):
    """The interface of every gateway."""

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        """Send `text` to the E.164 number `to` and return the provider's id of the SMS.

        The text is useless after `seconds_left`, so the provider should drop it then. Raises
        TemporaryFailure (not sent), AmbiguousFailure (perhaps sent) or PermanentFailure.
        """


@dataclass(frozen=True)
class Report:
    """A provider's final report on one message. `reason` may quote the recipient, so it is stored
    but not logged.
    """

    channel: Message.Channel
    provider_id: str
    kind: ReportKind
    reason: str = ""
    at: datetime = field(default_factory=timezone.now)


@runtime_checkable
class ReportingGateway(Protocol):
    """A gateway that can be polled for the delivery report of an SMS (R4.25)."""

    def fetch_report(self, provider_id: str) -> Report | None:
        """Return the final report, or None if there is none yet. Raises GatewayFailure."""


def sms_gateway() -> SmsGateway:
    """Return the gateway that the settings name. Raises ImproperlyConfigured for an unknown one."""
    path = settings.SMS_GATEWAYS.get(settings.SMS_GATEWAY)
    if path is None:
        raise ImproperlyConfigured(f"SMS_GATEWAY: use uno de {', '.join(sorted(settings.SMS_GATEWAYS))}")
    return cast("SmsGateway", import_string(path)())
