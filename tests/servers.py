"""The servers that the suite starts for itself: PostgreSQL, and a broker for the real processes."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from demo import broker
from demo.broker import free_port

DEBIAN_BINARIES = Path("/usr/lib/postgresql")
SECONDS_TO_START = 120  # of a machine with much else to do
# For a server that lives as long as the run: no disk is waited for
NOT_DURABLE = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


class ServerFailed(RuntimeError):
    """A server of ours did not start; the message holds what it said."""


def postgresql_binaries() -> Path | None:
    """The folder of the newest `initdb` and `postgres` there are, or None."""
    installed = sorted(DEBIAN_BINARIES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Postgresql:
    """A PostgreSQL of our own, that a test may stop and start; durable, unless no test kills it."""

    def __init__(self, binaries: Path, folder: Path, *, durable: bool = True) -> None:
        self.binaries, self.folder, self.port = binaries, folder, free_port()
        self.settings: list[str] = [] if durable else NOT_DURABLE
        # It refuses to run as root, which is who runs in a container
        self._owner = "postgres" if os.getuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        if self._owner:
            account = pwd.getpwnam(self._owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        options = [
            "--username=fidelizacion",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        subprocess.run(
            [binaries / "initdb", "--pgdata", folder / "data", *options],
            user=self._owner,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    @property
    def url(self) -> str:
        return f"postgres://fidelizacion@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Returns when it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self.binaries / "postgres", "-D", self.folder / "data"),
                    *("-k", self.folder, "-h", "127.0.0.1", "-p", str(self.port)),
                    *self.settings,
                ],
                user=self._owner,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        wait_for_port(self.port, self._process, self.folder / "log")
        _wait_until_started(self.url)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is "fast", for clients that are gone; SIGQUIT "immediate": like a crash, it
        recovers at its start.
        """
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)


@contextmanager
def postgresql(binaries: Path, *, durable: bool = True) -> Iterator[str]:
    """One that runs for the length of a `with`, and its address. At the end its data go with it."""
    folder = Path(mkdtemp(prefix="fidelizacion-postgresql-"))
    server = Postgresql(binaries, folder, durable=durable)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(folder)


def _wait_until_started(url: str) -> None:
    """It listens before it answers, and on a busy machine much before."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def broker_command(folder: Path, engine: str) -> tuple[list[str], str] | None:
    """How to start a broker and its address: Redis beside PostgreSQL, the demo's Valkey beside
    SQLite.
    """
    if engine == "sqlite":
        return broker.server(folder)
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    options = ["--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
    return [binary, "--port", str(port), "--dir", str(folder), *options], f"redis://127.0.0.1:{port}/0"


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when somebody listens; raises ServerFailed when the process ends or time is up."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerFailed(log.read_text(encoding="utf-8", errors="replace"))
