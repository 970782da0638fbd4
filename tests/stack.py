"""Run the product for tests: real web, worker, sweep, broker and mail server, on the database
engine under test.
"""

import mailbox
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from demo.broker import free_port
from demo.environment import demo_environment
from demo.processes import Child, kill_leftovers, stop
from demo.supervisor import WORKER
from tests import prepared
from tests.servers import broker_command

BASE = Path(__file__).resolve().parent.parent

# Of a cancellation in the demo: to the customer, to the advisor, and to five areas
MAILS_OF_A_REQUEST = 7


class Stack:
    """Starts the product's processes and reads what they sent: SMS from the demo's mailbox, mail
    from an SMTP server.
    """

    def __init__(self, folder: Path, database_url: str, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        # Only these three, because the suite's own variables would change the product's settings
        shell = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        services = {"OTP_RESEND_SECONDS": "0", **({"DATABASE_URL": database_url} if database_url else {})}
        self.environment = demo_environment(folder, self.port, shell, services | dict(variables or {}))
        self.environment["STATIC_ROOT"] = prepared.static_root()
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start_broker(self) -> None:
        broker = broker_command(self.folder / "broker", engine_under_test())
        if broker is None:
            absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            absent("skipped: Redis no está instalado (apt install redis-server)")
        command, self.environment["REDIS_URL"] = broker
        self.start("broker", command)

    def start_mail_server(self) -> None:
        address, folder = f"127.0.0.1:{free_port()}", str(self.folder / "mail")
        mailbox = ["-m", "aiosmtpd", "-n", "-l", address, "-c", "aiosmtpd.handlers.Mailbox", folder]
        self.start("smtp", [sys.executable, *mailbox])
        self.environment["EMAIL_URL"] = f"smtp://{address}"

    def prepare(self) -> None:
        """Create the tables, the static files and the sample directory."""
        prepared.prepare(self.environment)

    def commands(self) -> dict[str, list[str]]:
        """Return the Python arguments that start each process of the product, by its name."""
        return {
            "web": ["-m", "gunicorn", "fidelizacion.wsgi"],
            "worker": ["-m", "celery", "-A", "fidelizacion", "worker", *WORKER],
            "sweep": ["manage.py", "deliver_notifications", "--loop"],
        }

    def start_product(self, without: Collection[str] = ()) -> None:
        """Start the processes and wait until the web process answers; raise RuntimeError with its
        log after 180 s.
        """
        for name, arguments in self.commands().items():
            if name not in without:
                self.start(name, [sys.executable, *arguments])
        if not wait_for(lambda: answers(f"{self.base_url}/health/ready"), 180):
            raise RuntimeError((self.folder / "web.log").read_text(encoding="utf-8"))

    def start(self, name: str, command: list[str]) -> Child:
        """Start a process, which ends with the stack."""
        child = self.children.setdefault(name, Child(name, command, self.folder / f"{name}.log"))
        child.start(self.environment)
        return child

    def signal(self, number: signal.Signals, *names: str) -> None:
        """Send a signal to the named processes and to their children."""
        for name in names:
            process = self.children[name].process
            assert process
            os.killpg(process.pid, number)

    def sms(self) -> list[dict[str, str]]:
        """Return the SMS in the demo's mailbox, newest first."""
        response = httpx.get(f"{self.base_url}/demo/mensajes.json", timeout=60, trust_env=False)
        messages: list[dict[str, str]] = response.json()
        return [message for message in messages if message["channel"] == "sms"]

    def mails(self, number: str = "") -> list[EmailMessage]:
        """Return the mails that the SMTP server received; with a ticket's number, only those with
        it in the subject.
        """
        arrived: list[EmailMessage] = []
        for key, raw in mailbox.Maildir(self.folder / "mail", create=True).items():
            assert key
            parsed = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw.as_bytes())
            arrived.append(parsed)
        return [mail for mail in arrived if number in str(mail["Subject"])]

    def end(self) -> None:
        """Continue the processes that a test stopped, and kill all of them."""
        for child in self.children.values():
            if child.process and child.status is None:
                os.killpg(child.process.pid, signal.SIGCONT)
        # Without time to finish their work: test_demo.py tests the orderly end
        stop(list(self.children.values()), 0)
        kill_leftovers(self.folder)


def wait_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    """Call `what` every 50 ms until it returns a true value or the time is up; return the last
    value, which the test asserts.
    """
    deadline = time.monotonic() + seconds
    answer = what()
    while not answer and time.monotonic() < deadline:
        time.sleep(0.05)
        answer = what()
    return answer


@contextmanager
def database(engine: str) -> Iterator[str]:
    """Create an empty database on the server under test and return its URL; an empty URL for
    SQLite, for which the product makes a file.
    """
    if engine != "postgresql":
        yield ""
        return
    server, name = os.environ["DATABASE_URL"], f"processes_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    yield f"{server.rpartition('/')[0]}/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def engine_under_test() -> str:
    return "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"


@contextmanager
def running(
    folder: Path, variables: Mapping[str, str] | None = None, *, without: Collection[str] = ()
) -> Iterator[Stack]:
    """Run the product in `folder`, with these variables besides the demo's own and without these
    processes, and return it when it answers.
    """
    with database(engine_under_test()) as url, Stack(folder, url, variables) as stack:
        stack.start_broker()
        stack.start_mail_server()
        stack.prepare()
        stack.start_product(without)
        yield stack


def answers(url: str, headers: Mapping[str, str] | None = None) -> bool:
    """Whether a GET of this URL answers 200."""
    try:
        return httpx.get(url, headers=headers, timeout=10, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def pytest_configure() -> None:
    """Make the folder of prepared databases before xdist starts its workers, so that all use
    the same one.
    """
    prepared.folder()
