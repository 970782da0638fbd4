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

from fidelizacion.demo import broker
from fidelizacion.demo.broker import free_port

DEBIAN_BINARIES = Path("/usr/lib/postgresql")
SECONDS_TO_START = 30


class ServerFailed(RuntimeError):
    """A server of ours did not start; the message holds what it said."""


def postgresql_binaries() -> Path | None:
    """The folder of the newest `initdb` and `postgres` there are, or None."""
    installed = sorted(DEBIAN_BINARIES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def postgresql(binaries: Path) -> Iterator[str]:
    """A PostgreSQL of our own with default durability, and its address. It is gone at the end, with its data."""
    folder = Path(mkdtemp(prefix="fidelizacion-postgresql-"))
    # It refuses to run as root, which is who runs in a container
    owner = "postgres" if os.getuid() == 0 else None
    if owner:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)
    data, port = folder / "data", free_port()
    options = ["--username=fidelizacion", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run(
        [binaries / "initdb", "--pgdata", data, *options], user=owner, check=True, stdout=subprocess.DEVNULL, cwd="/"
    )
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port)],
        user=owner,
        stdout=log,
        stderr=log,
        cwd="/",
    )
    try:
        wait_for_port(port, server, folder / "log")
        url = f"postgres://fidelizacion@127.0.0.1:{port}/postgres"
        _wait_until_started(url)
        yield url
    finally:
        log.close()
        server.send_signal(signal.SIGINT)  # "fast": its clients are ours, and gone
        server.wait(30)
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
    """How to start a broker and its address: Redis beside PostgreSQL, the demo's Valkey beside SQLite."""
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
