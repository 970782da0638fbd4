"""Delivery reports on codes are shown to staff and not to visitors (R1.13, R1.28, R4.24, R4.25)."""

from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from jobs import sweep
from notifications.models import Message
from notifications.reports import delivery_reports
from notifications.sms import BadNumber, PermanentFailure, Report, ReportKind, TemporaryFailure
from otp.models import AuditEvent, Challenge
from otp.pin import challenges, delivery
from otp.tasks import clear_expired
from tests import cast
from tests.desk.desk import signed_in, soup, supervisor
from tests.otp import pin_client
from tests.portal.test_sameness import CSRF

pytestmark = pytest.mark.django_db
Delivery = Challenge.Delivery
SID = "SM0123456789abcdef0123456789abcdef"
REASON = "twilio: undelivered, código 30003 (teléfono apagado o sin cobertura)"


class FakeProvider:
    """A fake provider that raises `failure` if it is set, and answers polls with `report`."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.report: Report | None = None

    def send(self, to: str, text: str, *, seconds_left: int) -> str:  # noqa: ARG002  the gateway's signature
        if self.failure is not None:
            raise self.failure
        return SID

    def fetch_report(self, provider_id: str) -> Report | None:
        assert provider_id == SID
        return self.report


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = FakeProvider()
    monkeypatch.setattr(delivery, "sms_gateway", lambda: fake)
    monkeypatch.setattr(delivery_reports, "sms_gateway", lambda: fake)
    cast.ana()
    return fake


def sent_code() -> Challenge:
    challenge = challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
    delivery.send(challenge.pk)
    challenge.refresh_from_db()
    return challenge


def report(kind: ReportKind, reason: str = "") -> None:
    delivery_reports.receive(Report(Message.Channel.SMS, SID, kind, reason))


def reported_events() -> list[tuple[str, str, str]]:
    """Return the audit's events on SMS: kind, result and reason, oldest first."""
    kinds = [AuditEvent.Kind.SENT, AuditEvent.Kind.REPORTED]
    return list(
        AuditEvent.objects.filter(kind__in=kinds).order_by("pk").values_list("kind", "result", "reason")
    )


def test_a_code_is_accepted_then_delivered_and_the_audit_says_so_once_r4_24() -> None:
    challenge = sent_code()
    assert (challenge.delivery, challenge.provider_id) == (Delivery.ACCEPTED, SID)
    for _ in range(3):
        report(ReportKind.DELIVERED)
    challenge.refresh_from_db()
    assert (challenge.delivery, challenge.reported_at is not None) == (Delivery.DELIVERED, True)
    assert reported_events() == [("sent", "done", ""), ("reported", "arrived", "")]
    event = AuditEvent.objects.get(kind=AuditEvent.Kind.REPORTED)
    assert (event.method, event.phone_tail) == ("pin", cast.ANA_PHONE[-3:])


def test_a_code_that_did_not_arrive_says_why() -> None:
    challenge = sent_code()
    report(ReportKind.FAILED, REASON)
    report(ReportKind.DELIVERED)
    challenge.refresh_from_db()
    assert (challenge.delivery, challenge.provider_error) == (Delivery.UNDELIVERED, REASON)
    assert reported_events() == [("sent", "done", ""), ("reported", "lost", REASON)]


@pytest.mark.parametrize(
    "failure",
    [BadNumber("twilio: 400, código 21614 (no es un número móvil)"), PermanentFailure("twilio: 400")],
)
def test_a_number_that_is_refused_at_sending_has_its_reason_too_r1_25(
    provider: FakeProvider, failure: Exception
) -> None:
    provider.failure = failure
    challenge = sent_code()
    assert (challenge.outcome, challenge.delivery) == (Challenge.Outcome.FAILED, "")
    assert challenge.provider_error == str(failure)
    assert reported_events() == [("sent", "unsent", str(failure))]


def test_a_code_given_up_after_several_tries_has_the_last_reason(provider: FakeProvider) -> None:
    provider.failure = TemporaryFailure("twilio: 429")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent_code()
        for _ in range(20):
            clock.shift(5)
            delivery.sweep()
    assert reported_events() == [("sent", "unsent", "twilio: 429")]


def test_the_provider_is_polled_about_an_unreported_code_after_half_an_hour_r4_25(
    provider: FakeProvider,
) -> None:
    provider.report = Report(Message.Channel.SMS, SID, ReportKind.FAILED, REASON)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = sent_code()
        clock.shift(delivery_reports.POLL_AFTER)
        assert [sweep.run("informes") for _ in range(2)] == [1, 0]
    challenge.refresh_from_db()
    assert challenge.delivery == Delivery.UNDELIVERED
    assert reported_events()[-1] == ("reported", "lost", REASON)


def test_the_provider_is_not_polled_about_a_number_that_got_no_sms() -> None:
    """R1.15: the provider got no SMS for this number, so it is not polled."""
    challenge = challenges.start(cast.NOBODY_PHONE, "a" * 64, "198.51.100.7")
    delivery.send(challenge.pk)
    challenge.refresh_from_db()
    assert (challenge.delivery, challenge.poll_at) == ("", None)


def test_staff_read_the_reason_in_the_list_and_by_command() -> None:
    sent_code()
    report(ReportKind.FAILED, REASON)
    listed = soup(signed_in(supervisor()).get("/admin/otp/auditevent/")).select("#result_list tbody tr")
    page = " ".join(row.get_text(" ", strip=True) for row in listed)
    output = StringIO()
    call_command("otp_audit", cast.ANA_PHONE, stdout=output)
    for shown in (page, output.getvalue()):
        assert "Entrega del SMS" in shown
        assert "No entregado" in shown
        assert "código 30003 (teléfono apagado o sin cobertura)" in shown


@pytest.mark.parametrize("kind", [ReportKind.DELIVERED, ReportKind.FAILED])
def test_a_visitor_sees_the_same_whatever_is_reported_r1_13(kind: ReportKind) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        client = Client()
        pin_client.ask(client, cast.ANA_PHONE)
        delivery.send(Challenge.objects.get().pk)
        before = client.get(pin_client.PIN).content
        report(kind, REASON)
        assert Challenge.objects.get().delivery != Delivery.ACCEPTED
        after = client.get(pin_client.PIN).content
    assert CSRF.sub(b"", before) == CSRF.sub(b"", after)


def test_a_report_about_a_deleted_code_is_ignored() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent_code()
        clock.shift(100_000)
        clear_expired()
        report(ReportKind.DELIVERED)
    assert Challenge.objects.count() == 0
    assert reported_events() == [("sent", "done", "")]
