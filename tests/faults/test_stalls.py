"""The worker takes tasks again by itself after short stalls of the broker."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import sink
from tests.faults.stack import SinkStack
from tests.stack import database, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

CONCURRENCY = 2  # processes of the demo's worker, whose options the stack uses
MOST_STALLS = 8
LOST = "Couldn't ack"  # Celery's log line for an acknowledgement that timed out


class Sweepless(SinkStack):
    """The web process and the worker only: messages that the worker does not take stay queued."""

    def commands(self) -> dict[str, list[str]]:
        return {name: command for name, command in super().commands().items() if name != "sweep"}

    def lost_acknowledgements(self) -> int:
        return (self.folder / "worker.log").read_text(encoding="utf-8").count(LOST)

    def freeze_broker(self, number: signal.Signals) -> None:
        process = self.children["broker"].process
        assert process
        os.kill(process.pid, number)


@pytest.fixture
def sweepless(tmp_path: Path) -> Iterator[Sweepless]:
    with database(engine_under_test()) as url, Sweepless(tmp_path, url) as started:
        started.start_broker()
        started.start_mail_server()
        started.prepare()
        started.start_product()
        yield started


def stall(product: Sweepless, name: str) -> None:
    """Freeze the broker while tasks run, until the acknowledgement of one has failed.

    If the worker notices the stall in another way first, it reconnects and loses no
    acknowledgement; then the wait ends after 20 s.
    """
    before = product.lost_acknowledgements()
    sink.set_mode(product.mail_folder, "mute")
    product.enqueue_mails(name, CONCURRENCY)
    assert wait_for(lambda: "sending" in product.states(name), 60)
    product.freeze_broker(signal.SIGSTOP)
    sink.set_mode(product.mail_folder, "healthy")
    wait_for(lambda: product.lost_acknowledgements() > before, 20)
    product.freeze_broker(signal.SIGCONT)


def test_the_worker_takes_tasks_after_the_broker_stalled_under_load(sweepless: Sweepless) -> None:
    """Without our workaround, kombu takes no task again after as many lost acknowledgements as the
    worker has processes.
    """
    for number in range(MOST_STALLS):
        if sweepless.lost_acknowledgements() >= CONCURRENCY:
            break
        stall(sweepless, f"stall{number}")
    assert sweepless.lost_acknowledgements() >= CONCURRENCY
    sweepless.enqueue_mails("after", 2 * CONCURRENCY)
    assert wait_for(lambda: sweepless.states("after") == ["sent"] * 2 * CONCURRENCY, 60)
