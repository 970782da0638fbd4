"""Claim, send, record: the outcome of a message for each answer of the server (R4.04-R4.13)."""

import smtplib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.core.mail import BadHeaderError
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from pytest_django import Settings

from jobs import leases
from jobs import tasks as sweep_tasks
from notifications import outbox, tasks
from notifications.models import Message
from notifications.sending import claims, delivery
from notifications.sending.delivery import SendOutcome, deliver
from notifications.sending.transport import Transport
from notifications.sms import AmbiguousFailure, PermanentFailure, TemporaryFailure, memory
from tests.notifications.helpers import queue_email, queue_sms

pytestmark = pytest.mark.django_db
Fail = Callable[[BaseException], None]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Make the mail backend raise an error."""

    def with_error(error: BaseException) -> None:
        def send_messages(self: EmailBackend, messages: object) -> int:
            raise error

        monkeypatch.setattr(EmailBackend, "send_messages", send_messages)

    return with_error


def refused(code: int) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"ana@acme.example": (code, b"no")})


def test_a_message_is_sent_once_however_often_its_task_runs_r4_13() -> None:
    message = queue_email()
    assert [deliver(message.pk) for _ in range(3)] == [
        SendOutcome.SENT,
        SendOutcome.SKIPPED,
        SendOutcome.SKIPPED,
    ]
    message.refresh_from_db()
    assert (message.state, message.attempts, message.lease_token) == (Message.State.SENT, 1, "")
    assert message.sent_at is not None
    assert len(mail.outbox) == 1
    assert mail.outbox[0].extra_headers["Message-ID"] == message.message_id


def test_an_sms_is_sent_through_the_gateway_and_its_id_is_stored() -> None:
    memory.outbox.clear()
    message = queue_sms()
    assert deliver(message.pk) == SendOutcome.SENT
    message.refresh_from_db()
    assert message.provider_id == "memory-1"
    assert memory.outbox[0].text == "Hola"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (refused(451), SendOutcome.AGAIN),
        (refused(421), SendOutcome.AGAIN),
        (refused(550), SendOutcome.FAILED),
        (smtplib.SMTPDataError(452, b"full"), SendOutcome.AGAIN),
        (smtplib.SMTPDataError(554, b"spam"), SendOutcome.FAILED),
        (smtplib.SMTPSenderRefused(550, b"not you", "x"), SendOutcome.AGAIN),
        (smtplib.SMTPAuthenticationError(535, b"password"), SendOutcome.AGAIN),
        (smtplib.SMTPServerDisconnected("gone"), SendOutcome.AGAIN),
        (smtplib.SMTPNotSupportedError("STARTTLS"), SendOutcome.AGAIN),
        (TimeoutError(), SendOutcome.AGAIN),
        (ConnectionRefusedError(), SendOutcome.AGAIN),
        (TemporaryFailure("429"), SendOutcome.AGAIN),
        (PermanentFailure("400"), SendOutcome.FAILED),
        (BadHeaderError("line end"), SendOutcome.DEAD),
        (KeyError("a mistake of ours"), SendOutcome.DEAD),
    ],
)
def test_each_error_is_classified_r4_09(fail: Fail, error: Exception, outcome: SendOutcome) -> None:
    fail(error)
    message = queue_email()
    assert deliver(message.pk) == outcome
    message.refresh_from_db()
    assert message.state == (Message.State.QUEUED if outcome == SendOutcome.AGAIN else outcome.value)
    assert message.last_error
    assert message.leased_until is None


def test_waits_double_with_full_jitter_to_ten_minutes_r4_08(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery._jitter, "uniform", lambda low, high: high - low)
    ceilings = [delivery._wait(attempts) for attempts in (1, 2, 3, 4, 5, 6, 7, 8, 900)]
    assert ceilings == [10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_an_outage_of_an_hour_only_delays_a_message_r4_08(
    fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock, monkeypatch.context() as outage:
        message = queue_email()
        original = EmailBackend.send_messages
        fail(refused(451))
        for _ in range(120):
            delivery.deliver_due()
            clock.shift(timedelta(seconds=30))
        outage.setattr(EmailBackend, "send_messages", original)
        clock.shift(timedelta(minutes=10))
        assert delivery.deliver_due()[SendOutcome.SENT] == 1
    message.refresh_from_db()
    assert message.state == Message.State.SENT
    assert message.attempts > 5


def test_after_72_hours_it_is_dead_and_logged_as_an_error_r4_08(
    fail: Fail, caplog: pytest.LogCaptureFixture
) -> None:
    fail(refused(451))
    message = queue_email()
    with time_machine.travel(timezone.now() + timedelta(hours=71, minutes=59)):
        assert deliver(message.pk) == SendOutcome.AGAIN
    assert not caplog.records
    with time_machine.travel(timezone.now() + timedelta(hours=72, minutes=20)):
        assert deliver(message.pk) == SendOutcome.DEAD
        assert deliver(message.pk) == SendOutcome.SKIPPED
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ana@" not in caplog.text


def test_a_failure_is_logged_without_the_address(fail: Fail, caplog: pytest.LogCaptureFixture) -> None:
    fail(smtplib.SMTPDataError(550, b"unknown ana@acme.example"))
    deliver(queue_email().pk)
    assert "failed" in caplog.text
    assert "ana@" not in caplog.text


def test_a_message_that_a_process_left_unfinished_waits_for_its_lease_r4_07(fail: Fail) -> None:
    """A task that is killed or stopped by its time limit records nothing: its lease has to end."""
    message = queue_email()
    fail(SoftTimeLimitExceeded())
    with pytest.raises(SoftTimeLimitExceeded):
        deliver(message.pk)
    assert deliver(message.pk) == SendOutcome.SKIPPED
    message.refresh_from_db()
    assert message.state == Message.State.SENDING


def test_an_expired_lease_is_taken_over_r4_12(monkeypatch: pytest.MonkeyPatch) -> None:
    message = queue_email()
    with monkeypatch.context() as stopped:
        stopped.setattr(Transport, "send", _stop)
        with pytest.raises(SoftTimeLimitExceeded):
            deliver(message.pk)
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert deliver(message.pk) == SendOutcome.SENT
    message.refresh_from_db()
    assert (message.attempts, message.lost_leases) == (2, 0)


def test_after_three_lost_leases_it_is_dead_and_others_are_sent_r4_12(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = queue_email()
    now = timezone.now()
    with monkeypatch.context() as stopped:
        stopped.setattr(Transport, "send", _stop)
        for lost in range(3):
            with (
                time_machine.travel(now + timedelta(seconds=121 * lost)),
                pytest.raises(SoftTimeLimitExceeded),
            ):
                deliver(poison.pk)
    with time_machine.travel(now + timedelta(seconds=121 * 3)):
        other = queue_email()
        assert deliver(poison.pk) == SendOutcome.DEAD
        assert deliver(other.pk) == SendOutcome.SENT
    poison.refresh_from_db()
    assert (poison.state, poison.lost_leases, poison.attempts) == (Message.State.DEAD, 3, 3)


def test_a_message_recorded_meanwhile_is_not_failed_as_poison_r4_12() -> None:
    message = queue_email()
    Message.objects.filter(pk=message.pk).update(state=Message.State.SENDING, lease_token="of a slow process")
    message.refresh_from_db()
    assert leases.record(message, state=Message.State.SENT)
    assert not claims._fail_poison(message)  # it was found before the slow process recorded
    message.refresh_from_db()
    assert message.state == Message.State.SENT


@pytest.mark.parametrize(
    ("failures", "sends", "state"),
    [
        ([AmbiguousFailure("lost")] * 3, 2, Message.State.DEAD),
        ([TemporaryFailure("refused")] * 5, 5, Message.State.QUEUED),
        ([SoftTimeLimitExceeded()] * 3, 2, Message.State.DEAD),
        (
            [SoftTimeLimitExceeded(), TemporaryFailure("refused"), AmbiguousFailure("lost")],
            3,
            Message.State.DEAD,
        ),
    ],
)
def test_an_sms_that_may_have_left_is_sent_once_more_at_most_r1_24(
    monkeypatch: pytest.MonkeyPatch, failures: list[BaseException], sends: int, state: Message.State
) -> None:
    message, sent, now = queue_sms(), [], timezone.now()

    def send(self: Transport, message: Message) -> str:
        sent.append(message.text)
        raise failures[len(sent) - 1]

    monkeypatch.setattr(Transport, "send", send)
    for turn in range(len(failures)):
        with time_machine.travel(now + timedelta(seconds=1000 * turn)), suppress(SoftTimeLimitExceeded):
            deliver(message.pk)
    message.refresh_from_db()
    assert (len(sent), message.state) == (sends, state)
    if state == Message.State.DEAD:
        outbox.requeue(Message.objects.all())  # staff decide that it may go out again
        message.refresh_from_db()
        assert (message.state, message.maybe_sent) == (Message.State.QUEUED, 0)


def test_an_expired_sms_is_not_sent_r1_23() -> None:
    memory.outbox.clear()
    message = queue_sms()
    with time_machine.travel(message.give_up_at, tick=False):
        assert deliver(message.pk) == SendOutcome.DEAD
    assert memory.outbox == []


def test_a_process_that_lost_the_lease_records_nothing_r4_04(monkeypatch: pytest.MonkeyPatch) -> None:
    message = queue_email()

    def slow(self: Transport, sending: Message) -> str:
        Message.objects.filter(pk=sending.pk).update(lease_token="another process")
        return "mine"

    monkeypatch.setattr(Transport, "send", slow)
    deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.provider_id, message.lease_token) == ("sending", "", "another process")


def test_a_batch_is_sent_oldest_first_and_ends_when_the_server_is_unavailable(fail: Fail) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=1)):
        oldest = queue_email()
    later = queue_email()
    fail(TimeoutError())
    assert dict(delivery.deliver_due()) == {SendOutcome.AGAIN: 1}
    oldest.refresh_from_db()
    later.refresh_from_db()
    assert (oldest.attempts, later.attempts) == (1, 0)


def test_a_refused_recipient_does_not_end_a_batch(fail: Fail) -> None:
    queue_email()
    queue_email()
    fail(refused(550))
    assert dict(delivery.deliver_due()) == {SendOutcome.FAILED: 2}


def test_the_sweep_leaves_the_worker_three_seconds() -> None:
    queue_email()
    assert delivery.sweep_messages() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=3.1)):
        assert delivery.sweep_messages() == 1


def test_messages_given_up_as_poison_count_towards_the_limit() -> None:
    poison = queue_email()
    lost = {"state": Message.State.SENDING, "lost_leases": 2, "leased_until": timezone.now()}
    Message.objects.filter(pk=poison.pk).update(**lost)
    for _ in range(2):
        queue_email()
    assert delivery.deliver_due(limit=2) == {SendOutcome.DEAD: 1, SendOutcome.SENT: 1}


def test_a_sweep_ends_after_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BATCH_SECONDS", -1)
    for _ in range(3):
        queue_email()
    with time_machine.travel(timezone.now() + timedelta(seconds=3.1)):
        assert delivery.sweep_messages() == 1


def test_with_an_unknown_gateway_the_message_is_dead_with_that_error(settings: Settings) -> None:
    settings.SMS_GATEWAY = "palomas"
    message = queue_sms()
    assert deliver(message.pk) == SendOutcome.DEAD
    message.refresh_from_db()
    assert message.last_error == "ImproperlyConfigured"


def test_the_tasks_deliver_one_message_and_sweep_r4_13() -> None:
    message = queue_email()
    tasks.deliver_message(message.pk)
    tasks.deliver_message(message.pk + 1000)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        queue_email()
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        sweep_tasks.sweep()
    assert len(mail.outbox) == 2


def _stop(self: Transport, message: Message) -> str:
    raise SoftTimeLimitExceeded
