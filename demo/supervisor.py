"""Runs the whole product on this machine: prepares its data, starts its processes, restarts those
that die and stops them all.
"""

import fcntl
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from demo import broker
from demo.environment import demo_environment
from demo.preflight import LAST_PORT, port_problem, port_taken
from demo.processes import Child, end_with_parent, kill_leftovers, stop

READY_SECONDS = 60
# Ctrl-C may take 10 s in all. The broker stops last, so that workers can hand their tasks back
STOP_SECONDS, STOP_BROKER_SECONDS = 6.0, 1.5
PAUSE = 0.1
WORKER = ("--concurrency", "2", "--without-gossip", "--without-mingle")
# Options of the worker that sends only PINs, so that they do not wait for mails. It uses threads,
# because it mostly waits for the gateway
CODES_WORKER = (
    "--queues",
    "codes",
    "--pool",
    "threads",
    "--concurrency",
    "20",
    "--hostname",
    "codes@%h",
    *WORKER[2:],
)


class CannotStart(Exception):
    """The demo cannot run; the message is one line that says why and what to do."""


class Supervisor:
    """One demo, in the folder var/demo/PORT."""

    def __init__(self, base: Path, port: int, say: Callable[[str], None]) -> None:
        self.base, self.port, self.say = base, port, say
        self.folder = base / "var" / "demo" / str(port)
        self.environment: dict[str, str] = {}
        self.broker: list[Child] = []
        self.children: list[Child] = []
        self.stopping = False

    def run(self, when_ready: Callable[[dict[str, str]], None]) -> None:
        """Run until a signal. Raises CannotStart if it cannot start or a process keeps dying."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        with self._locked():
            try:
                self._start()
                if self._wait_until_ready():
                    when_ready(self.environment)
                self._watch()
            finally:
                stop(self.children, STOP_SECONDS)
                stop(self.broker, STOP_BROKER_SECONDS)
                kill_leftovers(self.folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock, so that one demo at a time runs in it.

        Leftovers of a killed demo are ended before the port is checked, because they may hold it.
        """
        try:
            (self.folder / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("w")
        except OSError as error:
            raise CannotStart(f"No se puede escribir en {self.folder}: {error.strerror}") from None
        with lock:
            try:
                fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(
                    port_taken(self.port) or "Otra demostración está empezando o terminando: espere"
                ) from None
            kill_leftovers(self.folder)
            if problem := port_taken(self.port):
                raise CannotStart(problem)
            yield

    def _ask_to_stop(self, _signal: int, _frame: object) -> None:
        self.stopping = True

    def _start(self) -> None:
        self.environment = demo_environment(self.folder, self.port, os.environ)
        try:
            command, self.environment["REDIS_URL"] = broker.server(self.folder / "valkey")
        except broker.NoBroker as missing:
            raise CannotStart(str(missing)) from None
        self.broker = [self._child("mensajería", command, "valkey")]
        self._launch(self.broker)
        self._prepare()
        if self.stopping:
            return
        celery = [sys.executable, "-m", "celery", "-A", "fidelizacion"]
        schedule = str(self.folder / "beat-schedule")
        self.children = [
            self._child("web", [sys.executable, "-m", "gunicorn", "fidelizacion.wsgi"], "web"),
            self._child("trabajador", [*celery, "worker", "--queues", "celery", *WORKER], "worker"),
            self._child("códigos", [*celery, "worker", *CODES_WORKER], "codes"),
            self._child("agenda", [*celery, "beat", "--schedule", schedule, "--pidfile="], "beat"),
            self._child("repaso", [sys.executable, "manage.py", "deliver_notifications", "--loop"], "sweep"),
        ]
        self._launch(self.children)

    def _child(self, name: str, command: Sequence[str], log: str) -> Child:
        path = self.folder / "logs" / f"{log}.log"
        path.write_bytes(b"")
        return Child(name, command, path, self.base)

    def _launch(self, children: Sequence[Child]) -> None:
        for child in children:
            child.start(self.environment)

    def _prepare(self) -> None:
        """Run `demo --prepare` (prepare.py) in a process that has the demo's environment."""
        step = self._child("preparación", [sys.executable, "manage.py", "demo", "--prepare"], "prepare")
        self._launch([step])
        while step.status is None and not self.stopping:
            time.sleep(PAUSE)
        if step.status is None:
            stop([step], STOP_SECONDS)
        elif step.status != 0:
            raise CannotStart(self._last_log_line(step))

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not self.stopping:
            for child in self.children:
                if child.status is not None:
                    raise CannotStart(self._last_log_line(child))
            if self._answers():
                return True
            time.sleep(PAUSE)
        if not self.stopping:
            raise CannotStart(
                f"El portal no respondió en {READY_SECONDS} s: vea {self.folder / 'logs' / 'web.log'}"
            )
        return False

    def _answers(self) -> bool:
        # Without the proxy that the shell's environment may name
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/health/ready", timeout=2) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    def _watch(self) -> None:
        """Restart each process that ends, until the demo is asked to stop."""
        while not self.stopping:
            time.sleep(PAUSE)
            for child in [*self.broker, *self.children]:
                status = child.status
                if status is None or self.stopping:
                    continue
                if not child.may_restart():
                    raise CannotStart(f"«{child.name}» se detiene una y otra vez: vea {child.log}")
                self.say(f"«{child.name}» se detuvo (código {status}): se inicia otra vez.")
                child.start(self.environment)

    @staticmethod
    def _last_log_line(child: Child) -> str:
        """Return a refusal with the last line of the log, where a process says why it stopped."""
        lines = child.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return (
            f"«{child.name}» no pudo empezar: {lines[-1] if lines else 'sin mensaje'} (registro: {child.log})"
        )


def checked_port(raw: str) -> int:
    """Return the port as a number. Raises CannotStart.

    Whether it is free is checked later, once the folder's leftovers have been ended.
    """
    if not (raw.isdecimal() and raw.isascii() and 0 < int(raw) <= LAST_PORT):
        raise CannotStart(port_problem(raw))
    return int(raw)


def end_when_parent_does() -> None:
    """Make sure that this process, and so the whole demo, ends when `make` is killed."""
    parent = os.getppid()
    end_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)
