"""A process kills itself at each named point, at the web, in the worker, in the command: nothing is
lost (R7.01).

Shortened, and only from outside: the lease that the dead process leaves is ended in the database,
where the product would wait for two minutes; and the sweep looks ten times a second.
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
from tests.faults.invariants import Findings, check, unfinished
from tests.faults.stack import DELIVERING, Faulty
from tests.processes.visitor import File, Form, Visitor, a_real_pdf

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

PHONE, FORM = "0991234567", "/fidelizacion/solicitud/"
# The server has said 250, and nobody wrote it down: it has to go again, and a reader can tell by
# the Message-ID
TWICE = {"after the 250", "before recording", "recording"}
STATES = "SELECT state FROM notifications_message WHERE subject_ref LIKE 'ticket:%' AND state <> 'sent'"
RUNS = [pytest.param(1, id="once"), pytest.param(20, id="20 times", marks=pytest.mark.prove)]

Show = Callable[[str, Any], None]


@dataclass
class Trial:
    """The product under test, somebody signed in, and how things stood before."""

    faulty: Faulty
    visitor: Visitor
    before: Findings
    show: Show

    def open_form(self) -> tuple[Form, dict[str, str]]:
        self.visitor.page = self.visitor.browser.get(FORM)
        return self.visitor.form("reason"), self.visitor.answers()

    def all_is_sent(self) -> bool:
        return self.come_to_be_left(0)

    def come_to_be_left(self, messages: int) -> bool:
        return bool(self.faulty.wait_for(lambda: unfinished(self.faulty.ledger) == messages))

    def judge(self, where: str, runs: int, extra: int) -> None:
        """I1-I5, with exactly so many repetitions: fewer would mean that the process died
        elsewhere.
        """
        found = check(self.faulty.ledger, self.faulty.received())
        assert found.wrong() == []
        assert found.tickets - self.before.tickets == runs
        assert found.extra - self.before.extra == extra
        if runs > 1:
            self.show(
                "figures", f"{where}: {runs} kills, {runs} tickets, 0 lost, 0 unexpected, {extra} mails twice"
            )


@pytest.fixture(scope="module")
def visitor(faulty: Faulty) -> Iterator[Visitor]:
    with Visitor(faulty) as signed_in:
        signed_in.sign_in(PHONE)
        yield signed_in


@pytest.fixture
def trial(faulty: Faulty, visitor: Visitor, record_property: Show) -> Iterator[Trial]:
    yield Trial(faulty, visitor, check(faulty.ledger, faulty.received()), record_property)
    faulty.disarm()


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("point", points.WEB)
def test_a_web_process_dies_and_the_same_form_sent_again_gives_the_one_ticket(
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
        assert faulty.has_struck()
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
        assert faulty.wait_for(faulty.has_struck)
        # The ticket's other mail has gone, or the dead process had that too: no other lease is
        # ended than its own
        assert faulty.wait_for(partial(nobody_is_at_it, faulty))
        faulty.ledger.end_leases()
        assert trial.all_is_sent()
    trial.judge(f"worker, {point}", runs, extra=runs if point in TWICE else 0)


@pytest.fixture
def nobody_delivers(faulty: Faulty) -> Iterator[None]:
    """Neither worker nor sweep run."""
    faulty.halt(*DELIVERING)
    yield
    for name in DELIVERING:
        faulty.children[name].start(faulty.environment)


@pytest.mark.prove
@pytest.mark.parametrize("point", points.SENDING)
def test_the_command_dies_and_sends_when_it_is_run_again(
    trial: Trial, nobody_delivers: None, point: str
) -> None:
    faulty, visitor, runs = trial.faulty, trial.visitor, 5  # each starts two processes
    for _ in range(runs):
        form, typed = trial.open_form()
        visitor.send(form, {}, **typed)
        faulty.arm(point)
        assert faulty.run("deliver_notifications").wait(60) == -signal.SIGKILL
        faulty.ledger.end_leases()
        assert faulty.run("deliver_notifications").wait(60) == 0
        assert unfinished(faulty.ledger) == 0
    trial.judge(f"command, {point}", runs, extra=runs if point in TWICE else 0)


@pytest.mark.parametrize("runs", RUNS)
def test_a_worker_dies_after_twilio_took_a_code_and_the_same_code_comes_again_once(
    faulty: Faulty, runs: int, record_property: Show
) -> None:
    """R1.24: an SMS has nothing to tell a repetition by, so there is one at most, and with the same
    code.
    """
    for _ in range(runs):
        asked = len(faulty.twilio_api.requests)
        with Visitor(faulty) as visitor:
            faulty.arm(points.SMS)
            visitor.send(visitor.form("phone"), phone=PHONE)
            assert faulty.wait_for(faulty.has_struck)
            faulty.ledger.end_leases()
            assert faulty.wait_for(lambda: pending(faulty) == 0)
            first, second = faulty.sms()[: len(faulty.twilio_api.requests) - asked]
            assert first["text"] == second["text"]
    if runs > 1:
        record_property("figures", f"worker, {points.SMS} for a code: {runs} kills, 0 lost, each code twice")


@pytest.mark.prove
def test_a_process_dies_after_twilio_took_an_sms_of_the_outbox_and_it_comes_again_once(
    faulty: Faulty, record_property: Show
) -> None:
    asked = len(faulty.twilio_api.requests)
    for sent in range(1, 21):
        faulty.arm(points.SMS)
        command = faulty.run("send_test_message", "--sms", PHONE)
        assert faulty.wait_for(faulty.has_struck, 60)
        faulty.ledger.end_leases()
        # Or a worker was there first, and it has seen that through
        assert command.wait(60) in {0, -signal.SIGKILL}
        assert faulty.wait_for(partial(all_sms_are_sent, faulty, sent))
        assert len(faulty.twilio_api.requests) - asked == 2 * sent
    record_property("figures", f"{points.SMS} for a message: {sent} kills, 0 lost, {sent} SMS twice")


def nobody_is_at_it(faulty: Faulty) -> bool:
    """Nothing is in the queue, and for half a second nobody has told of what was taken."""
    before = faulty.ledger.rows(STATES)
    time.sleep(0.5)
    return before == faulty.ledger.rows(STATES) and ("queued",) not in before


def tickets(faulty: Faulty) -> int:
    return faulty.ledger.number("SELECT count(*) FROM tickets_ticket")


def pending(faulty: Faulty) -> int:
    return faulty.ledger.number("SELECT count(*) FROM otp_challenge WHERE outcome = 'pending'")


def all_sms_are_sent(faulty: Faulty, count: int) -> bool:
    states = faulty.ledger.rows("SELECT state FROM notifications_message WHERE channel = 'sms'")
    return states == [("sent",)] * count
