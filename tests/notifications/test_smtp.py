"""Mails over real SMTP: what arrives, and the outcome of each answer (R4.06-R4.09, R4.26)."""

import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.mail import get_connection
from django.utils import timezone
from pytest_django import Settings

from demo.broker import free_port
from notifications.models import Message
from notifications.sending import delivery
from notifications.sending.delivery import SendOutcome, deliver
from tests.check import PRODUCTION
from tests.notifications.helpers import Sink, other_process, queue_email, smtp_sink, use_smtp
from tests.project.test_checks import SETTINGS
from tests.slowness import Stopwatch

pytestmark = [pytest.mark.loopback, pytest.mark.django_db]

# A process that is killed after the server has answered 250 and before the result is recorded
KILLED_AFTER_250 = """
import os, signal, sys
import django
django.setup()
from demo.broker import free_port
from notifications.sending import delivery
delivery._record = lambda *args, **values: os.kill(os.getpid(), signal.SIGKILL)
delivery.deliver(int(sys.argv[1]))
"""


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with smtp_sink(settings) as sink:
        yield sink


def test_a_mail_has_a_text_and_an_html_part_and_our_message_id(sink: Sink) -> None:
    message = queue_email(subject="Ticket 3608314: recibió «ñandú»")
    assert deliver(message.pk) == SendOutcome.SENT
    (mail,) = sink.mails
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert mail["Message-ID"] == message.message_id
    assert mail["Subject"] == "Ticket 3608314: recibió «ñandú»"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "fidelizacion@operadora.example"


def test_a_batch_shares_one_connection(sink: Sink) -> None:
    for _ in range(5):
        queue_email()
    assert delivery.deliver_due()[SendOutcome.SENT] == 5
    assert (len(sink.raw), sink.sessions) == (5, 1)


def test_a_temporary_refusal_is_retried_and_a_permanent_one_is_not_r4_09(sink: Sink) -> None:
    message = queue_email()
    sink.rcpt = "451 4.3.0 busy"
    assert deliver(message.pk) == SendOutcome.AGAIN
    sink.rcpt = ""
    Message.objects.update(next_at=timezone.now())
    assert deliver(message.pk) == SendOutcome.SENT
    sink.rcpt = "550 5.1.1 unknown user"
    unknown = queue_email()
    assert deliver(unknown.pk) == SendOutcome.FAILED
    unknown.refresh_from_db()
    assert unknown.last_error.startswith("550 ")
    sink.rcpt, sink.data = "", "452 4.3.1 full"
    assert deliver(queue_email().pk) == SendOutcome.AGAIN


def test_a_server_that_closes_the_connection_delays_one_message(sink: Sink) -> None:
    first, second = queue_email(), queue_email()
    sink.rcpt = "421 4.7.0 closing"
    assert delivery.deliver_due()[SendOutcome.AGAIN] == 1
    sink.rcpt = ""
    assert deliver(second.pk) == SendOutcome.SENT
    first.refresh_from_db()
    assert first.state == Message.State.QUEUED


def test_a_mute_mail_server_ends_in_a_timeout_r4_26(settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = 0.5
    with socket.create_server(("127.0.0.1", 0)) as mute:
        use_smtp(settings, mute.getsockname()[1])
        watch = Stopwatch()
        assert deliver(queue_email().pk) == SendOutcome.AGAIN
        assert watch.seconds() < 15  # production waits for 20


def test_production_waits_for_a_mute_server_20_seconds_at_most_r4_26(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's default has no timeout: one mute server would stop all mails."""
    monkeypatch.setattr(os, "environ", PRODUCTION)
    read = runpy.run_path(str(SETTINGS))
    assert 0 < read["EMAIL_TIMEOUT"] <= 20


def test_every_connection_has_the_timeout_of_the_settings_r4_26(settings: Settings) -> None:
    use_smtp(settings, free_port())
    assert vars(get_connection())["timeout"] == settings.EMAIL_TIMEOUT


def test_an_unreachable_server_only_delays_a_mail(settings: Settings) -> None:
    use_smtp(settings, free_port())
    assert deliver(queue_email().pk) == SendOutcome.AGAIN


@pytest.mark.django_db(transaction=True)
def test_a_kill_between_sending_and_recording_repeats_the_same_mail_r4_07(sink: Sink, tmp_path: Path) -> None:
    message = queue_email()
    environment = {**other_process(), "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER_250, str(message.pk)], env=environment, check=False, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    assert deliver(message.pk) == SendOutcome.SKIPPED  # the dead process still holds the lease
    Message.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert deliver(message.pk) == SendOutcome.SENT
    assert [mail["Message-ID"] for mail in sink.mails] == [message.message_id] * 2
    assert len({mail.get_body().get_content() for mail in sink.mails}) == 1  # type: ignore[union-attr]  # both have one
