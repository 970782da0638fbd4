"""Short stalls of the broker: the worker takes tasks again afterwards, by itself."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import sink
from tests.faults.stack import Sinking
from tests.stack import database, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

CONCURRENCY = 2  # of the demo's worker, and so of the stack's
MOST_STALLS = 8
LOST = "Couldn't ack"  # what Celery logs of an acknowledgement that timed out


class Sweepless(Sinking):
    """Web and worker: what the worker does not take, stays."""

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
    """Freeze the broker while tasks are at work, until the acknowledgement of one has failed.

    Where the worker notices the stall in another way first, it connects anew and loses none; the
    wait ends then, too.
    """
    before = product.lost_acknowledgements()
    sink.set_mode(product.mail_folder, "mute")
    product.owe_mails(name, CONCURRENCY)
    assert wait_for(lambda: "sending" in product.states(name), 60)
    product.freeze_broker(signal.SIGSTOP)
    sink.set_mode(product.mail_folder, "healthy")
    wait_for(lambda: product.lost_acknowledgements() > before, 20)
    product.freeze_broker(signal.SIGCONT)


def test_the_worker_takes_tasks_after_the_broker_stalled_under_load(sweepless: Sweepless) -> None:
    """kombu alone is deaf for good after as many lost
    acknowledgements as the worker has processes.
    """
    for number in range(MOST_STALLS):
        if sweepless.lost_acknowledgements() >= CONCURRENCY:
            break
        stall(sweepless, f"stall{number}")
    assert sweepless.lost_acknowledgements() >= CONCURRENCY
    sweepless.owe_mails("after", 2 * CONCURRENCY)
    assert wait_for(lambda: sweepless.states("after") == ["sent"] * 2 * CONCURRENCY, 60)
