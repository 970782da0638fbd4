"""Delivery reports: any order of arrival ends in one state, and polling ends (R4.24, R4.25)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import permutations

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from jobs import sweep
from notifications import outbox
from notifications.models import Message, UnmatchedReport
from notifications.reports import delivery_reports, report_handler
from notifications.sms import PermanentFailure, Report, ReportKind, TemporaryFailure
from tests.notifications.helpers import queue_email, queue_sms

pytestmark = pytest.mark.django_db
State = Message.State
SMS = Message.Channel.SMS
SID = "SM0123456789abcdef0123456789abcdef"


def sent(**values: object) -> Message:
    message = queue_sms()
    changes = {"state": State.SENT, "sent_at": timezone.now(), "provider_id": SID, **values}
    Message.objects.filter(pk=message.pk).update(**changes)
    return message


def report(kind: ReportKind, sid: str = SID, reason: str = "") -> Report:
    return Report(SMS, sid, kind, reason)


@pytest.fixture
def failed() -> Iterator[list[Message]]:
    """The messages that a callback registered with `on_failed` has received."""
    received: list[Message] = []
    delivery_reports.on_failed("test", received.append)
    yield received
    del delivery_reports._failure_callbacks["test"]


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([ReportKind.DELIVERED, ReportKind.DELIVERED], State.DELIVERED),
        ([ReportKind.FAILED, ReportKind.FAILED], State.FAILED),
        ([ReportKind.DELIVERED, ReportKind.FAILED, ReportKind.DELIVERED, ReportKind.FAILED], State.FAILED),
        ([ReportKind.COMPLAINED, ReportKind.DELIVERED, ReportKind.COMPLAINED], State.DELIVERED),
        ([ReportKind.COMPLAINED, ReportKind.FAILED], State.FAILED),
    ],
)
def test_any_order_of_arrival_ends_in_the_same_state_r4_24(
    kinds: list[ReportKind], state: State, failed: list[Message]
) -> None:
    for order in set(permutations(kinds)):
        message = sent()
        failed.clear()
        for kind in order:
            delivery_reports.receive(report(kind))
        message.refresh_from_db()
        assert message.state == state, order
        assert (message.complained_at is not None) == (ReportKind.COMPLAINED in kinds)
        assert len(failed) == (state == State.FAILED)
        Message.objects.all().update(provider_id="")


def test_a_delivery_has_its_time_and_a_failure_its_reason(failed: list[Message]) -> None:
    arrived, lost = sent(), sent(provider_id="SM2")
    delivery_reports.receive(report(ReportKind.DELIVERED))
    delivery_reports.receive(report(ReportKind.FAILED, "SM2", "twilio: undelivered, código 30003"))
    for message in (arrived, lost):
        message.refresh_from_db()
    assert (arrived.state, arrived.delivered_at is not None) == (State.DELIVERED, True)
    assert (lost.state, lost.last_error) == (State.FAILED, "twilio: undelivered, código 30003")
    assert [message.pk for message in failed] == [lost.pk]


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.FAILED, State.DEAD])
def test_a_report_does_not_change_a_message_that_no_provider_has_accepted(state: State) -> None:
    message = sent(state=state)
    for kind in (ReportKind.DELIVERED, ReportKind.FAILED):
        delivery_reports.receive(report(kind))
    message.refresh_from_db()
    assert message.state == state


def test_a_report_on_an_earlier_sending_does_not_change_the_next_one() -> None:
    message = sent(state=State.FAILED)
    outbox.requeue(Message.objects.filter(pk=message.pk))
    Message.objects.filter(pk=message.pk).update(state=State.SENT)
    delivery_reports.receive(report(ReportKind.FAILED))
    message.refresh_from_db()
    assert message.state == State.SENT


def test_the_failure_and_its_callbacks_are_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    message = sent()

    def fail(_: Message) -> None:
        assert connection.in_atomic_block
        raise OperationalError

    monkeypatch.setitem(delivery_reports._failure_callbacks, "test", fail)
    with pytest.raises(OperationalError):
        delivery_reports.receive(report(ReportKind.FAILED))
    message.refresh_from_db()
    assert message.state == State.SENT


def test_an_error_in_a_callback_does_not_undo_the_failed_state(
    monkeypatch: pytest.MonkeyPatch, failed: list[Message], caplog: pytest.LogCaptureFixture
) -> None:
    message = sent()

    def fail(_: Message) -> None:
        queue_email()
        raise RuntimeError

    monkeypatch.setattr(
        delivery_reports, "_failure_callbacks", {"mistaken": fail, **delivery_reports._failure_callbacks}
    )
    delivery_reports.receive(report(ReportKind.FAILED))
    message.refresh_from_db()
    assert (message.state, len(failed)) == (State.FAILED, 1)
    assert "mistaken" in caplog.text
    assert Message.objects.count() == 1


def test_a_report_that_arrives_before_its_id_is_recorded_is_applied_r4_24() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):
            delivery_reports.receive(report(ReportKind.DELIVERED))
        assert UnmatchedReport.objects.count() == 1
        message = sent()
        clock.shift(delivery_reports.RETRY_UNMATCHED)
        assert sweep.run("informes") == 1
        assert sweep.run("informes") == 0
    message.refresh_from_db()
    assert (message.state, UnmatchedReport.objects.count()) == (State.DELIVERED, 0)


def test_a_report_with_an_unknown_id_is_dropped_after_five_minutes_r4_24() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        delivery_reports.receive(report(ReportKind.DELIVERED))
        clock.shift(delivery_reports.KEEP_UNMATCHED - timedelta(seconds=1))
        sweep.run("informes")
        assert UnmatchedReport.objects.count() == 1
        clock.shift(delivery_reports.RETRY_UNMATCHED)
        sweep.run("informes")
    assert UnmatchedReport.objects.count() == 0


def test_reports_with_unknown_ids_do_not_fill_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_reports, "MAX_UNMATCHED", 3)
    for number in range(10):
        delivery_reports.receive(report(ReportKind.DELIVERED, f"SM{number}"))
    assert UnmatchedReport.objects.count() == 3


class Gateway:
    """A gateway that can be polled for reports."""

    def __init__(self) -> None:
        self.polled: list[str] = []
        self.answer: Report | Exception | None = report(ReportKind.DELIVERED)
        self.open_transactions: list[bool] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def fetch_report(self, provider_id: str) -> Report | None:
        self.open_transactions.append(connection.in_atomic_block)
        self.polled.append(provider_id)
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    polled = Gateway()
    monkeypatch.setattr(delivery_reports, "sms_gateway", lambda: polled)
    return polled


def unreported() -> Message:
    return sent(poll_at=delivery_reports.poll_at(SID))


def test_an_sms_without_a_report_is_polled_once_r4_25(gateway: Gateway) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        message = unreported()
        clock.shift(delivery_reports.POLL_AFTER - timedelta(seconds=1))
        assert sweep.run("informes") == 0
        clock.shift(1)
        assert sweep.run("informes") == 1
        clock.shift(timedelta(hours=3))
        assert sweep.run("informes") == 0
    message.refresh_from_db()
    assert (message.state, gateway.polled) == (State.DELIVERED, [SID])


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_provider_is_polled(gateway: Gateway) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        unreported()
        clock.shift(delivery_reports.POLL_AFTER)
        sweep.run("informes")
    assert gateway.open_transactions == [False]


@pytest.mark.parametrize("answer", [None, PermanentFailure("404")])
def test_an_sms_without_a_final_report_is_not_polled_again_r4_25(
    gateway: Gateway, answer: Exception | None
) -> None:
    gateway.answer = answer
    with time_machine.travel(timezone.now(), tick=False) as clock:
        message = unreported()
        for _ in range(4):
            clock.shift(delivery_reports.POLL_AFTER)
            sweep.run("informes")
    message.refresh_from_db()
    assert (message.state, gateway.polled) == (State.SENT, [SID])


def test_an_unavailable_provider_is_polled_later_and_not_for_ever_r4_25(gateway: Gateway) -> None:
    gateway.answer = TemporaryFailure("unavailable")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        unreported()
        sent(poll_at=delivery_reports.poll_at(SID), provider_id="SM2")
        clock.shift(delivery_reports.POLL_AFTER)
        assert sweep.run("informes") == 1  # the next poll would fail as well
        clock.shift(delivery_reports.POLL_UNTIL)
        assert sweep.run("informes") == 0
    assert gateway.polled == [SID]


def test_two_sweeps_do_not_both_poll(gateway: Gateway) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for sid in (SID, "SM2"):
            sent(poll_at=delivery_reports.poll_at(SID), provider_id=sid)
        clock.shift(delivery_reports.POLL_AFTER)
        gateway.meanwhile = lambda: len(gateway.polled) > 1 or sweep.run("informes")
        sweep.run("informes")
    assert gateway.polled == [SID, "SM2"]


def test_an_sms_with_a_report_is_not_polled(gateway: Gateway) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        unreported()
        delivery_reports.receive(report(ReportKind.DELIVERED))
        clock.shift(delivery_reports.POLL_AFTER)
        assert sweep.run("informes") == 0
    assert gateway.polled == []


def test_a_sweep_polls_a_limited_number(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_reports, "MAX_POLLS", 2)
    gateway.answer = None
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(3):
            sent(poll_at=delivery_reports.poll_at(SID), provider_id=f"SM{number}")
        clock.shift(delivery_reports.POLL_AFTER)
        assert [sweep.run("informes") for _ in range(3)] == [2, 1, 0]


def test_an_sms_that_another_gateway_sent_is_not_polled(settings: Settings) -> None:
    settings.SMS_GATEWAY = "memory"
    assert delivery_reports.poll_at("memory-1") is None
    with time_machine.travel(timezone.now(), tick=False) as clock:
        message = sent(poll_at=timezone.now())
        clock.shift(1)
        assert [sweep.run("informes") for _ in range(2)] == [1, 0]
    message.refresh_from_db()
    assert message.state == State.SENT


def test_a_report_on_an_sms_does_not_match_a_mail_with_the_same_id() -> None:
    mail = queue_email()
    Message.objects.filter(pk=mail.pk).update(state=State.SENT, provider_id=SID)
    assert not report_handler.apply(report(ReportKind.DELIVERED))
