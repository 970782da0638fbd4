"""The product with the fault points in its processes, a mail server that can fail, and a stand-in
for Twilio.
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
from tests.faults.ledger import Ledger
from tests.faults.ledger import seconds as time_of
from tests.stack import BASE, Stack, wait_for

DELIVERING = ("worker", "sweep")
ENQUEUE = """
import sys, django; django.setup()
from notifications import outbox
for number in range(int(sys.argv[2])):
    outbox.enqueue_email(dedup_key=f"{sys.argv[1]}:{number}", subject_ref="test", to="ana@empresa.example",
                         subject="Prueba", text="Prueba", html="")
"""


class Sinking(Stack):
    """The product with the mail server of the fault runs (sink.py)."""

    def start_mail_server(self) -> None:
        self.mail_folder = self.folder / "sink"
        self.mail_folder.mkdir()
        sink.set_mode(self.mail_folder, "healthy")
        port = free_port()
        self.start("smtp", [sys.executable, "-m", "tests.faults.sink", str(port), str(self.mail_folder)])
        self.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.environment["DATABASE_URL"])

    def received(self) -> list[sink.Mail]:
        """What the mail server has said 250 to."""
        return list(sink.received(self.mail_folder))

    def owe_mails(self, name: str, count: int) -> None:
        """Each is announced to the worker once."""
        command = [sys.executable, "-c", ENQUEUE, name, str(count)]
        subprocess.run(command, cwd=BASE, env=self.environment, check=True)

    def states(self, name: str) -> list[str]:
        """Of the mails owed by that name."""
        found = self.ledger.rows(
            "SELECT state FROM notifications_message WHERE dedup_key LIKE %s", f"{name}:%"
        )
        return [str(state) for (state,) in found]

    def worker_takes_tasks(self, seconds: float = 60) -> bool:
        """Whether a task that is sent now is done within this time, without the sweep, which does
        no heartbeat.
        """
        sent = time.time()
        heartbeat = ["-m", "celery", "-A", "fidelizacion", "call", HEARTBEAT]
        subprocess.run(
            [sys.executable, *heartbeat], cwd=BASE, env=self.environment, capture_output=True, check=True
        )

        def done() -> bool:
            found = self.ledger.rows("SELECT at FROM operations_heartbeat WHERE name = 'worker'")
            return any(time_of(at) >= sent for (at,) in found)

        return bool(wait_for(done, seconds))

    def halt(self, *names: str) -> None:
        """Ends these as an operator does."""
        for name in names:
            process = self.children[name].process
            assert process
            process.send_signal(signal.SIGTERM)
        for name in names:
            process = self.children[name].process
            assert process
            process.wait(60)


class Faulty(Sinking):
    """Each of its processes ends itself at the point that is armed. SMS go to a stand-in for
    Twilio.
    """

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
        """A command of `manage.py`, with the points in it."""
        command = [sys.executable, "-m", "tests.faults.process", "manage.py", *arguments]
        log = (self.folder / "command.log").open("ab")
        with log:
            return subprocess.Popen(command, cwd=BASE, env=self.environment, stdout=log, stderr=log)

    def arm(self, point: str) -> None:
        written = self._armed.with_suffix(".new")
        written.write_text(point, encoding="utf-8")
        written.rename(self._armed)

    def has_struck(self) -> bool:
        return not self._armed.exists()

    def disarm(self) -> None:
        self._armed.unlink(missing_ok=True)

    def wait_for(self, what: Callable[[], Any], seconds: float = 60) -> Any:
        """As wait_for; meanwhile whatever is dead starts again, as under an init system."""

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
