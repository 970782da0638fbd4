"""Starts the product and the floors, each with its own gunicorn, on PostgreSQL or SQLite."""

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

import psycopg

from bench import processor
from bench.load import LoadGenerator
from bench.requests import signed_in
from bench.rounds import Server
from demo.broker import free_port
from demo.processes import Child, stop
from demo.supervisor import WORKER
from tests.servers import postgresql, postgresql_binaries, wait_for_port
from tests.stack import BASE, Stack, answers, database, wait_for

# Limits that no measured client reaches. X-Forwarded-For is trusted, so that each client can have
# another address
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


class Checkout(Stack):
    """The product in a folder: that of this version or of another one."""

    def __init__(self, base: Path, folder: Path, database_url: str, variables: Mapping[str, str]) -> None:
        super().__init__(folder, database_url, variables)
        self.base = base
        self.mail_port = 0
        self.environment["STATIC_ROOT"] = str(folder / "static")

    def start(self, name: str, command: list[str]) -> Child:
        child = self.children.setdefault(name, Child(name, command, self.folder / f"{name}.log", self.base))
        child.start(self.environment)
        return child

    def start_mail_server(self, seconds: float = 0.0) -> None:
        """Start the bench's mail server (sink.py), which takes `seconds` for each mail."""
        self.mail_port = self.mail_port or free_port()
        self.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{self.mail_port}"
        command = [sys.executable, "-m", "bench.sink", str(self.mail_port), str(self.accepted), str(seconds)]
        self.children["smtp"] = Child("smtp", command, self.folder / "smtp.log", BASE)
        self.children["smtp"].start(self.environment)

    def stop_mail_server(self) -> None:
        """Stop the mail server, so that its port refuses connections."""
        stop([self.children["smtp"]], 5)

    def restart_mail_server(self, seconds: float = 0.0) -> None:
        """Start the mail server again on the same port, and wait until it listens."""
        self.stop_mail_server()
        self.start_mail_server(seconds)
        server = self.children["smtp"]
        if server.process:
            wait_for_port(self.mail_port, server.process, server.log)

    def renew_web_workers(self) -> None:
        """Let gunicorn replace its processes, and wait until only new ones answer."""
        master = pid_of(self.children["web"])
        old = set(processor.children(master))
        os.kill(master, signal.SIGHUP)
        wait_for(lambda: len(new := processor.children(master)) == len(old) and old.isdisjoint(new))
        wait_for(lambda: answers(f"{self.base_url}/health/live"))

    @property
    def accepted(self) -> Path:
        """The file in which the mail server writes when it accepted each mail."""
        return self.folder / "accepted"

    def prepare(self) -> None:
        """Prepare tables and files with this version's command."""
        self._manage("demo", "--prepare")
        # A request then makes two mails, as on the floors: each of the demo's areas would get one
        self._manage("shell", "-c", "from tickets.models import Area; Area.objects.update(is_active=False)")

    def _manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=self.base, env=self.environment, check=True)


@dataclass(frozen=True)
class Sink:
    """A running mail server, and the file in which it writes when it accepted each mail."""

    port: int
    path: Path


@dataclass
class Bench:
    """Starts servers when a row first needs them, and stops them at the end.

    `engines` are measured one after the other. `baseline` is the folder of another version of the
    product, which is measured in the same rounds. `asked` holds the rows named in the command.
    """

    engines: tuple[str, ...] = ("postgresql", "sqlite")
    baseline: Path | None = None
    asked: frozenset[str] = frozenset()
    generator: LoadGenerator = field(default_factory=LoadGenerator)
    _cleanup: ExitStack = field(default_factory=ExitStack)
    _folders: int = 0
    _postgresql: str = ""
    _products: dict[tuple[Path, str, str], Checkout] = field(default_factory=dict)
    _floors: dict[tuple[str, str], Server] = field(default_factory=dict)
    _environments: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._root = Path(self._cleanup.enter_context(TemporaryDirectory(prefix="fidelizacion-bench-")))
        self._cleanup.callback(self.generator.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def product(self, engine: str = "postgresql") -> Checkout:
        """Return the running product on this engine."""
        return self._checkout(BASE, engine)

    def extra_product(self, name: str) -> Checkout:
        """Return another running product on PostgreSQL, with a database for one row."""
        return self._checkout(BASE, "postgresql", name)

    def is_asked_for(self, row: str) -> bool:
        """Whether the command named the row; then it may take longer than in the whole table."""
        return row in self.asked

    def before(self, engine: str) -> list[Checkout]:
        """Return the running version that BASELINE names, or an empty list if it names none."""
        return [self._checkout(self.baseline, engine)] if self.baseline else []

    def floor(self, name: str, engine: str = "postgresql") -> Server:
        """Return the running floor, "fair" or "bare", on this engine."""
        if (name, engine) not in self._floors:
            self._floors[name, engine] = self._cleanup.enter_context(self._floor(name, engine))
        return self._floors[name, engine]

    def floor_environment(self, name: str, engine: str) -> dict[str, str]:
        """Return the environment of a floor's processes."""
        self.floor(name, engine)
        return self._environments[name, engine]

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        """Run a mail server for the block."""
        folder, port = self.folder(), free_port()
        path = folder / "accepted"
        with started("sink", folder, os.environ, "bench.sink", str(port), str(path)) as server:
            if server.process:
                wait_for_port(port, server.process, server.log)
            yield Sink(port, path)

    @contextmanager
    def floor_deliverer(self, name: str, engine: str, port: int) -> Iterator[Child]:
        """Run the process that sends a floor's mails to this port, for the block."""
        environment = self.floor_environment(name, engine)
        with started("deliver", self.folder(), environment, f"bench.{name}.deliver", str(port)) as process:
            yield process

    def server(self, stack: Stack, engine: str) -> Server:
        """Return the web process of a product."""
        return Server(stack.port, pid_of(stack.children["web"]), self.database_pid(engine))

    def database_pid(self, engine: str) -> int:
        """Return the process id of PostgreSQL, or 0 with SQLite."""
        if engine != "postgresql":
            return 0
        with psycopg.connect(self._postgresql) as connection:
            (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        return int(Path(folder, "postmaster.pid").read_text(encoding="ascii").split()[0])

    @contextmanager
    def delivery_paused(self, *stacks: Stack) -> Iterator[None]:
        """Pause worker and sweep, so that delivery does not use the processor meanwhile."""
        for stack in stacks:
            stack.signal(signal.SIGSTOP, *DELIVERING)
        try:
            yield
        finally:
            for stack in stacks:
                stack.signal(signal.SIGCONT, *DELIVERING)

    @contextmanager
    def product_with(self, variables: Mapping[str, str]) -> Iterator[int]:
        """Run a second web process and worker with these extra variables; yield the web's port.

        The product's first worker and sweep are paused meanwhile.
        """
        stack = self.product()
        worker = ("-A", "fidelizacion", "worker", *WORKER)
        with (
            self.delivery_paused(stack),
            self.web_process(stack, variables=variables) as (port, _web),
            started("worker", self.folder(), {**stack.environment, **variables}, "celery", *worker),
        ):
            yield port

    @contextmanager
    def web_process(
        self, stack: Stack, *arguments: str, variables: Mapping[str, str] | None = None, wait: bool = True
    ) -> Iterator[tuple[int, Child]]:
        """Run another web process of the product with these variables; yield its port."""
        port = free_port()
        environment = {**stack.environment, **(variables or {}), "WEB_BIND": f"127.0.0.1:{port}"}
        with started("web", self.folder(), environment, "gunicorn", *arguments, "fidelizacion.wsgi") as web:
            if wait:
                wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"))
            yield port, web

    @contextmanager
    def floor_process(self, name: str) -> Iterator[tuple[int, Child]]:
        """Run another web process of a floor on PostgreSQL; yield its port at once."""
        port = free_port()
        environment = {**self.floor_environment(name, "postgresql"), "WEB_BIND": f"127.0.0.1:{port}"}
        with started(name, self.folder(), environment, "gunicorn", f"bench.{name}.wsgi") as web:
            yield port, web

    def folder(self) -> Path:
        """Create an empty folder."""
        self._folders += 1
        folder = self._root / str(self._folders)
        folder.mkdir()
        return folder

    def _checkout(self, base: Path, engine: str, name: str = "") -> Checkout:
        if (base, engine, name) not in self._products:
            with self._engine(engine):
                url = self._cleanup.enter_context(database(engine))
                stack = self._cleanup.enter_context(Checkout(base, self.folder(), url, VARIABLES))
                stack.start_broker()
            stack.start_mail_server()
            stack.prepare()
            stack.start_product()
            signed_in(stack)  # now, because it reads the newest SMS, and the bench has sent no other
            self._products[base, engine, name] = stack
        return self._products[base, engine, name]

    @contextmanager
    def _engine(self, engine: str) -> Iterator[None]:
        """Set DATABASE_URL during the block: the tests' helpers read the engine from it."""
        before = os.environ.pop("DATABASE_URL", None)
        if engine == "postgresql":
            os.environ["DATABASE_URL"] = self._postgresql or self._start_postgresql()
        try:
            yield
        finally:
            os.environ.pop("DATABASE_URL", None)
            if before is not None:
                os.environ["DATABASE_URL"] = before

    def _start_postgresql(self) -> str:
        binaries = postgresql_binaries()
        if binaries is None:
            raise NotInstalled("PostgreSQL no está instalado (apt install postgresql)")
        self._postgresql = self._cleanup.enter_context(postgresql(binaries))
        return self._postgresql

    @contextmanager
    def _floor(self, name: str, engine: str) -> Iterator[Server]:
        folder, port = self.folder(), free_port()
        with ExitStack() as cleanup:
            with self._engine(engine):
                url = cleanup.enter_context(database(engine)) or f"sqlite:///{folder / 'floor.sqlite3'}"
            environment = {
                "PATH": os.environ["PATH"],
                "DJANGO_SETTINGS_MODULE": f"bench.{name}.settings",
                "DATABASE_URL": url,
                "FLOOR_FOLDER": str(folder),
                "WEB_BIND": f"127.0.0.1:{port}",
            }
            self._environments[name, engine] = environment
            migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
            subprocess.run(migrate, cwd=BASE, env=environment, check=True)
            web = cleanup.enter_context(started(name, folder, environment, "gunicorn", f"bench.{name}.wsgi"))
            if not wait_for(lambda: web.status is not None or answers(f"http://127.0.0.1:{port}/start/")):
                raise RuntimeError(web.log.read_text(encoding="utf-8"))
            yield Server(port, pid_of(web), self.database_pid(engine))


def pid_of(child: Child) -> int:
    """Return the process id of a started child."""
    if child.process is None:
        raise RuntimeError(f"«{child.name}» no empezó")
    return child.process.pid


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
