"""Requests at once get what requests in a row would (R1.03, R1.04, R1.05), on both engines."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from notifications.sms import memory
from otp.limits import limits
from otp.models import Challenge, LimitUse, PhoneLockout
from otp.pin import challenges, codes, delivery
from otp.pin.challenges import Answer
from tests import cast
from tests.otp import pin_client
from tests.otp.concurrency import at_once, fifty_times

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def challenge() -> Challenge:
    cast.ana()
    return challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the typed codes that are compared."""
    seen: list[str] = []
    matches: Callable[[str, str, str], bool] = codes.matches

    def spy(typed: str, nonce: str, phone: str) -> bool:
        seen.append(typed)
        return matches(typed, nonce, phone)

    monkeypatch.setattr(codes, "matches", spy)
    return seen


def wrong_code(challenge: Challenge) -> str:
    return f"{(int(codes.derive(challenge.nonce, challenge.phone)) + 1) % 1_000_000:06}"


@fifty_times
def test_the_right_code_sent_20_times_at_once_signs_in_once(challenge: Challenge, turn: object) -> None:
    """R1.03"""
    code = codes.derive(challenge.nonce, challenge.phone)
    answers = at_once(20, lambda _: challenges.verify(challenge, code).answer)
    assert answers.count(Answer.RIGHT) == 1


@fifty_times
def test_50_wrong_codes_at_once_are_compared_five_times(
    challenge: Challenge, compared: list[str], turn: object
) -> None:
    """R1.04"""
    wrong = wrong_code(challenge)
    at_once(50, lambda _: challenges.verify(challenge, wrong))
    assert len(compared) == 5
    assert (
        challenges.verify(challenge, codes.derive(challenge.nonce, challenge.phone)).answer is Answer.INVALID
    )


@fifty_times
def test_wrong_codes_at_once_from_many_sessions_are_compared_ten_times(
    compared: list[str], turn: object
) -> None:
    """R1.05: five sessions, five tries each."""
    waiting = [
        Challenge.objects.create(
            phone=cast.ANA_PHONE,
            session_ref=f"{number}" * 64,
            nonce=codes.new_nonce(),
            created_at=timezone.now(),
            expires_at=timezone.now() + timedelta(minutes=5),
            attempts=1,  # only first attempts are exempt from the wait
        )
        for number in range(5)
    ]
    at_once(20, lambda number: challenges.verify(waiting[number % 5], wrong_code(waiting[number % 5])))
    assert len(compared) == 10
    assert PhoneLockout.objects.get().failures == 10


def test_a_signature_used_20_times_at_once_is_accepted_once() -> None:
    """R2.05"""
    assert at_once(20, lambda _: limits.use_once("nonce", "0123456789abcdef")).count(True) == 1


def test_a_resend_posted_twice_at_once_sends_one_code(challenge: Challenge) -> None:
    Challenge.objects.update(created_at="2026-01-01T00:00Z")
    challenge.refresh_from_db()
    sent = at_once(2, lambda _: challenges.resend(challenge, "198.51.100.7").pk)
    assert len(set(sent)) == 1
    assert Challenge.objects.count() == 2


def test_a_number_entered_twice_at_once_sends_one_code_and_counts_one() -> None:
    sent = at_once(3, lambda _: challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7").pk)
    assert len(set(sent)) == 1
    assert Challenge.objects.count() == 1
    # A request that starts after the others returns their code, and counts on session and address
    sends = LimitUse.objects.exclude(key__startswith="session:").exclude(key__startswith="address:")
    assert sorted(sends.values_list("number", flat=True)) == [1]  # one use, of the number's limit


def test_workers_and_sweep_at_once_send_one_sms(challenge: Challenge) -> None:
    memory.outbox.clear()
    at_once(8, lambda _: delivery.send(challenge.pk))
    assert len(memory.outbox) == 1


@dataclass(frozen=True)
class EntryPage:
    """An entry page, sent several times before the browser has a session."""

    cookie: str
    token: str

    @classmethod
    def open(cls) -> "EntryPage":
        browser = Client(enforce_csrf_checks=True)
        html = browser.get(pin_client.ENTRY).content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
        assert token
        return cls(browser.cookies["csrftoken"].value, token[1])

    def post(self, phone: str) -> Client:
        click = Client(enforce_csrf_checks=True)
        click.cookies["csrftoken"] = self.cookie
        response = click.post(pin_client.ENTRY, {"phone": phone, "csrfmiddlewaretoken": self.token})
        assert response.status_code == 302
        return click


def test_a_page_posted_twice_at_once_with_no_session_yet_sends_one_code() -> None:
    """A double click on the entry without JavaScript: both answers lead to the same code."""
    cast.ana()
    page = EntryPage.open()
    clicks = at_once(3, lambda _: page.post(cast.ANA_PHONE))
    assert len({click.session["portal.name"] for click in clicks}) == 1
    assert Challenge.objects.count() == 1
    assert clicks[0].get(pin_client.PIN).status_code == 200


def test_a_page_posted_again_with_no_session_yet_counts_as_another_request() -> None:
    """R1.17: a script that repeats one page forever is limited, though it sends one code."""
    page = EntryPage.open()
    for _ in range(3):
        page.post(cast.ANA_PHONE)
    assert Challenge.objects.count() == 1
    counted = Counter(key.partition(":")[0] for key in LimitUse.objects.values_list("key", flat=True))
    assert counted == {"phone": 1, "session": 3, "address": 3}


def test_a_page_posted_again_for_another_number_ends_the_first_code() -> None:
    """R1.10"""
    page = EntryPage.open()
    for phone in (cast.ANA_PHONE, cast.BRUNO_PHONE):
        page.post(phone)
    first, second = Challenge.objects.order_by("pk")
    assert (first.closed_at is None, second.closed_at is None) == (False, True)


def test_two_pages_of_one_browser_are_two_visits() -> None:
    """Posts of one page share a visit; posts of two pages do not."""
    names = set()
    browser = Client(enforce_csrf_checks=True)
    for _ in range(2):
        page = browser.get(pin_client.ENTRY).content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        browser.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "csrfmiddlewaretoken": token[1]})
        names.add(browser.session["portal.name"])
        del browser.cookies["sessionid"]
    assert len(names) == 2
