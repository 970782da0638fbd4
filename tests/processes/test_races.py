"""Of many simultaneous posts of the same code to real web processes, one signs in (R1.03, R1.04,
R7.08).
"""

import threading

import httpx
import pytest

from tests.otp.concurrency import fifty_times
from tests.processes.visitor import CODE, Form, Visitor
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

PHONE, PAST = "0991234567", "/fidelizacion/solicitud/"
AT_ONCE = 20


def asked(visitor: Visitor) -> tuple[Form, str]:
    """Ask for a code; return the form of the PIN screen and the code from the SMS."""
    before = {message["at"] for message in visitor.stack.sms()}
    visitor.send(visitor.form("phone"), phone=PHONE)
    sms = wait_for(lambda: [message for message in visitor.stack.sms() if message["at"] not in before])
    assert sms, "no SMS came"
    found = CODE.search(sms[0]["text"])
    assert found
    return visitor.form("code"), found[0]


def post_at_once(visitor: Visitor, form: Form, code: str) -> list[httpx.Response]:
    """Post a code from twenty browsers that share one session, and return the answers."""
    answers: list[httpx.Response] = []
    together = threading.Barrier(AT_ONCE)

    def post() -> None:
        with httpx.Client(cookies=visitor.browser.cookies, trust_env=False, timeout=60) as twin:
            together.wait(60)
            answers.append(twin.post(form.address, data={**form.values, "code": code}))

    threads = [threading.Thread(target=post) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@fifty_times
def test_of_twenty_simultaneous_right_codes_one_signs_in(stack: Stack, turn: object) -> None:
    """R1.03"""
    with Visitor(stack) as visitor:
        form, code = asked(visitor)
        answers = post_at_once(visitor, form, code)
    assert len(answers) == AT_ONCE
    entered = [answer for answer in answers if "sessionid" in answer.cookies and answer.has_redirect_location]
    assert [answer.headers["Location"] for answer in entered] == [PAST]
    assert {answer.status_code for answer in answers} <= {302, 422}


@fifty_times
def test_of_twenty_simultaneous_wrong_codes_five_are_compared_and_then_the_right_one_is_refused(
    stack: Stack, turn: object
) -> None:
    """R1.04"""
    with Visitor(stack) as visitor:
        form, code = asked(visitor)
        answers = post_at_once(visitor, form, f"{(int(code) + 1) % 1_000_000:06}")
        assert {answer.status_code for answer in answers} == {422}
        counted = [answer for answer in answers if "Le queda" in answer.text.partition("</main>")[0]]
        late = visitor.send(form, code=code)
    with Visitor(stack) as visitor:
        visitor.sign_in(PHONE)  # sets the failures back to zero (R1.06)
    assert len(answers) == AT_ONCE
    assert len(counted) <= 4, "the fifth wrong code ends the code, so only four answers count tries"
    assert late.status_code == 422
