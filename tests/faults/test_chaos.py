"""Customers send requests while processes die at random; afterwards every number shown is one
ticket, whose mails have all arrived (R7.02).

`SEED=1234` repeats the order of a run's faults, but not the moments at which they hit the work.
"""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

import pytest

from tests.faults.invariants import Findings, check, count_unsent
from tests.faults.nemesis import Nemesis
from tests.faults.stack import FaultyStack, SinkStack
from tests.processes.visitor import Visitor
from tests.servers import Postgresql, postgresql_binaries
from tests.stack import BASE, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

CLIENTS, PHONE = 8, "0991234567"
FAULTS_LAST, CALM = 110, 180  # at most so many seconds of faults, and then to finish all work
Show = Callable[[str, Any], None]


class Clients:
    """Signs the customers in, and runs their process (clients.py)."""

    def __init__(self, stack: SinkStack, folder: Path, total: int, pause: float) -> None:
        self.folder, self.total = folder, total
        cookies = [signed_in(stack) for _ in range(min(CLIENTS, total // 5))]
        (folder / "cookies.json").write_text(json.dumps(cookies), encoding="utf-8")
        with (folder / "clients.log").open("wb") as log:
            command = ["-m", "tests.faults.clients", str(folder), stack.base_url, str(total), str(pause)]
            self._process = subprocess.Popen([sys.executable, *command], cwd=BASE, stdout=log, stderr=log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def are_busy(self) -> bool:
        return self._process.poll() is None

    def shown(self) -> list[dict[str, Any]]:
        lines = (self.folder / "shown.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


def signed_in(stack: SinkStack) -> dict[str, str]:
    with Visitor(stack) as visitor:
        visitor.sign_in(PHONE)
        return dict(visitor.browser.cookies)


def seed() -> int:
    return int(os.environ.get("SEED") or secrets.randbelow(10_000))


def all_is_sent(stack: SinkStack, clients: Clients) -> bool:
    return not clients.are_busy() and count_unsent(stack.database) == 0


def judge(stack: SinkStack, clients: Clients, before: Findings) -> Findings:
    """Check that the customers' numbers, the database and the received mails agree."""
    shown, found = clients.shown(), check(stack.database, stack.received())
    assert [line["problem"] for line in shown if "problem" in line] == []
    assert sorted(line["serial"] for line in shown) == list(range(1, clients.total + 1))
    numbers = {line["number"]: f"Solicitud {line['serial']} de la prueba" for line in shown}
    assert len(numbers) == clients.total
    kept = dict(stack.database.rows("SELECT number, details FROM tickets_ticket"))
    assert {number: kept.get(number) for number in numbers} == numbers
    assert found.tickets - before.tickets == clients.total
    assert found.wrong() == []
    found.extra -= before.extra
    return found


def documents_that_fail(stack: SinkStack) -> list[object]:
    """Return the documents whose file does not have the recorded SHA-256."""
    folder = Path(stack.environment["ATTACHMENTS_DIR"])
    rows = stack.database.rows("SELECT file, sha256 FROM tickets_attachment")
    return [
        name
        for name, digest in rows
        if hashlib.sha256((folder / str(name)).read_bytes()).hexdigest() != digest
    ]


def report(found: Findings, nemesis: Nemesis, clients: Clients, seconds: float) -> str:
    clicks = sum(line["clicks"] for line in clients.shown()) - clients.total
    faults = ", ".join(f"{name} {times}" for name, times in sorted(nemesis.done.items()))
    return (
        f"chaos SEED={nemesis.seed}: {clients.total} tickets, {nemesis.done.total()} faults, 0 lost, 0 unexpected,"
        f" {found.extra} mails twice of {nemesis.most_extra} that may be, slowest mail {found.slowest:.0f} s,"
        f" {clicks} clicks repeated, calm after {seconds:.0f} s ({faults})"
    )


def test_twenty_requests_while_processes_die(
    faulty: FaultyStack, tmp_path: Path, record_property: Show
) -> None:
    """Leases and waits left by the faults are ended in the database; the long test waits for
    their end.
    """
    before = check(faulty.database, faulty.received())
    with Clients(faulty, tmp_path, total=20, pause=1.0) as clients:
        nemesis = Nemesis(faulty, seed(), None, pause=(0.5, 1.5))
        record_property("figures", f"chaos of twenty requests: SEED={nemesis.seed}")
        inject_faults(nemesis, clients, 8)
        started = time.monotonic()
        wait_for(lambda: not clients.are_busy(), 30)
        wait_until_only_the_dead_send(faulty)
        faulty.database.end_leases()
        assert wait_for(lambda: all_is_sent_at_once(faulty)), f"SEED={nemesis.seed}"
        found = judge(faulty, clients, before)
        assert found.extra <= nemesis.most_extra
        assert faulty.worker_takes_tasks()
        record_property("figures", report(found, nemesis, clients, time.monotonic() - started))


@pytest.mark.prove
def test_five_hundred_requests_while_every_process_dies(tmp_path: Path, record_property: Show) -> None:
    """R7.02: all leases and waits have their full length."""
    with ExitStack() as cleanup:
        server = own_postgresql(cleanup)
        chaos = cleanup.enter_context(SinkStack(tmp_path, server.url if server else ""))
        chaos.start_broker()
        chaos.start_mail_server()
        chaos.prepare()
        chaos.start_product()
        before = check(chaos.database, chaos.received())
        clients = cleanup.enter_context(Clients(chaos, tmp_path, total=500, pause=1.4))
        nemesis = Nemesis(chaos, seed(), server, pause=(2, 5))
        record_property("figures", f"chaos of five hundred requests: SEED={nemesis.seed}")
        inject_faults(nemesis, clients, FAULTS_LAST)
        started = time.monotonic()
        while time.monotonic() - started < CALM and not all_is_sent(chaos, clients):
            nemesis.keep_alive(time.monotonic())
            time.sleep(0.5)
        found = judge(chaos, clients, before)
        assert found.extra <= nemesis.most_extra
        assert documents_that_fail(chaos) == []
        assert chaos.worker_takes_tasks()
        record_property("figures", report(found, nemesis, clients, time.monotonic() - started))


def inject_faults(nemesis: Nemesis, clients: Clients, seconds: float) -> None:
    """Inject faults until the customers are done, for this many seconds at most."""
    deadline = time.monotonic() + seconds
    try:
        while clients.are_busy() and time.monotonic() < deadline:
            nemesis.tick()
            time.sleep(0.02)
    finally:
        nemesis.stop()


def own_postgresql(cleanup: ExitStack) -> Postgresql | None:
    """Start a separate PostgreSQL, because the faults stop it; None on SQLite."""
    binaries = postgresql_binaries() if engine_under_test() == "postgresql" else None
    if binaries is None:
        return None
    # Not tmp_path, which PostgreSQL's user may not enter
    folder = Path(mkdtemp(prefix="fidelizacion-chaos-"))
    cleanup.callback(shutil.rmtree, folder)
    server = Postgresql(binaries, folder)
    server.start()
    cleanup.callback(server.stop)
    return server


def wait_until_only_the_dead_send(stack: SinkStack) -> None:
    """Wait until the leases stay the same for 3 s. A living process sends a message in less time,
    so these leases belong to dead processes.
    """
    taken = "SELECT lease_token FROM notifications_message WHERE state = 'sending' ORDER BY lease_token"
    before: object = None
    while (now := stack.database.rows(taken)) and now != before:
        before = now
        time.sleep(3)


def all_is_sent_at_once(stack: SinkStack) -> bool:
    stack.database.end_waits()
    return count_unsent(stack.database) == 0
