"""The sweep and its command send all pending messages without a broker (R4.05)."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.utils import timezone

from jobs import sweep
from notifications.models import Message
from notifications.sending import delivery
from operations.management.commands import deliver_notifications
from tests.notifications.helpers import other_process, queue_email

pytestmark = pytest.mark.django_db


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the test its own registry of sweeps and its own stop signal."""
    monkeypatch.setattr(sweep, "_sweeps", dict(sweep._sweeps))
    monkeypatch.setattr(sweep, "_stopping", threading.Event())
    yield
    sweep.stop()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("deliver_notifications", *arguments, stdout=out)
    return out.getvalue()


def test_this_app_registers_its_messages() -> None:
    assert "mensajes" in sweep.names()


def test_one_failing_sweep_does_not_keep_the_others_from_running(sweeps: None) -> None:
    sweep.register("a", lambda: 1 // 0)
    sweep.register("b", lambda: 7)
    with pytest.raises(sweep.SweepFailed) as caught:
        sweep.sweep_once()
    assert (caught.value.failed, caught.value.counts["b"]) == (["a"], 7)


def test_the_sweep_of_codes_runs_four_times_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person waits for a code. The sweep leaves it to the worker for two seconds, and must add
    little to that when the broker is down.
    """
    assert sweep.pause("códigos", 1.0) == 0.25
    assert sweep.pause("mensajes", 1.0) == 1.0
    waits: list[float] = []
    monkeypatch.setattr(sweep, "stopping", lambda: len(waits) == 2)
    monkeypatch.setattr(sweep, "wait", waits.append)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    monkeypatch.setattr(deliver_notifications, "close_old_connections", lambda: None)
    deliver_notifications._repeat("códigos", 1.0)
    assert waits == [0.25, 0.25]


def refuse_connection() -> int:
    raise OperationalError("connection refused\nIs the server running?")


def test_a_database_that_is_down_is_logged_in_one_line(
    sweeps: None, caplog: pytest.LogCaptureFixture
) -> None:
    sweep.register("a", refuse_connection)
    with pytest.raises(sweep.SweepFailed):
        sweep.sweep_once()
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [
        ("sweep a: no use of the database: connection refused", None)
    ]


def test_the_command_says_in_one_line_that_the_database_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "deliver_due", refuse_connection)
    with pytest.raises(CommandError, match="La base de datos no responde"):
        run()


def test_one_pass_sends_the_pending_messages_and_counts_them_r4_05() -> None:
    queue_email()
    queue_email()
    said = run().splitlines()
    assert said[-1] == "Listo: 2 enviados ahora, 0 se reintentarán, 0 rechazados, 0 abandonados."
    assert len(mail.outbox) == 2


def test_one_pass_counts_what_the_sweep_itself_sent() -> None:
    queue_email()
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        assert any(line.split() == ["mensajes", "1"] for line in run().splitlines())


def test_a_pass_with_a_failing_sweep_sends_the_messages_and_ends_with_an_error(sweeps: None) -> None:
    queue_email()
    sweep.register("retos", lambda: 1 // 0)
    with pytest.raises(CommandError, match="retos"):
        run()
    assert len(mail.outbox) == 1


def test_the_loop_survives_an_outage_of_the_database(sweeps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def flaky() -> int:
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("the database is down")
        sweep.stop()
        return 0

    sweep.register("flaky", flaky)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    monkeypatch.setattr(deliver_notifications, "close_old_connections", lambda: None)
    deliver_notifications._repeat("flaky", 0.01)
    assert len(calls) == 3


def test_a_sweep_takes_no_further_message_once_asked_to_stop(sweeps: None) -> None:
    queue_email()
    sweep.stop()
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        assert sweep.run("mensajes") == 0
    assert not mail.outbox


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_loop_sends_and_stops_cleanly_when_asked(number: signal.Signals) -> None:
    message = queue_email()
    loop = subprocess.Popen(
        [sys.executable, "manage.py", "deliver_notifications", "--loop", "--interval", "0.1"],
        env=other_process(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_until_sent(message)
        loop.send_signal(number)
        out, _ = loop.communicate(timeout=60)
    finally:
        loop.kill()
        loop.wait()
    assert loop.returncode == 0
    assert out.splitlines()[-1] == "Detenido."


def _wait_until_sent(message: Message) -> None:
    for _ in range(300):
        message.refresh_from_db()
        if message.state == Message.State.SENT:
            return
        threading.Event().wait(0.1)
    raise AssertionError(message.state)


@pytest.mark.parametrize("interval", ["-1", "0", "nan", "inf", "1e9", "x"])
def test_an_invalid_interval_is_refused(interval: str) -> None:
    with pytest.raises(CommandError, match="no sirve: son segundos"):
        run("--loop", f"--interval={interval}")


def test_codes_come_before_mails_where_one_process_does_all_in_turn() -> None:
    """As from cron: a mail server that takes seconds per message must not delay the codes."""
    names = sweep.names()
    assert names.index("códigos") < names.index("mensajes")
