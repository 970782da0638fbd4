"""Short stalls of the broker: the worker takes tasks again afterwards, by itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import sink
from tests.faults.stack import Sinking
from tests.stack import BASE, Stack, database, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

CONCURRENCY = 2  # of the demo's worker, and so of the stack's
LOST = "Couldn't ack"  # what Celery logs of an acknowledgement that timed out
ENQUEUE = """
import sys, django; django.setup()
from notifications import outbox
for number in range(int(sys.argv[2])):
    outbox.enqueue_email(dedup_key=f"{sys.argv[1]}:{number}", subject_ref="test", to="ana@empresa.example",
                         subject="Prueba", text="Prueba", html="")
"""


class Sweepless(Sinking):
    """Web and worker: what the worker does not take, stays."""

    def commands(self) -> dict[str, list[str]]:
        return {name: command for name, command in super().commands().items() if name != "sweep"}

    def owe(self, name: str, count: int) -> None:
        """Mails, each announced to the worker once."""
        command = [sys.executable, "-c", ENQUEUE, name, str(count)]
        subprocess.run(command, cwd=BASE, env=self.environment, check=True)

    def states(self, name: str) -> list[str]:
        found = self.ledger.rows("SELECT state FROM notifications_message WHERE dedup_key LIKE %s", f"{name}:%")
        return [str(state) for (state,) in found]

    def lost_acknowledgements(self) -> int:
        return (self.folder / "worker.log").read_text(encoding="utf-8").count(LOST)

    def freeze_broker(self, number: signal.Signals) -> None:
        process = self.children["broker"].process
        assert process
        os.kill(process.pid, number)


@pytest.fixture
def sweepless(stack: Stack, tmp_path: Path) -> Iterator[Sweepless]:
    with database(engine_under_test()) as url, Sweepless(tmp_path, url) as started:
        started.environment["STATIC_ROOT"] = stack.environment["STATIC_ROOT"]
        started.start_broker()
        started.start_mail_server()
        started.prepare()
        started.start_product()
        yield started


def test_the_worker_takes_tasks_after_the_broker_stalled_under_load(sweepless: Sweepless) -> None:
    """kombu alone is deaf for good after as many lost acknowledgements as the worker has processes."""
    for stall in range(CONCURRENCY):
        name = f"stall{stall}"
        sink.set_mode(sweepless.mail_folder, "mute")
        sweepless.owe(name, CONCURRENCY)
        assert wait_for(lambda: "sending" in sweepless.states(name), 60)  # noqa: B023
        sweepless.freeze_broker(signal.SIGSTOP)
        sink.set_mode(sweepless.mail_folder, "healthy")
        # The stall lasts until the acknowledgement of a task has failed
        assert wait_for(lambda: sweepless.lost_acknowledgements() > stall, 60)  # noqa: B023
        sweepless.freeze_broker(signal.SIGCONT)
    sweepless.owe("after", 2 * CONCURRENCY)
    assert wait_for(lambda: sweepless.states("after") == ["sent"] * 2 * CONCURRENCY, 60)
