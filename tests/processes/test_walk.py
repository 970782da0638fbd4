"""From sign-in to the ticket's mails without JavaScript: real HTTP, worker and mail server."""

import signal
import threading
import time

import pytest

from tests.processes.visitor import Form, Visitor, a_real_pdf
from tests.slowness import Stopwatch
from tests.stack import MAILS_OF_A_REQUEST, Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

ONE_COMPANY = "0991234567"
THREE_COMPANIES = "0997654321"


def test_a_request_with_a_document_gets_a_number_and_its_mails(stack: Stack) -> None:
    with Visitor(stack) as visitor:
        visitor.sign_in(ONE_COMPANY)
        number = visitor.request({"attachments": a_real_pdf()})
    assert len(number) == 7
    watch = Stopwatch()
    mails = wait_for(lambda: found if len(found := stack.mails(number)) == MAILS_OF_A_REQUEST else None)
    assert mails
    assert watch.seconds() < 5, "all mails within 5 s of confirming"
    for mail in mails:
        # The operator's logo belongs to the HTML; the customer's document is not attached (R3.19)
        kinds = [part.get_content_type() for part in mail.walk()]
        assert kinds == ["multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png"]
        assert all(
            number in part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"
        )
        assert [part.get_content_disposition() for part in mail.walk()][-1] == "inline"
    assert len({mail["Message-ID"] for mail in mails}) == MAILS_OF_A_REQUEST


def test_an_administrator_of_several_companies_picks_one_first(stack: Stack) -> None:
    with Visitor(stack) as visitor:
        visitor.sign_in(THREE_COMPANIES)
        choices = visitor.soup.select('input[name="company"]')
        assert len(choices) == 3
        visitor.send(visitor.form("company"), company=str(choices[1]["value"]))
        assert visitor.request()


def test_twenty_posts_of_one_form_at_once_make_one_ticket(stack: Stack) -> None:
    with Visitor(stack) as visitor:
        visitor.sign_in(ONE_COMPANY)
        form, typed = visitor.form("reason"), visitor.answers()
        numbers = _post_at_once(visitor, form, typed, 20)
    assert len(numbers) == 20
    assert len(set(numbers)) == 1
    assert wait_for(lambda: len(stack.mails(numbers[0])) == MAILS_OF_A_REQUEST)
    time.sleep(1)
    assert len(stack.mails(numbers[0])) == MAILS_OF_A_REQUEST


def _post_at_once(visitor: Visitor, form: Form, typed: dict[str, str], count: int) -> list[str]:
    numbers: list[str] = []
    together = threading.Barrier(count)

    def post() -> None:
        with Visitor(visitor.stack) as twin:
            twin.browser.cookies = visitor.browser.cookies
            together.wait(60)
            twin.send(form, {}, **typed)
            numbers.append(twin.ticket_number())

    threads = [threading.Thread(target=post) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return numbers


def test_a_ticket_gets_its_number_while_no_process_sends_and_the_mails_come_later(stack: Stack) -> None:
    with Visitor(stack) as visitor:
        visitor.sign_in(ONE_COMPANY)
        stack.signal(signal.SIGSTOP, "worker", "sweep")
        try:
            # If the request waited for a stopped process, the client would time out here
            number = visitor.request()
            time.sleep(1.5)
            assert not stack.mails(number)
        finally:
            stack.signal(signal.SIGCONT, "worker", "sweep")
    assert wait_for(lambda: len(stack.mails(number)) == MAILS_OF_A_REQUEST)


def test_without_a_broker_the_sweep_sends_code_and_mails(stack: Stack) -> None:
    stack.signal(signal.SIGSTOP, "broker")
    try:
        with Visitor(stack) as visitor:
            visitor.sign_in(ONE_COMPANY)
            number = visitor.request()
        assert wait_for(lambda: len(stack.mails(number)) == MAILS_OF_A_REQUEST)
    finally:
        stack.signal(signal.SIGCONT, "broker")
