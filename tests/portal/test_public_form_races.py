"""Simultaneous clicks on `consulta/` give one code, one ticket, and five guesses at most."""

import pytest
from django.test import Client

from notifications.models import Message
from otp.models import LimitUse
from tests.otp.concurrency import at_once, fifty_times
from tests.portal.public_client import CODE, DONE, FORM, filled, mailed_code, make_public_type, sent, wrong
from tickets import public_requests
from tickets.models import PublicRequest, Ticket


@pytest.fixture(autouse=True)
def _public_type(transactional_db: None) -> None:
    make_public_type()


@fifty_times
@pytest.mark.django_db(transaction=True)
def test_the_right_code_twice_at_once_registers_one_ticket(turn: object) -> None:
    client = Client()
    sent(client)
    code = mailed_code(client)

    def press(_number: int) -> str:
        browser = Client()
        browser.cookies.update(client.cookies)
        return str(browser.post(CODE, {"code": code})["Location"])

    assert set(at_once(2, press)) <= {DONE, CODE}
    assert Ticket.objects.count() == 1
    assert Message.objects.count() == 2


@fifty_times
@pytest.mark.django_db(transaction=True)
def test_no_more_than_five_codes_are_compared_at_once(turn: object) -> None:
    client = Client()
    sent(client)
    code = mailed_code(client)
    row = PublicRequest.objects.get()
    answers = at_once(8, lambda _number: public_requests.verify(row, wrong(code)))
    assert answers.count(public_requests.Answer.WRONG) == public_requests.ATTEMPTS
    assert PublicRequest.objects.get().attempts == public_requests.ATTEMPTS


@fifty_times
@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_the_form_sends_one_code(turn: object) -> None:
    client = Client()
    posted = filled(client)

    def press(_number: int) -> int:
        browser = Client()
        return browser.post(FORM, posted).status_code

    assert at_once(2, press) == [303, 303]
    assert PublicRequest.objects.count() == 1
    assert LimitUse.objects.filter(key__startswith="public.all:").count() == 1
