"""The seam to whoever carries an SMS: one method, chosen by `settings.SMS_GATEWAY`."""

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
    """A message was not accepted. What it says is safe for a log: no number, no text."""


class TemporaryFailure(GatewayFailure):
    """Trying again later may help: the carrier is busy, slow or away, or refuses our account for
    now.
    """


class AmbiguousFailure(TemporaryFailure):
    """The message may have left: nobody said that it did or that it did not. Another try may send
    it twice (R1.24).
    """


class PermanentFailure(GatewayFailure):
    """Trying again cannot help: the carrier refuses this message or this number."""


class BadNumber(PermanentFailure):
    """No SMS can reach this number: not a mobile, not in service, or its owner wants none."""


class SmsGateway(Protocol):
    """What every gateway can do."""

    def send(self, to: str, text: str, *, seconds_left: int) -> str:
        """Hand `text` over for the E.164 number `to`, worth nothing after `seconds_left`. Returns
        the carrier's id.

        Raises TemporaryFailure (nothing left), AmbiguousFailure (it may have) or PermanentFailure
        (it cannot).
        """


@dataclass(frozen=True)
class Report:
    """One final word about one message. `reason` may quote the recipient: it is for a row, and not
    for a log.
    """

    channel: Message.Channel
    provider_id: str
    kind: ReportKind
    reason: str = ""
    at: datetime = field(default_factory=timezone.now)


@runtime_checkable
class ReportingGateway(Protocol):
    """One that can be asked what became of an SMS it took (R4.25)."""

    def fetch_report(self, provider_id: str) -> Report | None:
        """Its last word, or None while there is none. Raises GatewayFailure."""


def sms_gateway() -> SmsGateway:
    """The gateway that the settings name. Raises ImproperlyConfigured for an unknown name."""
    path = settings.SMS_GATEWAYS.get(settings.SMS_GATEWAY)
    if path is None:
        raise ImproperlyConfigured(f"SMS_GATEWAY: use uno de {', '.join(sorted(settings.SMS_GATEWAYS))}")
    return cast("SmsGateway", import_string(path)())
