"""Codes go to registered administrators only, in time, and outside transactions (R1.15, R1.23)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from companies.directory import LocalDirectory
from companies.models import Administrator
from jobs import sweep
from notifications.sms import AmbiguousFailure, PermanentFailure, TemporaryFailure, memory
from otp.models import Challenge
from otp.pin import challenges, codes, delivery
from tests import cast

pytestmark = pytest.mark.django_db
Outcome = Challenge.Outcome


class FakeProvider:
    """A fake SMS gateway that keeps the texts, and raises `failure` if it is set."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.failure: BaseException | None = None
        self.open_transactions: list[bool] = []

    def send(self, to: str, text: str, *, seconds_left: int) -> str:  # noqa: ARG002  the gateway's signature
        self.got.append(text)
        self.open_transactions.append(connection.in_atomic_block)
        if self.failure is not None:
            raise self.failure
        return "SM" + "0" * 100


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = FakeProvider()
    monkeypatch.setattr(delivery, "sms_gateway", lambda: fake)
    return fake


@pytest.fixture(autouse=True)
def _empty_outbox() -> None:
    memory.outbox.clear()


def new_challenge(phone: str = cast.ANA_PHONE) -> Challenge:
    return challenges.start(phone, "a" * 64, "198.51.100.7")


def outcome_of(challenge: Challenge) -> str:
    return Challenge.objects.get(pk=challenge.pk).outcome


def test_an_administrator_gets_the_code_with_the_seconds_it_still_has() -> None:
    cast.ana()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        clock.shift(10)
        delivery.send(challenge.pk)
    [message] = memory.outbox
    assert (message.to, message.seconds_left) == (cast.ANA_PHONE, 290)
    assert codes.derive(challenge.nonce, challenge.phone) in message.text
    challenge.refresh_from_db()
    assert (challenge.outcome, challenge.provider_id) == (Outcome.HANDLED, "memory-1")


def test_only_active_administrators_of_a_company_get_a_code() -> None:
    """R1.15: no SMS for an unknown number, an inactive administrator, or one without a company."""
    cast.make_administrator(cast.make_company(), is_active=False)
    cast.make_administrator(phone=cast.BRUNO_PHONE)
    for phone in (cast.NOBODY_PHONE, cast.ANA_PHONE, cast.BRUNO_PHONE):
        challenge = new_challenge(phone)
        delivery.send(challenge.pk)
        assert outcome_of(challenge) == Outcome.HANDLED
    assert memory.outbox == []


def test_it_is_sent_once() -> None:
    cast.ana()
    challenge = new_challenge()
    for _ in range(3):
        delivery.send(challenge.pk)
    assert len(memory.outbox) == 1


def test_a_late_code_is_not_sent() -> None:
    """R1.23: the worker was stopped for six minutes."""
    cast.ana()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        clock.shift(timedelta(minutes=6))
        delivery.send(challenge.pk)
        delivery.sweep()
    assert memory.outbox == []
    assert outcome_of(challenge) == Outcome.EXPIRED


def test_a_code_that_was_replaced_or_used_is_not_sent() -> None:
    cast.ana()
    closed, used = new_challenge(), challenges.start(cast.ANA_PHONE, "b" * 64, "198.51.100.7")
    challenges.close("a" * 64)
    challenges.verify(used, codes.derive(used.nonce, used.phone))
    delivery.send(closed.pk)
    delivery.send(used.pk)
    assert memory.outbox == []


def test_a_temporary_failure_is_retried_with_the_same_code_a_limited_number_of_times(
    provider: FakeProvider,
) -> None:
    cast.ana()
    provider.failure = TemporaryFailure("busy")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        for _ in range(20):
            delivery.sweep()
            clock.shift(5)
    assert len(provider.got) == delivery.MAX_SENDS
    assert len(set(provider.got)) == 1
    assert outcome_of(challenge) == Outcome.FAILED


def test_a_refusal_is_final(provider: FakeProvider) -> None:
    cast.ana()
    provider.failure = PermanentFailure("no such number")
    challenge = new_challenge()
    delivery.send(challenge.pk)
    delivery.send(challenge.pk)
    assert len(provider.got) == 1
    assert outcome_of(challenge) == Outcome.FAILED


def test_the_sweep_sends_the_code_of_a_worker_that_died_while_sending(provider: FakeProvider) -> None:
    cast.ana()
    provider.failure = KeyboardInterrupt()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        with pytest.raises(KeyboardInterrupt):
            delivery.send(challenge.pk)
        provider.failure = None
        clock.shift(delivery.LEASE - timedelta(seconds=1))
        delivery.sweep()
        assert len(provider.got) == 1
        clock.shift(1)
        delivery.sweep()
    assert len(provider.got) == 2
    assert provider.got[0] == provider.got[1]
    assert outcome_of(challenge) == Outcome.HANDLED


def test_workers_that_die_one_after_the_other_send_two_sms_at_most(provider: FakeProvider) -> None:
    """R1.24: it is not known whether their SMS left, so there are two at most."""
    cast.ana()
    provider.failure = KeyboardInterrupt()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        for _ in range(delivery.SMS_AT_MOST):
            with pytest.raises(KeyboardInterrupt):
                delivery.send(challenge.pk)
            clock.shift(delivery.LEASE)
        delivery.send(challenge.pk)
    assert len(provider.got) == delivery.SMS_AT_MOST


@pytest.mark.parametrize(
    ("failures", "sends", "outcome"),
    [
        ([AmbiguousFailure("lost")] * 3, 2, Outcome.DOUBTFUL),
        ([AmbiguousFailure("lost"), None], 2, Outcome.HANDLED),
        (
            [TemporaryFailure("refused"), AmbiguousFailure("lost"), TemporaryFailure("refused")],
            3,
            Outcome.DOUBTFUL,
        ),
        (
            [TemporaryFailure("refused"), TemporaryFailure("refused"), AmbiguousFailure("lost")],
            3,
            Outcome.DOUBTFUL,
        ),
        ([AmbiguousFailure("lost"), PermanentFailure("no")], 2, Outcome.FAILED),
    ],
)
def test_an_sms_that_may_have_left_is_sent_once_more_at_most(
    provider: FakeProvider, failures: list[BaseException | None], sends: int, outcome: Outcome
) -> None:
    """R1.24"""
    cast.ana()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        for failure in failures:
            provider.failure = failure
            delivery.send(challenge.pk)
            clock.shift(20)
        provider.failure = None
        delivery.sweep()
    assert len(provider.got) == sends
    assert outcome_of(challenge) == outcome


def test_a_code_replaced_while_the_directory_was_asked_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.ana()
    challenge = new_challenge()

    class Slow(LocalDirectory):
        def administrator(self, phone: str) -> Administrator | None:
            challenges.close("a" * 64)
            return super().administrator(phone)

    monkeypatch.setattr(delivery, "directory", Slow)
    delivery.send(challenge.pk)
    assert memory.outbox == []


def test_a_worker_that_comes_back_late_does_not_undo_what_another_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its lease expired while it waited for the gateway, and the sweep sent the code meanwhile."""
    cast.ana()
    challenge = new_challenge()

    class Slow(FakeProvider):
        def send(self, to: str, text: str, *, seconds_left: int) -> str:  # noqa: ARG002  as above
            Challenge.objects.update(send_attempts=2, leased_until=None, outcome=Outcome.HANDLED)
            raise PermanentFailure("too late")

    monkeypatch.setattr(delivery, "sms_gateway", Slow)
    delivery.send(challenge.pk)
    assert outcome_of(challenge) == Outcome.HANDLED


def test_a_worker_that_lost_its_lease_leaves_the_code_to_the_one_that_sends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While it waited for the gateway, another process claimed the challenge, still pending."""
    cast.ana()
    challenge = new_challenge()

    class Slow(FakeProvider):
        def send(self, to: str, text: str, *, seconds_left: int) -> str:  # noqa: ARG002  as above
            Challenge.objects.update(lease_token="another process", maybe_sent=2)
            raise PermanentFailure("too late")

    monkeypatch.setattr(delivery, "sms_gateway", Slow)
    delivery.send(challenge.pk)
    challenge.refresh_from_db()
    assert (challenge.outcome, challenge.lease_token) == (Outcome.PENDING, "another process")
    assert challenge.maybe_sent == 2  # not changed: only the process with the lease may lower it


def test_a_slow_directory_leads_to_no_late_sms(monkeypatch: pytest.MonkeyPatch) -> None:
    """R1.23"""
    cast.ana()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenge = new_challenge()
        clock.shift(295)

        class Slow(LocalDirectory):
            def administrator(self, phone: str) -> Administrator | None:
                clock.shift(5)
                return super().administrator(phone)

        monkeypatch.setattr(delivery, "directory", Slow)
        delivery.send(challenge.pk)
    assert memory.outbox == []
    assert outcome_of(challenge) == Outcome.EXPIRED


def test_a_sweep_that_is_asked_to_stop_claims_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.ana()
    monkeypatch.setattr(sweep, "stopping", lambda: True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        new_challenge()
        clock.shift(2)
        assert delivery.sweep() == 0
    assert memory.outbox == []


def test_the_sweep_takes_over_after_two_seconds_through_the_registry() -> None:
    cast.ana()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        new_challenge()
        clock.shift(1)
        assert sweep.run("códigos") == 0
        clock.shift(1)
        assert sweep.run("códigos") == 1
    assert len(memory.outbox) == 1


@pytest.mark.django_db(transaction=True)  # the sweep sends in several threads, each with its own connection
def test_a_code_that_cannot_be_sent_does_not_delay_the_others(provider: FakeProvider) -> None:
    cast.ana()
    cast.bruno()
    provider.failure = RuntimeError("a bug")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        new_challenge()
        challenges.start(cast.BRUNO_PHONE, "b" * 64, "198.51.100.7")
        clock.shift(2)
        assert delivery.sweep() == 2
    assert len(provider.got) == 2


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_gateway_is_awaited(provider: FakeProvider) -> None:
    cast.ana()
    delivery.send(new_challenge().pk)
    assert provider.open_transactions == [False]


def test_logs_hold_neither_number_nor_code(provider: FakeProvider, caplog: pytest.LogCaptureFixture) -> None:
    """R1.09, R8.08"""
    cast.ana()
    caplog.set_level(0)
    for failure in (TemporaryFailure("busy"), PermanentFailure("no"), RuntimeError(cast.ANA_PHONE)):
        provider.failure = failure
        challenge = Challenge.objects.create(
            phone=cast.ANA_PHONE,
            session_ref="a" * 64,
            nonce=codes.new_nonce(),
            created_at=timezone.now() - timedelta(seconds=5),
            expires_at=timezone.now() + timedelta(seconds=60),
        )
        delivery.sweep()
        assert codes.derive(challenge.nonce, challenge.phone) not in caplog.text
    assert len(provider.got) == 3
    assert cast.ANA_PHONE[1:] not in caplog.text
