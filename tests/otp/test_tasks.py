"""The worker's tasks: sending codes, and the daily deletion of old rows."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from jobs import enqueue
from notifications.sms import memory
from otp import tasks
from otp.limits.limits import consume, limit
from otp.limits.rates import Rate, parse_rates
from otp.models import AuditEvent, Challenge, LimitUse, PhoneLockout
from otp.pin import challenges
from tests import cast
from tests.otp import pin_client

pytestmark = pytest.mark.django_db


def test_the_task_sends_the_challenge_it_is_given() -> None:
    cast.ana()
    memory.outbox.clear()
    tasks.send_challenge(challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7").pk)
    assert len(memory.outbox) == 1


def test_asking_for_a_code_enqueues_its_sms_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    enqueued: list[tuple[str, int]] = []
    monkeypatch.setattr(enqueue, "enqueue", lambda name, pk: enqueued.append((name, pk)))
    with django_capture_on_commit_callbacks(execute=True):
        challenge = challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
        assert enqueued == []
    assert enqueued == [(tasks.send_challenge.name, challenge.pk)]


def test_rows_are_deleted_after_their_time(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        pin_client.ask(client, cast.NOBODY_PHONE)
        pin_client.answer(client, "000000")
        clock.shift(timedelta(hours=23))
        tasks.clear_expired()
        assert (Challenge.objects.count(), PhoneLockout.objects.count()) == (1, 1)
        assert Session.objects.count() == 0
        clock.shift(timedelta(hours=2))
        tasks.clear_expired()
        assert (Challenge.objects.count(), LimitUse.objects.count()) == (0, 5)
        clock.shift(timedelta(days=2))
        tasks.clear_expired()
        assert (LimitUse.objects.count(), PhoneLockout.objects.count()) == (0, 1)
        clock.shift(timedelta(days=30))
        tasks.clear_expired()
        assert PhoneLockout.objects.count() == 0


def test_the_audit_is_kept_for_24_months(client: Client) -> None:
    """R8.03"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        pin_client.ask(client, cast.NOBODY_PHONE)
        clock.shift(timedelta(days=731))
        tasks.clear_expired()
        assert AuditEvent.objects.count() == 1
        clock.shift(timedelta(seconds=1))
        tasks.clear_expired()
        assert AuditEvent.objects.count() == 0


def test_uses_are_kept_for_the_longest_limit(settings: Settings) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates("9/7d")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        challenges.start(cast.NOBODY_PHONE, "a" * 64, "198.51.100.7")
        clock.shift(timedelta(days=6))
        tasks.clear_expired()
        assert LimitUse.objects.count() == 3


def test_beat_runs_the_deletion() -> None:
    assert tasks.clear_expired.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_the_deletion_knows_every_limit_of_the_settings() -> None:
    """The uses of a limit that is missing there would be deleted after 48 hours."""
    values = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    limits = {
        name
        for name, value in values.items()
        if isinstance(value, tuple) and value and isinstance(value[0], Rate)
    }
    assert limits == set(tasks.LIMITS)


@pytest.mark.parametrize("name", ["TICKETS_PER_PHONE", "STAFF_FAILURES_PER_USER"])
def test_uses_of_a_longer_limit_are_kept_as_long_as_it(settings: Settings, name: str) -> None:
    setattr(settings, name, parse_rates("3/7d"))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        consume(limit("a-kind", "a-value", parse_rates("3/7d")))
        clock.shift(timedelta(days=6))
        tasks.clear_expired()
        assert LimitUse.objects.count() == 1
        clock.shift(timedelta(days=2))
        tasks.clear_expired()
        assert LimitUse.objects.count() == 0
