"""Queries time out, and a process refuses requests that would wait for a hung database (R4.29)."""

import socket
import threading
import time
from collections.abc import Generator, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from psycopg.pq import ConnStatus
from psycopg.waiting import Ready, Wait

from fidelizacion.database import database_gate
from fidelizacion.database.database_gate import DatabaseGate, DatabaseGateMiddleware
from fidelizacion.database.postgresql.base import Connection, QueryTimedOut
from jobs import query_limits
from jobs.query_limits import Health
from tests.slowness import Stopwatch

pytestmark = pytest.mark.loopback


@pytest.fixture(autouse=True)
def _healthy_afterwards() -> Iterator[None]:
    yield
    query_limits.database.answered()


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The client's and the server's end of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


Sockets = tuple[socket.socket, socket.socket]


def answer(text: str = "") -> Generator[Wait, Ready | int, str]:
    """Wait as psycopg does for an answer: until the socket is readable."""
    while not (yield Wait.R):
        pass
    return text


def test_a_query_without_an_answer_ends_at_its_limit_and_its_connection_with_it(sockets: Sockets) -> None:
    closed: list[bool] = []
    pgconn = SimpleNamespace(
        socket=sockets[0].fileno(), finish=lambda: closed.append(True), status=ConnStatus.BAD
    )
    with query_limits.within(0.3):
        stopwatch, started = Stopwatch(), time.monotonic()
        with pytest.raises(QueryTimedOut):
            Connection(cast(Any, pgconn)).wait(answer())
        assert time.monotonic() - started >= 0.3
        assert stopwatch.seconds() < 5
    assert closed == [True]
    assert query_limits.database.hung


def test_an_answer_marks_the_database_as_healthy_again(sockets: Sockets) -> None:
    ours, theirs = sockets
    theirs.send(b"x")
    query_limits.database.failed()
    assert (
        Connection(cast(Any, SimpleNamespace(socket=ours.fileno(), status=ConnStatus.BAD))).wait(
            answer("row")
        )
        == "row"
    )
    assert not query_limits.database.hung


def test_the_limits_are_the_documented_ones() -> None:
    """Outside the web the client waits 16 s, so the server's limit of 15 s acts first."""
    seen: list[float] = []

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(query_limits.current())
        return HttpResponse()

    DatabaseGateMiddleware(view)(RequestFactory().get("/fidelizacion/"))
    assert (seen, query_limits.current()) == ([5.0], 16.0)
    if connection.vendor == "postgresql":
        assert connection.settings_dict["ENGINE"] == "fidelizacion.database.postgresql"
        assert "statement_timeout=15s" in str(connection.settings_dict["OPTIONS"])


def test_while_the_database_hangs_one_request_at_a_time_tries_it() -> None:
    health = Health()
    gate, trying, go = DatabaseGate(4, health), threading.Event(), threading.Event()
    health.failed()

    def trial() -> HttpResponse:
        trying.set()
        assert go.wait(60)
        health.answered()
        return HttpResponse()

    thread = threading.Thread(target=lambda: gate.run(trial))
    thread.start()
    assert trying.wait(60)
    assert gate.run(HttpResponse) is None
    go.set()
    thread.join()
    assert gate.run(HttpResponse) is not None


def occupy(gate: DatabaseGate, go: threading.Event, *, with_a_query: bool) -> threading.Thread:
    """Start a request that keeps a place until `go`, inside a query or with other work."""
    taken = threading.Event()

    def wait(*_: object) -> bool:
        taken.set()
        return go.wait(60)

    def request() -> HttpResponse:
        if with_a_query:
            gate._timed(wait)
        else:
            wait()
        return HttpResponse()

    thread = threading.Thread(target=gate.run, args=[request])
    thread.start()
    assert taken.wait(60)
    return thread


def test_a_request_is_refused_when_every_place_waits_for_a_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_gate, "STALLED_SECONDS", 0.2)
    gate, go = DatabaseGate(1, Health()), threading.Event()
    thread = occupy(gate, go, with_a_query=True)
    assert gate.run(HttpResponse) is None
    go.set()
    thread.join()
    assert gate.run(HttpResponse) is not None


def test_a_request_waits_for_its_turn_while_others_work_without_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Inspecting documents may take seconds; other requests must wait, not be refused."""
    monkeypatch.setattr(database_gate, "STALLED_SECONDS", 0.0)
    gate, go, answers = DatabaseGate(1, Health()), threading.Event(), list[HttpResponse | None]()
    busy = occupy(gate, go, with_a_query=False)
    waiting = threading.Thread(target=lambda: answers.append(gate.run(HttpResponse)))
    waiting.start()
    waiting.join(3 * database_gate.POLL_SECONDS)
    assert waiting.is_alive()
    go.set()
    busy.join()
    waiting.join()
    assert [answer is not None for answer in answers] == [True]


def test_a_refused_request_gets_the_page_that_says_to_try_later(client: Client) -> None:
    query_limits.database.failed()
    gate = DatabaseGate(1)
    gate._trial.acquire()
    middleware = DatabaseGateMiddleware(lambda _request: HttpResponse())
    middleware.gate = gate
    response = middleware(RequestFactory().get("/fidelizacion/"))
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert middleware(RequestFactory().get("/health/live")).status_code == 200
