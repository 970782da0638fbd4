"""A process kills itself at each named point, in the web, the worker and the command: nothing is
lost (R7.01).

Two waits are shortened: the tests end the dead process's lease in the database, which otherwise
expires after two minutes, and the sweep runs ten times a second.
"""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from tests.faults import points
from tests.faults.invariants import Findings, check, count_unsent
from tests.faults.stack import DELIVERING, FaultyStack
from tests.processes.visitor import File, Form, Visitor, a_real_pdf

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

PHONE, FORM = "0991234567", "/fidelizacion/solicitud/"
# The server has accepted the mail and the database does not know it, so the product sends it again,
# with the same Message-ID
SENT_TWICE = {"after the 250", "before recording", "recording"}
STATES = "SELECT state FROM notifications_message WHERE subject_ref LIKE 'ticket:%' AND state <> 'sent'"
RUNS = [pytest.param(1, id="once"), pytest.param(20, id="20 times", marks=pytest.mark.prove)]

Show = Callable[[str, Any], None]


@dataclass
class Trial:
    """The product, a signed-in visitor, and the state before the test."""

    faulty: FaultyStack
    visitor: Visitor
    before: Findings
    show: Show

    def open_form(self) -> tuple[Form, dict[str, str]]:
        self.visitor.page = self.visitor.browser.get(FORM)
        return self.visitor.form("reason"), self.visitor.answers()

    def all_is_sent(self) -> bool:
        return bool(self.faulty.wait_for(lambda: count_unsent(self.faulty.database) == 0))

    def judge(self, where: str, runs: int, extra: int) -> None:
        """Check I1-I5, and that exactly `extra` mails arrived twice: fewer would mean that the
        process died at another point.
        """
        found = check(self.faulty.database, self.faulty.received())
        assert found.wrong() == []
        assert found.tickets - self.before.tickets == runs
        assert found.extra - self.before.extra == extra
        if runs > 1:
            self.show(
                "figures", f"{where}: {runs} kills, {runs} tickets, 0 lost, 0 unexpected, {extra} mails twice"
            )


@pytest.fixture(scope="module")
def visitor(faulty: FaultyStack) -> Iterator[Visitor]:
    with Visitor(faulty) as signed_in:
        signed_in.sign_in(PHONE)
        yield signed_in


@pytest.fixture
def trial(faulty: FaultyStack, visitor: Visitor, record_property: Show) -> Iterator[Trial]:
    yield Trial(faulty, visitor, check(faulty.database, faulty.received()), record_property)
    faulty.disarm()


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("point", points.WEB)
def test_after_a_web_process_dies_the_same_form_sent_again_makes_one_ticket(
    trial: Trial, point: str, runs: int
) -> None:
    faulty, visitor = trial.faulty, trial.visitor
    document: dict[str, File] = {"attachments": a_real_pdf()}
    for _ in range(runs):
        form, typed = trial.open_form()
        there = tickets(faulty)
        faulty.arm(point)
        with pytest.raises(httpx.TransportError):
            visitor.send(form, document, **typed)
        assert faulty.has_killed()
        assert tickets(faulty) - there == (point == "after COMMIT")
        visitor.send(form, document, **typed)
        assert visitor.ticket_number()
    assert trial.all_is_sent()
    trial.judge(f"web, {point}", runs, extra=0)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("point", points.SENDING)
def test_a_child_of_the_worker_dies_and_the_sweep_sends(trial: Trial, point: str, runs: int) -> None:
    faulty, visitor = trial.faulty, trial.visitor
    for _ in range(runs):
        form, typed = trial.open_form()
        faulty.arm(point)
        visitor.send(form, {}, **typed)
        assert visitor.ticket_number()
        assert faulty.wait_for(faulty.has_killed)
        # No living process may hold a lease when the leases are ended
        assert faulty.wait_for(partial(sending_has_stopped, faulty))
        faulty.database.end_leases()
        assert trial.all_is_sent()
    trial.judge(f"worker, {point}", runs, extra=runs if point in SENT_TWICE else 0)


@pytest.fixture
def without_delivery(faulty: FaultyStack) -> Iterator[None]:
    """Stop the worker and the sweep during the test."""
    faulty.halt(*DELIVERING)
    yield
    for name in DELIVERING:
        faulty.children[name].start(faulty.environment)


@pytest.mark.prove
@pytest.mark.parametrize("point", points.SENDING)
def test_the_command_dies_and_sends_when_it_is_run_again(
    trial: Trial, without_delivery: None, point: str
) -> None:
    faulty, visitor, runs = trial.faulty, trial.visitor, 5  # not more: each run starts two processes
    for _ in range(runs):
        form, typed = trial.open_form()
        visitor.send(form, {}, **typed)
        faulty.arm(point)
        assert faulty.run("deliver_notifications").wait(60) == -signal.SIGKILL
        faulty.database.end_leases()
        assert faulty.run("deliver_notifications").wait(60) == 0
        assert count_unsent(faulty.database) == 0
    trial.judge(f"command, {point}", runs, extra=runs if point in SENT_TWICE else 0)


@pytest.mark.parametrize("runs", RUNS)
def test_after_a_worker_dies_with_a_code_accepted_by_twilio_the_same_code_is_sent_once_more(
    faulty: FaultyStack, runs: int, record_property: Show
) -> None:
    """R1.24: the gateway cannot recognise a repeated SMS, so the product repeats it once at most,
    with the same code.
    """
    for _ in range(runs):
        asked = len(faulty.twilio_api.requests)
        with Visitor(faulty) as visitor:
            faulty.arm(points.SMS)
            visitor.send(visitor.form("phone"), phone=PHONE)
            assert faulty.wait_for(faulty.has_killed)
            faulty.database.end_leases()
            assert faulty.wait_for(lambda: pending(faulty) == 0)
            first, second = faulty.sms()[: len(faulty.twilio_api.requests) - asked]
            assert first["text"] == second["text"]
    if runs > 1:
        record_property("figures", f"worker, {points.SMS} for a code: {runs} kills, 0 lost, each code twice")


@pytest.mark.prove
def test_after_a_process_dies_with_an_sms_accepted_by_twilio_it_is_sent_once_more(
    faulty: FaultyStack, record_property: Show
) -> None:
    asked = len(faulty.twilio_api.requests)
    for sent in range(1, 21):
        faulty.arm(points.SMS)
        command = faulty.run("send_test_message", "--sms", PHONE)
        assert faulty.wait_for(faulty.has_killed, 60)
        faulty.database.end_leases()
        # 0 when the worker sent the message before the command did
        assert command.wait(60) in {0, -signal.SIGKILL}
        assert faulty.wait_for(partial(all_sms_are_sent, faulty, sent))
        assert len(faulty.twilio_api.requests) - asked == 2 * sent
    record_property("figures", f"{points.SMS} for a message: {sent} kills, 0 lost, {sent} SMS twice")


def sending_has_stopped(faulty: FaultyStack) -> bool:
    """Whether no message is queued, and no state has changed for half a second."""
    before = faulty.database.rows(STATES)
    time.sleep(0.5)
    return before == faulty.database.rows(STATES) and ("queued",) not in before


def tickets(faulty: FaultyStack) -> int:
    return faulty.database.number("SELECT count(*) FROM tickets_ticket")


def pending(faulty: FaultyStack) -> int:
    return faulty.database.number("SELECT count(*) FROM otp_challenge WHERE outcome = 'pending'")


def all_sms_are_sent(faulty: FaultyStack, count: int) -> bool:
    states = faulty.database.rows("SELECT state FROM notifications_message WHERE channel = 'sms'")
    return states == [("sent",)] * count
