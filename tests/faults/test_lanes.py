"""The worker and the sweep send a burst of PINs at once while the mail server hangs, because codes
and mails have separate queues.
"""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from demo.supervisor import CODES_WORKER
from tests.fake_twilio import ACCOUNT, TOKEN, FakeTwilio, listening
from tests.faults import sink
from tests.faults.database import seconds
from tests.faults.stack import SinkStack
from tests.stack import BASE, database, engine_under_test, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

BURST, MAILS = 20, 6
ENQUEUE = """
import sys, django; django.setup()
from datetime import timedelta
from django.utils import timezone
from notifications import outbox
from jobs.enqueue import enqueue
from otp.pin import challenges, codes
from otp.models import Challenge
for number in range(int(sys.argv[1])):
    outbox.enqueue_rendered_email(dedup_key=f"mail:{number}", subject_ref="test", to="ana@empresa.example",
                         subject="Prueba", text="Prueba", html="")
for number in range(int(sys.argv[2])):
    now = timezone.now()
    made = Challenge.objects.create(phone="+593991234567", session_ref=f"{number:064}", nonce=codes.new_nonce(),
                                    created_at=now, expires_at=now + timedelta(minutes=5))
    enqueue(challenges.SEND_TASK, made.pk)
"""


class TwilioStack(SinkStack):
    """The product with SMS by a fake Twilio."""

    def __init__(self, folder: Path, url: str, address: str) -> None:
        twilio = {"SMS_GATEWAY": "twilio", "TWILIO_BASE_URL": address, "TWILIO_FROM": "+15005550006"}
        super().__init__(folder, url, {**twilio, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN})

    def commands(self) -> dict[str, list[str]]:
        """Limit the worker to mails, as in docker-compose.yml; another worker sends the codes."""
        commands = super().commands()
        commands["worker"] += ["--queues", "celery"]
        return commands

    def enqueue(self, *, mails: int = 0, codes: int = 0) -> None:
        command = [sys.executable, "-c", ENQUEUE, str(mails), str(codes)]
        subprocess.run(command, cwd=BASE, env=self.environment, check=True)

    def busy_with_mails(self) -> bool:
        return bool(
            self.database.number("SELECT count(*) FROM notifications_message WHERE state = 'sending'")
        )

    def codes_worker_answers(self) -> bool:
        command = [sys.executable, "-m", "celery", "-A", "fidelizacion", "inspect", "ping", "--timeout", "2"]
        done = subprocess.run(
            command, cwd=BASE, env=self.environment, capture_output=True, text=True, check=False
        )
        return "codes@" in done.stdout

    def sent(self) -> bool:
        return self.database.number("SELECT count(*) FROM otp_challenge WHERE outcome = 'handled'") == BURST

    def took(self) -> float:
        """Return the seconds from the creation of the first code to the sending of the last."""
        ((first, last),) = self.database.rows("SELECT min(created_at), max(handled_at) FROM otp_challenge")
        return seconds(last) - seconds(first)


@contextmanager
def product(folder: Path, twilio_api: FakeTwilio) -> Iterator[TwilioStack]:
    with (
        listening(twilio_api) as address,
        database(engine_under_test()) as url,
        TwilioStack(folder, url, address) as started,
    ):
        started.start_broker()
        started.start_mail_server()
        started.prepare()
        started.start_product()
        yield started


@pytest.mark.parametrize("by", ["worker", "sweep"])
def test_a_burst_of_codes_leaves_at_once_while_mails_are_slow(
    tmp_path: Path, by: str, record_property: Callable[[str, Any], None]
) -> None:
    """The fake answers only when all twenty requests are waiting: codes sent one after the other
    would never get an answer.
    """
    twilio_api = FakeTwilio(gathering=Barrier(BURST), seconds=1.0)
    with product(tmp_path, twilio_api) as started:
        if by == "worker":
            started.halt("sweep")
            started.start(
                "codes", [sys.executable, "-m", "celery", "-A", "fidelizacion", "worker", *CODES_WORKER]
            )
            assert wait_for(started.codes_worker_answers, 60)
        sink.set_mode(started.mail_folder, "mute")
        started.enqueue(mails=MAILS)
        assert wait_for(started.busy_with_mails)
        if by == "sweep":
            started.signal(signal.SIGSTOP, "broker")
        started.enqueue(codes=BURST)
        assert wait_for(started.sent, 60)
        assert len(twilio_api.requests) == BURST
        record_property(
            "figures", f"{BURST} codes of 1 s each by the {by}, mails mute: {started.took():.1f} s"
        )
