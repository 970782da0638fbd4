"""Heartbeats of the real processes: they go through the real broker, stop with it, and resume
(R4.15, R4.16).
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from demo.processes import Child
from tests.faults.database import LONG_AGO, Database, seconds
from tests.stack import BASE, Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

BEAT = [sys.executable, "-m", "celery", "-A", "fidelizacion", "beat", "--pidfile=", "--schedule"]


def check_ops(stack: Stack) -> dict[str, Any]:
    """Run `check_ops` as a monitoring system does, in the processes' environment; return its
    metrics.
    """
    command = [sys.executable, "manage.py", "check_ops", "--json"]
    done = subprocess.run(command, cwd=BASE, env=stack.environment, capture_output=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == ("fine", "warning", "critical").index(found["level"])
    metrics: dict[str, Any] = found["figures"]
    return metrics


def last_heartbeat(stack: Stack, name: str) -> float:
    """Return the time of a process's last heartbeat, in seconds since the epoch; 0 without one."""
    rows = Database(stack.environment["DATABASE_URL"]).rows(
        "SELECT at FROM operations_heartbeat WHERE name = %s", name
    )
    return seconds(rows[0][0]) if rows else 0.0


@contextmanager
def running_beat(stack: Stack, name: str) -> Iterator[Child]:
    child = stack.start(name, [*BEAT, str(stack.folder / f"{name}-schedule")])
    yield child
    assert child.process
    child.process.terminate()
    child.process.wait(60)
    del stack.children[name]


@pytest.fixture
def beat(stack: Stack) -> Iterator[Child]:
    with running_beat(stack, "beat") as child:
        yield child


def said(child: Child, words: str) -> bool:
    return words in child.log.read_text(encoding="utf-8")


def schedules(stack: Stack, child: Child) -> bool:
    """Whether this beat has the lease, and so sends the tasks."""
    return child.process is not None and f"pid {child.process.pid}," in scheduler(stack)


def scheduler(stack: Stack) -> str:
    rows = Database(stack.environment["DATABASE_URL"]).rows(
        "SELECT holder FROM operations_heartbeat WHERE name = 'beat'"
    )
    return str(rows[0][0]) if rows else ""


def pass_time(stack: Stack, column: str, name: str = "beat") -> None:
    """Set a time in a process's heartbeat row to long ago."""
    statements = {
        "at": "UPDATE operations_heartbeat SET at = %s WHERE name = %s",
        "since": "UPDATE operations_heartbeat SET since = %s WHERE name = %s",
        "held_until": "UPDATE operations_heartbeat SET held_until = %s WHERE name = %s",
        "second_at": "UPDATE operations_heartbeat SET second_at = %s WHERE name = %s",
    }
    Database(stack.environment["DATABASE_URL"]).rows(statements[column], LONG_AGO, name)


def open_alarms(stack: Stack) -> set[str]:
    """Run the sweep's check once, and return the kinds of the open alarms."""
    command = [sys.executable, "manage.py", "deliver_notifications"]
    subprocess.run(command, cwd=BASE, env=stack.environment, capture_output=True, check=True)
    found = Database(stack.environment["DATABASE_URL"]).rows(
        "SELECT kind FROM operations_alarm WHERE cleared_at IS NULL"
    )
    return {kind for (kind,) in found}


def test_worker_beat_and_sweep_have_heartbeats_and_the_broker_is_set_up_well(
    stack: Stack, beat: Child
) -> None:
    began = time.time()
    assert wait_for(lambda: last_heartbeat(stack, "beat") > began - 60 and last_heartbeat(stack, "sweep"))
    found = check_ops(stack)
    levels = {found[f"heartbeat_{name}_age_seconds"]["level"] for name in ("beat", "sweep")}
    assert levels == {"fine"}
    # The worker asks for its first heartbeat when it is ready
    assert found["heartbeat_worker_age_seconds"]["value"] is not None
    broker = ("broker_answers", "broker_keeps_all", "broker_writes_to_disk")
    assert {found[name]["level"] for name in broker} == {"fine"}
    assert found["migrations_pending"]["value"] == 0


def test_a_test_message_goes_through_the_real_worker_or_the_command_itself(stack: Stack) -> None:
    to = ["--email", "jefa@operadora.example"]
    command = [sys.executable, "manage.py", "send_test_message", *to]
    done = subprocess.run(
        command, cwd=BASE, env=stack.environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.startswith("Listo: correo")) == (0, True), done.stderr
    assert wait_for(lambda: len(stack.mails("Mensaje de prueba")) == 1)


def test_r4_16_a_stopped_beat_is_an_alarm(stack: Stack, beat: Child) -> None:
    assert wait_for(lambda: last_heartbeat(stack, "beat"))
    assert "beat-silent" not in open_alarms(stack)
    assert beat.process
    beat.process.terminate()
    beat.process.wait(60)
    pass_time(stack, "at")
    pass_time(stack, "since", "sweep")  # a sweep that has just started raises no alarm
    assert "beat-silent" in open_alarms(stack)


def test_r4_16_a_second_beat_is_reported_and_takes_over_when_the_first_is_killed(
    stack: Stack, beat: Child
) -> None:
    assert beat.process
    assert wait_for(lambda: schedules(stack, beat))
    with running_beat(stack, "beat2") as second:
        assert wait_for(lambda: said(second, "this is a second beat"), 60)
        assert not said(second, "Sending due task")
        assert check_ops(stack)["second_beat_age_seconds"]["level"] == "warning"
        assert "second-beat" in open_alarms(stack)

        beat.process.kill()
        beat.process.wait(60)
        pass_time(stack, "held_until")  # the killed beat's lease expires
        assert wait_for(lambda: schedules(stack, second))
        pass_time(stack, "second_at")
        assert "second-beat" not in open_alarms(stack)
    assert scheduler(stack) == ""  # an orderly end releases the lease: the next beat need not wait


@pytest.mark.prove
def test_r4_15_after_each_restart_of_the_broker_the_heartbeats_come_again(stack: Stack, beat: Child) -> None:
    """It waits up to 75 s: beat sends the task each minute, and reconnecting takes some seconds."""
    for _ in range(3):
        stack.signal(signal.SIGKILL, "broker")
        broker = stack.children["broker"]
        assert broker.process
        broker.process.wait(60)
        time.sleep(2)
        broker.start(stack.environment)
        back = time.time()
        deadline = back + 75
        while last_heartbeat(stack, "worker") < back:
            assert time.time() < deadline
            time.sleep(2)
