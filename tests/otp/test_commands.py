"""The commands `unlock_phone` and `otp_audit` (R1.07, R1.28)."""

import getpass
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from otp.limits import lockout
from otp.models import AuditEvent, PhoneLockout
from otp.pin import challenges
from tests import cast

pytestmark = pytest.mark.django_db


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def waiting() -> PhoneLockout:
    until = timezone.now() + timedelta(hours=1)
    return PhoneLockout.objects.create(phone=cast.ANA_PHONE, failures=12, locks=3, locked_until=until)


@pytest.mark.parametrize("spelling", ["0991234567", "+593 99 123 4567", "099-123-4567"])
def test_a_wait_is_lifted_by_the_number_in_any_spelling(waiting: PhoneLockout, spelling: str) -> None:
    """R1.07"""
    said = run("unlock_phone", spelling, "--reason", "ticket 3608314")
    assert said.startswith("Listo: el número terminado en 567")
    waiting.refresh_from_db()
    assert not lockout.is_waiting(waiting, timezone.now())
    assert (waiting.failures, waiting.locks) == (0, 0)
    event = AuditEvent.objects.get()
    assert (event.kind, event.result, event.method) == ("unlocked", "done", "")
    assert (event.actor, event.user, event.reason) == (getpass.getuser(), None, "ticket 3608314")


def test_unlocking_a_number_without_failures_is_recorded_too() -> None:
    assert "no había nada que levantar" in run("unlock_phone", "0991234567")
    assert AuditEvent.objects.get().result == AuditEvent.Result.NOTHING
    assert not PhoneLockout.objects.exists()


@pytest.mark.parametrize("raw", ["", "123", "02 234 5678", "abc"])
def test_a_number_that_cannot_be_read_ends_in_an_error(raw: str) -> None:
    for command in (("unlock_phone", raw), ("otp_audit", raw)):
        with pytest.raises(CommandError):
            run(*command)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    "reason", ["llamó del 0991234567", "llamó del 099-123 45.67", "ana@acme.example", "x" * 101]
)
def test_a_reason_with_personal_data_is_refused_and_lifts_nothing(waiting: PhoneLockout, reason: str) -> None:
    """R8.08"""
    with pytest.raises(CommandError):
        run("unlock_phone", "0991234567", "--reason", reason)
    waiting.refresh_from_db()
    assert lockout.is_waiting(waiting, timezone.now())
    assert not AuditEvent.objects.exists()


def test_an_os_account_without_a_name_is_recorded_by_its_uid(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    run("unlock_phone", "0991234567")
    assert AuditEvent.objects.get().actor.startswith("uid ")


def test_the_events_of_a_number_are_listed_newest_first_and_aligned() -> None:
    with time_machine.travel("2026-11-20T15:00:00Z", tick=False) as clock:
        challenge = challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
        clock.shift(5)
        challenges.verify(challenge, "not it", "198.51.100.7")
        challenges.start(cast.BRUNO_PHONE, "b" * 64, "198.51.100.7")
        heading, *rows, summary = run("otp_audit", "099 123 4567").splitlines()
    assert [row[:25] for row in rows] == ["2026-11-20 10:00:05  …567", "2026-11-20 10:00:00  …567"]
    assert heading.index("resultado") == rows[0].index("Código equivocado") == rows[1].index("Hecho")
    assert summary == "Listo: 2 de 2 eventos."
    assert cast.ANA_PHONE[4:] not in "".join(rows)


def test_events_are_listed_since_a_day_and_no_more_than_asked_for() -> None:
    with time_machine.travel("2026-11-20T15:00:00Z", tick=False) as clock:
        challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
        clock.shift(timedelta(days=1))
        challenges.start(cast.BRUNO_PHONE, "b" * 64, "198.51.100.7")
    assert "Listo: 1 de 1" in run("otp_audit", "--since", "2026-11-21")
    assert "Listo: 2 de 2" in run("otp_audit", "--since", "2026-11-20")
    assert "Listo: 1 de 2" in run("otp_audit", "--since", "2026-11-20", "--most", "1")
    assert run("otp_audit", "--since", "2026-11-22") == "Listo: 0 de 0 eventos.\n"


def test_a_number_or_a_day_is_required() -> None:
    with pytest.raises(CommandError):
        run("otp_audit")
