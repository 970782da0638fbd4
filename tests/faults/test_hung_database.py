"""While the database hangs, pages that do not need it are served, and the others are refused within
a time limit.
"""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp

import httpx
import psycopg
import pytest

from tests.faults.hanging import Proxy, locked, stopped
from tests.faults.stack import SinkStack
from tests.processes.visitor import Visitor
from tests.servers import Postgresql, postgresql_binaries
from tests.slowness import slowness
from tests.stack import BASE, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

VISITORS = 24  # three times as many as can use the database at once: 2 processes of 4 threads
# Seconds on a quiet machine, for `/health/ready` and for addresses that need no database
PROMISED = 2.0
TIMED_OUT = {"postgresql": "did not answer within the limit", "sqlite": "database is locked"}
SEND_HEARTBEATS = """
from fidelizacion.celery import HEARTBEAT, app
for _ in range(8):
    app.send_task(HEARTBEAT)
"""
# Queries that began less than 10 s ago. The server ends a query after 15 s, and the test must hang
# the database before that
WAITING = """SELECT count(*) FILTER (WHERE query LIKE '%operations_heartbeat%') >= 2
    AND count(*) FILTER (WHERE query LIKE '%notifications_message%') >= 1
    FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND clock_timestamp() - query_start < interval '10 seconds'"""
# Seconds with some reserve: PostgreSQL needs 1 s for a check, 2 s for a connection and 5 s for a
# query; SQLite needs 20 s until a lock times out
LONGEST = {"postgresql": 12.0, "sqlite": 25.0}
Hang = Callable[[], AbstractContextManager[None]]


@contextmanager
def own_postgresql() -> Iterator[Postgresql]:
    binaries = postgresql_binaries()
    assert binaries
    # Not tmp_path, which PostgreSQL's user may not enter
    folder = Path(mkdtemp(prefix="fidelizacion-hung-"))
    server = Postgresql(binaries, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(params=["stopped", "cut off"], scope="module")
def hanging(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SinkStack, Hang]]:
    """Run the product, and return it with a function that hangs its database: by stopping
    PostgreSQL, or by a proxy that stops forwarding. A SQLite file can only be locked, in two ways.
    """
    with contextmanager(_product)(tmp_path_factory.mktemp("hanging"), request.param) as started:
        yield started


def _product(folder: Path, how: str) -> Iterator[tuple[SinkStack, Hang]]:
    def start(url: str) -> SinkStack:
        product = SinkStack(folder, url, {"OTP_SENDS_PER_ADDRESS": "1000/h"})
        product.start_broker()
        product.start_mail_server()
        product.prepare()
        product.start_product()
        return product

    if engine_under_test() == "sqlite":
        with start("") as product:
            path = product.environment["DATABASE_URL"].removeprefix("sqlite:///")
            yield product, lambda: locked(path, "IMMEDIATE" if how == "stopped" else "EXCLUSIVE")
        return
    with own_postgresql() as server:
        proxy = Proxy(server.port)
        with start(server.url.replace(str(server.port), str(proxy.port))) as product:
            yield product, (lambda: stopped(server)) if how == "stopped" else proxy.cut_off
        proxy.close()


def seconds(product: SinkStack, address: str) -> tuple[float, int]:
    """Return how many seconds an answer took, and its status."""
    started = time.monotonic()
    status = httpx.get(product.base_url + address, timeout=60, trust_env=False).status_code
    return time.monotonic() - started, status


def test_while_the_database_hangs_pages_without_it_are_served_and_others_refused(
    hanging: tuple[SinkStack, Hang],
) -> None:
    product, hang = hanging
    visitors = [Visitor(product) for _ in range(VISITORS)]
    stylesheet = str(visitors[0].soup.select('link[rel="stylesheet"]')[0]["href"])
    answers: list[tuple[float, int]] = []

    def ask(visitor: Visitor) -> None:
        started = time.monotonic()
        form = visitor.form("phone")
        visitor.browser.follow_redirects = False
        page = visitor.browser.request(
            form.method, form.address, data={**form.values, "phone": "0987654321"}, timeout=120
        )
        answers.append((time.monotonic() - started, page.status_code))

    for visitor in visitors[:8]:  # connections that stay open
        ask(visitor)
    answers.clear()
    with hang():
        threads = [threading.Thread(target=ask, args=[visitor]) for visitor in visitors]
        for thread in threads:
            thread.start()
        time.sleep(PROMISED + 1)  # by then all threads that use the database wait for it
        slow = slowness()
        for _ in range(3):
            for address in ("/health/live", stylesheet):
                took, status = seconds(product, address)
                assert (took < PROMISED * slow, status) == (True, 200), (address, took, slow)
            took, status = seconds(product, "/health/ready")
            assert took < PROMISED * slow
            assert status == (200 if engine_under_test() == "sqlite" else 503)  # a locked file can be read
        for thread in threads:
            thread.join(120)
        assert len(answers) == VISITORS
        assert {status for _took, status in answers} == {503}
        assert max(answers)[0] < LONGEST[engine_under_test()] * max(slow, slowness()), sorted(answers)
    with Visitor(product) as visitor:
        assert wait_for(lambda: visitor.send(visitor.form("phone"), phone="0987654321").status_code == 200)
    for visitor in visitors:
        visitor.browser.close()


def send_heartbeats(product: SinkStack) -> None:
    """Send the worker's processes a task that writes to the database."""
    subprocess.run([sys.executable, "-c", SEND_HEARTBEATS], cwd=BASE, env=product.environment, check=True)


@contextmanager
def queries_in_progress(product: SinkStack, hang: Hang) -> Iterator[None]:
    """Hang the database while the worker and the sweep wait for a query's answer, and not for a
    connection.
    """
    if engine_under_test() == "sqlite":
        with hang():  # a locked file makes every query wait, so they may come after it
            send_heartbeats(product)
            yield
        return
    url = product.environment["DATABASE_URL"]
    with closing(psycopg.connect(url)) as locker, closing(psycopg.connect(url, autocommit=True)) as watcher:
        locker.execute("LOCK TABLE notifications_message, operations_heartbeat IN ACCESS EXCLUSIVE MODE")
        send_heartbeats(product)
        assert wait_for(lambda: watcher.execute(WAITING).fetchone() == (True,), 60)
        with hang():
            yield


def test_worker_and_sweep_end_each_query_within_its_limit_and_go_on_when_the_database_is_back(
    hanging: tuple[SinkStack, Hang],
) -> None:
    """Without a limit on the client's side, a query would wait for as long as the server is
    stopped.
    """
    product, hang = hanging
    assert product.worker_takes_tasks()
    started = {name: child.process and child.process.pid for name, child in product.children.items()}
    product.enqueue_mails("before", 4)

    def timeouts(name: str) -> int:
        log = (product.folder / f"{name}.log").read_text(encoding="utf-8")
        return log.count(TIMED_OUT[engine_under_test()])

    earlier = {name: timeouts(name) for name in ("worker", "sweep")}

    with queries_in_progress(product, hang):
        assert wait_for(lambda: timeouts("worker") > earlier["worker"], 90)
        assert wait_for(lambda: timeouts("sweep") > earlier["sweep"], 90)
    assert product.worker_takes_tasks(90)
    product.enqueue_mails("after", 4)
    product.database.end_leases()  # of the mails that were being sent when the database hung
    assert wait_for(lambda: product.states("before") + product.states("after") == ["sent"] * 8, 60)
    assert len({mail.message_id for mail in product.received() if mail.subject == "Prueba"}) == 8
    assert {name: child.process and child.process.pid for name, child in product.children.items()} == started
    assert [name for name, child in product.children.items() if child.status is not None] == []
