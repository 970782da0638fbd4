"""Start the servers that the suite needs: PostgreSQL, and a broker for the real processes."""

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
SECONDS_TO_START = 120  # on a busy machine
# For a server that lasts one run: its data may be lost, so no commit waits for the disk
NOT_DURABLE = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


class ServerFailed(RuntimeError):
    """A server did not start; the message is its log."""


def postgresql_binaries() -> Path | None:
    """Return the folder of the newest `initdb` and `postgres` installed, or None."""
    installed = sorted(DEBIAN_BINARIES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Postgresql:
    """A PostgreSQL server that a test can stop and start. `durable=False` makes it faster, for a
    server that no test kills.
    """

    def __init__(self, binaries: Path, folder: Path, *, durable: bool = True) -> None:
        self.binaries, self.folder, self.port = binaries, folder, free_port()
        self.settings: list[str] = [] if durable else NOT_DURABLE
        # PostgreSQL refuses to run as root, and a container's tests run as root
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
        """Start the server and wait until it accepts connections."""
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
        """Stop the server: SIGINT is its "fast" shutdown, which closes connections; SIGQUIT its
        "immediate" one, which leaves a recovery to the next start, like a crash.
        """
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)


@contextmanager
def postgresql(binaries: Path, *, durable: bool = True) -> Iterator[str]:
    """Run a PostgreSQL server and return its URL; delete its data at the end."""
    folder = Path(mkdtemp(prefix="fidelizacion-postgresql-"))
    server = Postgresql(binaries, folder, durable=durable)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(folder)


def _wait_until_started(url: str) -> None:
    """Retry to connect: PostgreSQL opens its port before it accepts connections, on a busy machine
    seconds before.
    """
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
    """Return the command that starts a broker and the broker's URL, or None without a broker
    installed: Redis when the engine is PostgreSQL, the demo's Valkey when it is SQLite.
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
    """Wait until the port accepts connections; raise ServerFailed when the process ends or after
    SECONDS_TO_START.
    """
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerFailed(log.read_text(encoding="utf-8", errors="replace"))
