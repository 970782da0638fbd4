"""Without Redis and a worker, `deliver_notifications` alone sends codes and mails (R4.05)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.broker import free_port
from tests.faults.invariants import check, count_unsent
from tests.faults.stack import SinkStack
from tests.processes.visitor import Visitor, a_real_pdf
from tests.stack import BASE, database, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes, pytest.mark.prove]

PHONE, REQUESTS = "0991234567", 10


class Brokerless(SinkStack):
    """The web process and the sweep, with a broker's URL at which none listens."""

    def commands(self) -> dict[str, list[str]]:
        return {name: command for name, command in super().commands().items() if name != "worker"}


@pytest.fixture
def brokerless(tmp_path: Path) -> Iterator[Brokerless]:
    with database(engine_under_test()) as url, Brokerless(tmp_path, url) as started:
        started.environment["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
        started.start_mail_server()
        started.prepare()
        started.start_product()
        yield started


def test_everything_is_delivered_by_the_sweep_and_by_the_command(brokerless: Brokerless) -> None:
    with Visitor(brokerless) as visitor:
        visitor.sign_in(PHONE)  # which needs the code's SMS
        for _ in range(REQUESTS):
            visitor.page = visitor.browser.get("/fidelizacion/solicitud/")
            assert visitor.request({"attachments": a_real_pdf()})
        assert wait_for(lambda: count_unsent(brokerless.database) == 0)

        brokerless.halt("sweep")
        visitor.page = visitor.browser.get("/fidelizacion/solicitud/")
        assert visitor.request()
    command = [sys.executable, "manage.py", "deliver_notifications"]
    subprocess.run(command, cwd=BASE, env=brokerless.environment, capture_output=True, check=True)
    found = check(brokerless.database, brokerless.received())
    assert (found.tickets, found.wrong(), found.extra) == (REQUESTS + 1, [], 0)
