"""Signs of life of the real processes: they come through the real broker, end with it, and come back (R4.15, R4.16)."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stack import BASE, Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

BEAT = [sys.executable, "-m", "celery", "-A", "fidelizacion", "beat", "--pidfile=", "--schedule"]


def check_ops(stack: Stack) -> dict[str, Any]:
    """The command as a watcher outside runs it, in the environment of the processes."""
    command = [sys.executable, "manage.py", "check_ops", "--json"]
    done = subprocess.run(command, cwd=BASE, env=stack.environment, capture_output=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == ("fine", "warning", "critical").index(found["level"])
    figures: dict[str, Any] = found["figures"]
    return figures


def last_sign(stack: Stack, name: str) -> float:
    """When it was, in seconds since the epoch; 0 is never."""
    age = check_ops(stack)[f"heartbeat_{name}_age_seconds"]["value"]
    return 0.0 if age is None else time.time() - float(age)


@pytest.fixture
def beat(stack: Stack) -> Iterator[None]:
    child = stack.start("beat", [*BEAT, str(stack.folder / "beat-schedule")])
    yield
    assert child.process
    child.process.terminate()
    child.process.wait(15)
    del stack.children["beat"]


def test_worker_beat_and_sweep_show_that_they_live_and_the_broker_is_as_it_should_be(stack: Stack, beat: None) -> None:
    found: dict[str, Any] = {}

    def all_alive() -> bool:
        found.update(check_ops(stack))
        return {found[f"heartbeat_{name}_age_seconds"]["level"] for name in ("beat", "sweep")} == {"fine"}

    assert wait_for(all_alive, 30), found
    assert found["heartbeat_worker_age_seconds"]["value"] is not None  # its first, asked for when it was ready
    broker = ("broker_answers", "broker_keeps_all", "broker_writes_to_disk")
    assert {found[name]["level"] for name in broker} == {"fine"}
    assert found["migrations_pending"]["value"] == 0


def test_a_test_message_goes_through_the_real_worker_or_the_command_itself(stack: Stack) -> None:
    to = ["--email", "jefa@operadora.example"]
    command = [sys.executable, "manage.py", "send_test_message", *to]
    done = subprocess.run(command, cwd=BASE, env=stack.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("Listo: correo")) == (0, True), done.stderr
    assert wait_for(lambda: len(stack.mails("Mensaje de prueba")) == 1, 5)


@pytest.mark.prove
def test_r4_15_after_each_restart_of_the_broker_the_signs_come_again(stack: Stack, beat: None) -> None:
    """Within a minute, which is how often beat sends the task, and some seconds to connect again."""
    for _ in range(3):
        stack.signal(signal.SIGKILL, "broker")
        broker = stack.children["broker"]
        assert broker.process
        broker.process.wait(10)
        time.sleep(2)
        broker.start(stack.environment)
        back = time.time()
        deadline = back + 75
        while last_sign(stack, "worker") < back:
            assert time.time() < deadline
            time.sleep(2)
