"""`manage.py demo` starts again after a kill, leaves no process behind, changes no production
system, and says in one line why it cannot start.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from redis import Redis

from demo.broker import free_port
from demo.environment import MARK
from tests.check import PRODUCTION
from tests.processes.visitor import Visitor
from tests.servers import broker_command, wait_for_port
from tests.stack import BASE, answers, database, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]


class Demo:
    """One demo, at its own port."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self.base_url = f"http://127.0.0.1:{port}"
        self.output = folder.with_suffix(".out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, shell: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """Start the demo from a shell with these variables."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=BASE,
                env={
                    **(shell or {}),
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.folder),
                    "PORT": str(self.port),
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def sms(self) -> list[dict[str, str]]:
        """Return the SMS in the demo's mailbox, newest first."""
        found: list[dict[str, str]] = httpx.get(
            f"{self.base_url}/demo/mensajes.json", trust_env=False, timeout=60
        ).json()
        return [message for message in found if message["channel"] == "sms"]

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        """Whether this start has printed its panel and answers. The answer alone proves nothing:
        the web process of a killed demo may still answer for a while.
        """
        wait_for(lambda: "Ctrl-C" in self.said() or (self.process and self.process.poll() is not None), 90)
        return "Ctrl-C" in self.said() and answers(f"http://127.0.0.1:{self.port}/health/ready")

    def processes(self) -> list[str]:
        """Return the command lines of all processes with this demo's mark in the environment."""
        mark, found = f"{MARK}={self.folder}".encode(), []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().decode())
            except OSError:
                continue
        return found


@contextmanager
def new_demo() -> Iterator[Demo]:
    port = free_port()
    started = Demo(port, BASE / "var" / "demo" / str(port))
    yield started
    if started.process:
        started.process.terminate()
        started.process.wait(timeout=60)
    shutil.rmtree(started.folder, ignore_errors=True)
    started.output.unlink(missing_ok=True)


@pytest.fixture
def demo() -> Iterator[Demo]:
    with new_demo() as started:
        yield started


@contextmanager
def production(folder: Path) -> Iterator[dict[str, str]]:
    """Run a production database, with its tables, and a broker; return the variables of an
    operator's shell.
    """
    started = broker_command(folder / "broker", engine_under_test())
    if started is None:
        pytest.skip("skipped: Redis no está instalado (apt install redis-server)")
    command, redis_url = started
    with database(engine_under_test()) as url, (folder / "broker.log").open("wb") as log:
        broker = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for_port(int(redis_url.rpartition(":")[2].partition("/")[0]), broker, folder / "broker.log")
            named = url or f"sqlite:///{folder / 'produccion.sqlite3'}"
            shell = {**PRODUCTION, "DATABASE_URL": named, "REDIS_URL": redis_url}
            migrate = [sys.executable, "manage.py", "migrate", "--no-input"]
            subprocess.run(migrate, cwd=BASE, env=shell, stdout=subprocess.DEVNULL, check=True)
            yield shell
        finally:
            broker.kill()
            broker.wait(60)


def contents(url: str) -> list[str]:
    """Return the tables and every row of them as text."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as lite:
            return list(lite.iterdump())
    with psycopg.connect(url) as connection:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        found: list[str] = []
        for (table,) in connection.execute(query).fetchall():
            rows = connection.execute(SQL("SELECT t::text FROM {} t ORDER BY 1").format(Identifier(table)))
            found += [table, *(f"{table}: {row}" for (row,) in rows)]
        return found


@dataclass(frozen=True)
class Seen:
    """What was seen of a demo that was started in a shell of production, used, killed, started
    again and ended with Ctrl-C.
    """

    port: int
    processes: int  # their number before the kill
    sms: int
    refused: "subprocess.CompletedProcess[str]"  # a second demo at the same port
    said: str
    status: int
    left: list[str]  # processes after the end
    before: list[str]  # the production database
    after: list[str]
    keys: object  # the production broker's


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Start a demo twice, for all tests together, because each start takes eight processes."""
    with production(tmp_path_factory.mktemp("production")) as shell, new_demo() as demo:
        before = contents(shell["DATABASE_URL"])
        first = demo.start(shell)
        assert demo.is_ready(), demo.said()
        with Visitor(demo) as visitor:
            visitor.sign_in("0991234567")
            assert visitor.request()
        processes, sms = len(demo.processes()), len(demo.sms())
        first.kill()
        first.wait(timeout=60)

        second = demo.start(shell)
        assert demo.is_ready(), demo.said()
        refused = subprocess.run(
            [sys.executable, "manage.py", "demo", "--port", str(demo.port)],
            cwd=BASE,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        second.send_signal(signal.SIGINT)
        status = second.wait(timeout=10)
        with Redis.from_url(shell["REDIS_URL"]) as broker:
            keys = broker.keys()
        yield Seen(
            port=demo.port,
            processes=processes,
            sms=sms,
            refused=refused,
            said=demo.said(),
            status=status,
            left=demo.processes(),
            before=before,
            after=contents(shell["DATABASE_URL"]),
            keys=keys,
        )


def test_a_killed_demo_starts_again_and_ctrl_c_leaves_no_process(seen: Seen) -> None:
    assert seen.processes >= 6
    taken = f"El puerto {seen.port} está ocupado: use PORT={seen.port + 1} make demo\n"
    assert (seen.refused.returncode, seen.refused.stderr) == (1, taken)
    assert seen.status == 0
    assert f"http://127.0.0.1:{seen.port}/fidelizacion/" in seen.said
    assert seen.left == []


def test_in_a_shell_of_production_the_demo_changes_nothing_of_production(seen: Seen) -> None:
    """The production database gets no row, table or account, and its broker no key; codes go to
    the demo's mailbox.
    """
    assert seen.sms
    assert seen.after == seen.before
    assert not any("asesora" in row for row in seen.before)
    assert seen.keys == []


def test_a_foreign_database_in_the_demos_folder_is_refused_in_one_line(demo: Demo) -> None:
    demo.folder.mkdir(parents=True)
    with closing(sqlite3.connect(demo.folder / "fidelizacion.sqlite3")) as lite:
        lite.execute("CREATE TABLE clientes (id integer PRIMARY KEY)")
    process = demo.start()
    process.wait(timeout=90)
    assert process.returncode == 1
    assert len(demo.said().splitlines()) == 1
    assert "«fidelizacion.sqlite3» tiene tablas y no la hizo una demostración: no se toca" in demo.said()


def test_a_port_in_use_is_an_error_of_one_line(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        demo.start().wait(timeout=60)
    assert demo.said() == f"El puerto {demo.port} está ocupado: use PORT={demo.port + 1} make demo\n"


def preflight(pretence: str) -> "subprocess.CompletedProcess[str]":
    """Run the check of `make demo` in a Python in which the code `pretence` ran first."""
    run = "runpy.run_path('demo/preflight.py', run_name='__main__')"
    code = f"import sys, runpy; sys.argv = ['preflight']; {pretence}; {run}"
    return subprocess.run([sys.executable, "-c", code], cwd=BASE, capture_output=True, text=True, check=False)


def test_a_python_too_old_is_an_error_of_one_line() -> None:
    done = preflight("sys.version_info = (3, 9)")
    said = "Se necesita Python 3.11 o más nuevo y este es 3.9: use PYTHON=/ruta/a/python3.11 make demo\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_python_without_venv_gets_the_name_of_its_package() -> None:
    done = preflight("sys.modules['ensurepip'] = None")
    said = "A este Python le falta venv: instale el paquete python3-venv (apt install python3-venv)\n"
    assert (done.returncode, done.stderr) == (1, said)
