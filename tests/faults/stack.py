"""Run the product with fault points in its processes, a mail server that can fail, and a fake
Twilio.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.broker import free_port
from fidelizacion.celery import HEARTBEAT
from tests.fake_twilio import ACCOUNT, TOKEN, FakeTwilio
from tests.faults import points, sink
from tests.faults.database import Database
from tests.faults.database import seconds as time_of
from tests.stack import BASE, Stack, wait_for

DELIVERING = ("worker", "sweep")
ENQUEUE = """
import sys, django; django.setup()
from notifications import outbox
for number in range(int(sys.argv[2])):
    outbox.enqueue_rendered_email(dedup_key=f"{sys.argv[1]}:{number}", subject_ref="test", to="ana@empresa.example",
                         subject="Prueba", text="Prueba", html="")
"""


class SinkStack(Stack):
    """The product with the mail server of the fault tests (sink.py)."""

    def start_mail_server(self) -> None:
        self.mail_folder = self.folder / "sink"
        self.mail_folder.mkdir()
        sink.set_mode(self.mail_folder, "healthy")
        port = free_port()
        self.start("smtp", [sys.executable, "-m", "tests.faults.sink", str(port), str(self.mail_folder)])
        self.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"

    @property
    def database(self) -> Database:
        return Database(self.environment["DATABASE_URL"])

    def received(self) -> list[sink.Mail]:
        """Return the mails that the mail server accepted."""
        return list(sink.received(self.mail_folder))

    def enqueue_mails(self, name: str, count: int) -> None:
        """Enqueue mails to the outbox, and one task for each to the worker."""
        command = [sys.executable, "-c", ENQUEUE, name, str(count)]
        subprocess.run(command, cwd=BASE, env=self.environment, check=True)

    def states(self, name: str) -> list[str]:
        """Return the states of the mails enqueued under this name."""
        found = self.database.rows(
            "SELECT state FROM notifications_message WHERE dedup_key LIKE %s", f"{name}:%"
        )
        return [str(state) for (state,) in found]

    def worker_takes_tasks(self, seconds: float = 60) -> bool:
        """Whether the worker finishes a task, sent now, within this many seconds. The task is a
        heartbeat, which the sweep cannot do for it.
        """
        sent = time.time()
        heartbeat = ["-m", "celery", "-A", "fidelizacion", "call", HEARTBEAT]
        subprocess.run(
            [sys.executable, *heartbeat], cwd=BASE, env=self.environment, capture_output=True, check=True
        )

        def done() -> bool:
            found = self.database.rows("SELECT at FROM operations_heartbeat WHERE name = 'worker'")
            return any(time_of(at) >= sent for (at,) in found)

        return bool(wait_for(done, seconds))

    def halt(self, *names: str) -> None:
        """End the named processes in order with SIGTERM, as an operator does."""
        for name in names:
            process = self.children[name].process
            assert process
            process.send_signal(signal.SIGTERM)
        for name in names:
            process = self.children[name].process
            assert process
            process.wait(60)


class FaultyStack(SinkStack):
    """The product whose processes kill themselves at an armed point. SMS go to a fake Twilio."""

    def __init__(self, folder: Path, database_url: str, twilio_api: FakeTwilio, address: str) -> None:
        twilio = {"SMS_GATEWAY": "twilio", "TWILIO_BASE_URL": address, "TWILIO_FROM": "+15005550006"}
        account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
        super().__init__(folder, database_url, {**twilio, **account})
        self.twilio_api = twilio_api
        self._armed = folder / "armed"
        self.environment[points.ARMED] = str(self._armed)

    def commands(self) -> dict[str, list[str]]:
        def with_points(arguments: list[str]) -> list[str]:
            return ["-m", "tests.faults.process", *(word for word in arguments if word != "-m")]

        commands = {name: with_points(arguments) for name, arguments in super().commands().items()}
        commands["sweep"] += ["--interval", "0.1"]
        return commands

    def run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a command of `manage.py` with the fault points."""
        command = [sys.executable, "-m", "tests.faults.process", "manage.py", *arguments]
        log = (self.folder / "command.log").open("ab")
        with log:
            return subprocess.Popen(command, cwd=BASE, env=self.environment, stdout=log, stderr=log)

    def arm(self, point: str) -> None:
        written = self._armed.with_suffix(".new")
        written.write_text(point, encoding="utf-8")
        written.rename(self._armed)

    def has_killed(self) -> bool:
        return not self._armed.exists()

    def disarm(self) -> None:
        self._armed.unlink(missing_ok=True)

    def wait_for(self, what: Callable[[], Any], seconds: float = 60) -> Any:
        """Wait as tests.stack.wait_for does, and restart processes that have died, as an init
        system would.
        """

        def answer() -> Any:
            for child in self.children.values():
                if child.status is not None:
                    child.start(self.environment)
            return what()

        return wait_for(answer, seconds)

    def sms(self) -> list[dict[str, str]]:
        sent = [
            {"at": str(index), "text": form["Body"][0]}
            for index, (_path, form) in enumerate(self.twilio_api.requests)
        ]
        return sent[::-1]
