"""Each event of the sign-in is an audit row, for any number and without it (R1.28, R8.09)."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audit.append_only import AppendOnlyError
from notifications.sms import PermanentFailure, memory
from otp import audit
from otp.limits import quotas
from otp.limits.limits import consume
from otp.limits.rates import parse_rates
from otp.models import AuditEvent, Challenge, PhoneLockout
from otp.network import network_identity
from otp.pin import challenges, codes, delivery
from tests import cast
from tests.otp import pin_client
from tests.otp.concurrency import at_once

pytestmark = pytest.mark.django_db
Kind, Result = AuditEvent.Kind, AuditEvent.Result


def events_of(phone: str = cast.ANA_PHONE) -> list[tuple[str, str]]:
    """Return kind and result of a number's events, oldest first."""
    events = AuditEvent.objects.filter(audit.of_phone(phone)).order_by("pk")
    return [(event.kind, event.result) for event in events]


def new_challenge() -> Challenge:
    return challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")


def test_a_request_an_sms_a_typo_and_a_sign_in_are_a_row_each(client: Client) -> None:
    """R1.28"""
    cast.ana()
    pin_client.ask(client, cast.ANA_PHONE)
    code = pin_client.receive(client)
    assert code is not None
    pin_client.answer(client, f"{(int(code) + 1) % 1_000_000:06}")
    pin_client.answer(client, code)
    assert events_of() == [
        (Kind.ASKED, Result.DONE),
        (Kind.SENT, Result.DONE),
        (Kind.FAILED, Result.WRONG),
        (Kind.VERIFIED, Result.DONE),
    ]


def test_no_row_holds_the_number_the_code_or_the_session(client: Client) -> None:
    """R8.08, R8.09"""
    cast.ana()
    pin_client.ask(client, cast.ANA_PHONE)
    code, name = pin_client.receive(client), client.session["portal.name"]
    assert code is not None
    pin_client.answer(client, code)
    for row in AuditEvent.objects.values():
        words = [
            str(value) for name, value in row.items() if name not in {"at", "phone_hash", "session_hash"}
        ]
        assert row["phone_tail"] == cast.ANA_PHONE[-3:]
        assert not [word for word in words if cast.ANA_PHONE[-7:] in word or code in word]
        assert row["session_hash"] not in {"", name, client.session.session_key}
        assert cast.ANA_PHONE[1:] not in row["phone_hash"]


def test_events_of_a_visitor_have_the_address_or_network() -> None:
    client = Client(REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
    pin_client.ask(client, cast.NOBODY_PHONE)
    pin_client.answer(client, "000000")
    assert set(AuditEvent.objects.values_list("address", flat=True)) == {"2001:db8:1:2::/64"}


def test_entering_by_network_identity_is_recorded_as_such(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.ana()
    monkeypatch.setattr(network_identity, "identify", lambda _request: cast.ANA_PHONE)
    pin_client.ask(client, cast.ANA_PHONE)
    event = AuditEvent.objects.get()
    assert (event.kind, event.method, event.result) == (Kind.VERIFIED, AuditEvent.Method.NETWORK, Result.DONE)
    assert event.session_hash
    assert event.address == "127.0.0.1"


def test_a_refused_resend_is_recorded_and_the_page_does_not_show_it(client: Client) -> None:
    """R1.20"""
    pin_client.ask(client, cast.NOBODY_PHONE)
    page = client.post(pin_client.RESEND)
    assert page.status_code == 429
    assert events_of(cast.NOBODY_PHONE)[-1] == (Kind.ASKED, Result.LIMIT)


def test_a_code_that_is_invalid_or_typed_during_a_wait_is_recorded_as_a_failure() -> None:
    challenge = new_challenge()
    challenges.close("a" * 64)
    challenges.verify(challenge, "000000")
    assert events_of()[-1] == (Kind.FAILED, Result.INVALID)
    until = timezone.now() + timedelta(hours=1)
    PhoneLockout.objects.filter(phone=cast.ANA_PHONE).delete()
    PhoneLockout.objects.create(
        phone=cast.ANA_PHONE, failures=10, locked_at=challenge.created_at, locked_until=until
    )
    challenges.verify(challenge, "000000")
    assert events_of()[-1] == (Kind.FAILED, Result.WAITING)


@pytest.mark.parametrize("known", [True, False])
def test_the_failure_that_starts_a_wait_is_recorded_with_it(known: bool) -> None:
    """R1.07"""
    if known:
        cast.ana()
    PhoneLockout.objects.create(phone=cast.ANA_PHONE, failures=9)
    challenges.verify(new_challenge(), "not it")
    assert events_of() == [(Kind.ASKED, Result.DONE), (Kind.FAILED, Result.WRONG), (Kind.LOCKED, Result.DONE)]


def test_a_right_code_on_the_last_try_starts_no_wait() -> None:
    cast.ana()
    PhoneLockout.objects.create(phone=cast.ANA_PHONE, failures=9)
    challenge = new_challenge()
    challenges.verify(challenge, codes.derive(challenge.nonce, challenge.phone))
    assert events_of() == [(Kind.ASKED, Result.DONE), (Kind.VERIFIED, Result.DONE)]


def test_the_worker_records_the_outcome_of_each_code(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery.send(new_challenge().pk)
    assert events_of()[-1] == (Kind.SENT, Result.NOBODY)

    cast.bruno()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenges.start(cast.BRUNO_PHONE, "b" * 64, "198.51.100.7")
        clock.shift(301)
        delivery.sweep()
        delivery.sweep()
    assert events_of(cast.BRUNO_PHONE) == [(Kind.ASKED, Result.DONE), (Kind.SENT, Result.EXPIRED)]

    class Refusing:
        def send(self, to: str, text: str, *, seconds_left: int) -> str:  # noqa: ARG002  the gateway's signature
            raise PermanentFailure("no")

    monkeypatch.setattr(delivery, "sms_gateway", Refusing)
    delivery.send(challenges.start(cast.BRUNO_PHONE, "c" * 64, "198.51.100.7").pk)
    assert events_of(cast.BRUNO_PHONE)[-1] == (Kind.SENT, Result.UNSENT)


def test_a_number_is_found_by_its_hash_also_after_the_key_was_changed(settings: Settings) -> None:
    """R8.09"""
    new_challenge()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" + "k" * 60
    challenges.start(cast.ANA_PHONE, "b" * 64, "198.51.100.7")
    assert len(events_of()) == 2
    assert events_of(cast.BRUNO_PHONE) == []
    settings.SECRET_KEY_FALLBACKS = []
    assert len(events_of()) == 1


def test_without_an_audit_row_no_visitor_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.ana()
    challenge = new_challenge()

    def refuse(_event: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(audit, "insert", refuse)
    with pytest.raises(RuntimeError, match="disk"):
        challenges.verify(challenge, codes.derive(challenge.nonce, challenge.phone))
    challenge.refresh_from_db()
    assert challenge.used_at is None


def test_an_event_is_neither_changed_nor_deleted() -> None:
    new_challenge()
    event = AuditEvent.objects.get()
    twin = AuditEvent(pk=event.pk, at=event.at, kind=Kind.UNLOCKED, result=Result.DONE)
    rewritings: list[Callable[[], object]] = [
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(reason=""),
        lambda: AuditEvent.objects.bulk_update([event], ["reason"]),
    ]
    for rewrite in rewritings:
        with pytest.raises(AppendOnlyError):
            rewrite()
    with pytest.raises(Exception, match=r"(?i)unique"):
        twin.save()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_attempts_are_recorded_with_their_outcomes() -> None:
    """R1.03, R1.05: one of parallel right codes enters; one of parallel failures starts a wait."""
    cast.ana()
    challenge = new_challenge()
    code = codes.derive(challenge.nonce, challenge.phone)
    at_once(8, lambda _: challenges.verify(challenge, code))
    asking, entering, dead = (
        (Kind.ASKED, Result.DONE),
        (Kind.VERIFIED, Result.DONE),
        (Kind.FAILED, Result.INVALID),
    )
    rows = Counter(events_of())
    assert set(rows) == {asking, entering, dead}
    assert rows[entering] == 1
    assert rows[dead] <= 5, "four of compared codes, and one for all the others"
    PhoneLockout.objects.create(phone=cast.BRUNO_PHONE, failures=9)
    tried = challenges.start(cast.BRUNO_PHONE, "b" * 64, "198.51.100.7")
    at_once(8, lambda _: challenges.verify(tried, "not it"))
    kinds = [kind for kind, _ in events_of(cast.BRUNO_PHONE)]
    assert kinds.count(Kind.LOCKED) == 1
    assert 1 <= kinds.count(Kind.FAILED) <= 3, "one of a compared code, and one for each way to be refused"


@pytest.mark.django_db(transaction=True)
def test_simultaneous_workers_record_one_sms() -> None:
    cast.ana()
    challenge = new_challenge()
    memory.outbox.clear()
    at_once(4, lambda _: delivery.send(challenge.pk))
    assert events_of().count((Kind.SENT, Result.DONE)) == 1


def test_attempts_refused_without_a_comparison_are_recorded_once_a_minute(client: Client) -> None:
    """R1.28: a script that continues past its limit does not fill the table."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        pin_client.ask(client, cast.NOBODY_PHONE)
        for _ in range(7):
            pin_client.answer(client, "000000")  # five tries, and two on a dead code
        for _ in range(3):
            client.post(pin_client.RESEND)
        failed, refused = (Kind.FAILED, Result.WRONG), (Kind.ASKED, Result.LIMIT)
        dead = (Kind.FAILED, Result.INVALID)
        assert events_of(cast.NOBODY_PHONE) == [(Kind.ASKED, Result.DONE), *[failed] * 4, dead, dead, refused]
        clock.shift(59)
        pin_client.answer(client, "000000")
        assert events_of(cast.NOBODY_PHONE)[-1] == refused
        clock.shift(1)
        pin_client.answer(client, "000000")
        assert events_of(cast.NOBODY_PHONE)[-1] == dead


def test_one_address_has_ten_refusals_a_minute_recorded_for_any_numbers(settings: Settings) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates("1/d")
    consume(quotas.sends_of_day(invited=False))
    for number in range(30):
        pin_client.ask(Client(), f"09600000{number:02}")
    assert AuditEvent.objects.filter(result=Result.LIMIT).count() == 10
