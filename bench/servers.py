"""Starts the product and the floor, each with its own gunicorn, on PostgreSQL or SQLite."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from bench.load import LoadGenerator
from bench.requests import signed_in
from demo.broker import free_port
from demo.processes import Child
from demo.supervisor import WORKER
from tests.servers import postgresql, postgresql_binaries
from tests.stack import BASE, Stack, answers, database, running, wait_for

# No measured client may reach a limit; X-Forwarded-For is believed, so that each client can have
# its own address
VARIABLES = {
    "TRUSTED_PROXIES": "127.0.0.1/32",
    "OTP_SENDS_PER_PHONE": "1000000/d",
    "OTP_SENDS_PER_ADDRESS": "1000000/d",
    "OTP_SENDS_PER_SESSION": "1000000/d",
    "OTP_SENDS_PER_DAY": "1000000/d",
    "OTP_FAILURES_PER_ADDRESS": "1000000/d",
    "OTP_FAILURES_ALARM": "1000000/d",
    "UPLOAD_QUOTA_PER_PHONE": "1000000/d",
}
DELIVERING = ("worker", "sweep")


class NotInstalled(Exception):
    """A program that a row needs is not installed; the message says which."""


@dataclass
class Bench:
    """Starts servers when a row first needs them, and stops them at the end."""

    generator: LoadGenerator = field(default_factory=LoadGenerator)
    _cleanup: ExitStack = field(default_factory=ExitStack)
    _folders: int = 0
    _postgresql: str = ""
    _products: dict[str, Stack] = field(default_factory=dict)
    _floors: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._root = Path(self._cleanup.enter_context(TemporaryDirectory(prefix="fidelizacion-bench-")))
        self._cleanup.callback(self.generator.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def product(self, engine: str = "postgresql") -> Stack:
        """Return the running product on this engine."""
        if engine not in self._products:
            with self._engine(engine):
                stack = self._cleanup.enter_context(running(self.folder(), VARIABLES))
            signed_in(stack)  # now, while no other SMS can be newer than theirs
            self._products[engine] = stack
        return self._products[engine]

    def floor(self, engine: str = "postgresql") -> int:
        """Return the port of the running floor on this engine."""
        if engine not in self._floors:
            self._floors[engine] = self._cleanup.enter_context(self._floor(engine))
        return self._floors[engine]

    @contextmanager
    def delivery_paused(self, stack: Stack) -> Iterator[None]:
        """Pause worker and sweep, so that delivery does not use the processor meanwhile."""
        stack.signal(signal.SIGSTOP, *DELIVERING)
        try:
            yield
        finally:
            stack.signal(signal.SIGCONT, *DELIVERING)

    @contextmanager
    def product_with(self, variables: Mapping[str, str]) -> Iterator[int]:
        """Run a second web process and worker with these variables too; yield the web's port.

        The product's own worker and sweep are paused meanwhile.
        """
        stack, port, folder = self.product(), free_port(), self.folder()
        environment = {**stack.environment, **variables, "WEB_BIND": f"127.0.0.1:{port}"}
        worker = ("-A", "fidelizacion", "worker", *WORKER)
        with (
            self.delivery_paused(stack),
            started("web", folder, environment, "gunicorn", "fidelizacion.wsgi"),
            started("worker", folder, environment, "celery", *worker),
        ):
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"), 30)
            yield port

    def folder(self) -> Path:
        """Create an empty folder."""
        self._folders += 1
        folder = self._root / str(self._folders)
        folder.mkdir()
        return folder

    @contextmanager
    def _engine(self, engine: str) -> Iterator[None]:
        """Set DATABASE_URL, from which the tests' helpers take the engine."""
        before = os.environ.pop("DATABASE_URL", None)
        if engine == "postgresql":
            if not self._postgresql:
                binaries = postgresql_binaries()
                if binaries is None:
                    raise NotInstalled("PostgreSQL no está instalado (apt install postgresql)")
                self._postgresql = self._cleanup.enter_context(postgresql(binaries))
            os.environ["DATABASE_URL"] = self._postgresql
        try:
            yield
        finally:
            os.environ.pop("DATABASE_URL", None)
            if before is not None:
                os.environ["DATABASE_URL"] = before

    @contextmanager
    def _floor(self, engine: str) -> Iterator[int]:
        folder, port = self.folder(), free_port()
        with ExitStack() as cleanup:
            with self._engine(engine):
                url = cleanup.enter_context(database(engine)) or f"sqlite:///{folder / 'floor.sqlite3'}"
            environment = {
                "PATH": os.environ["PATH"],
                "DJANGO_SETTINGS_MODULE": "bench.floor.settings",
                "DATABASE_URL": url,
                "FLOOR_FOLDER": str(folder),
                "WEB_BIND": f"127.0.0.1:{port}",
            }
            migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
            subprocess.run(migrate, cwd=BASE, env=environment, check=True)
            cleanup.enter_context(started("floor", folder, environment, "gunicorn", "bench.floor.wsgi"))
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/start/"), 30)
            yield port


@contextmanager
def started(
    name: str, folder: Path, environment: Mapping[str, str], module: str, *arguments: str
) -> Iterator[Child]:
    """Run a Python module as a process that ends with the block."""
    child = Child(name, [sys.executable, "-m", module, *arguments], folder / f"{name}.log", BASE)
    child.start(dict(environment))
    try:
        yield child
    finally:
        child.ask_to_stop()
        if child.process:
            child.process.wait(30)
