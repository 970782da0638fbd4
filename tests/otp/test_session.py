"""The portal's session: idle and absolute times, and the draft of an expired visitor (P1, P4)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from otp import session
from otp.session import Visitor
from tests import cast

pytestmark = pytest.mark.django_db

ANA, BRUNO = cast.ANA_PHONE, cast.BRUNO_PHONE


@pytest.fixture
def request_() -> HttpRequest:
    """One request object, used for all requests of a browser session."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request._messages = default_storage(request)  # type: ignore[attr-defined]  # as the middleware does
    return request


@session.visitor_required()
def plain(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    return HttpResponse(visitor.phone)


def keep(request: HttpRequest, phone: str) -> None:
    session.save_draft(request, phone, {"details": "typed"})


@session.visitor_required(on_expired=keep)
def keeping(request: HttpRequest, visitor: Visitor, number: int) -> HttpResponse:
    return HttpResponse(str(number), status=422)


def test_a_visitor_holds_number_method_and_time_of_the_verification(request_: HttpRequest) -> None:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        session.sign_in(request_, ANA, "network")
        assert session.current_visitor(request_) == Visitor(ANA, "network", timezone.now())


def test_15_idle_minutes_end_the_session(request_: HttpRequest) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        session.sign_in(request_, ANA, "pin")
        for _ in range(3):
            clock.shift(timedelta(minutes=14, seconds=59))
            assert session.current_visitor(request_) is not None
        clock.shift(timedelta(minutes=15))
        assert session.current_visitor(request_) is None


def test_60_minutes_end_a_session_in_use(request_: HttpRequest) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        session.sign_in(request_, ANA, "pin")
        for _ in range(5):
            clock.shift(timedelta(minutes=10))
            assert session.current_visitor(request_) is not None
        clock.shift(timedelta(minutes=10))
        assert session.current_visitor(request_) is None
        clock.shift(timedelta(minutes=-30))
        assert session.current_visitor(request_) is None


def test_an_unverified_visitor_is_sent_to_the_entry(request_: HttpRequest) -> None:
    response = plain(request_)
    assert (response.status_code, response["Location"]) == (302, "/fidelizacion/")
    assert response["Cache-Control"] == "no-store"


def test_pages_past_the_pin_are_not_stored_except_invalid_forms(request_: HttpRequest) -> None:
    session.sign_in(request_, ANA, "pin")
    assert plain(request_)["Cache-Control"] == "no-store"
    invalid = keeping(request_, 7)
    assert (invalid.content, invalid["Cache-Control"]) == (b"7", "private, no-cache")


def expire(request: HttpRequest, view: Any = keeping, *args: Any) -> None:
    """Sign Ana in 20 minutes ago, and let her post now."""
    with time_machine.travel(timezone.now() - timedelta(minutes=20), tick=False):
        session.sign_in(request, ANA, "pin")
    assert view(request, *args).status_code == 302


def test_the_draft_of_an_expired_visitor_is_kept_for_the_same_number(request_: HttpRequest) -> None:
    expire(request_, keeping, 7)
    session.sign_in(request_, ANA, "pin")
    visitor = session.current_visitor(request_)
    assert visitor is not None
    assert session.load_draft(request_, visitor) == {"details": "typed"}
    session.delete_draft(request_)
    assert session.load_draft(request_, visitor) is None


def test_another_number_never_gets_the_draft_and_deletes_it(request_: HttpRequest) -> None:
    expire(request_, keeping, 7)
    assert session.load_draft(request_, Visitor(BRUNO, "pin", timezone.now())) is None
    session.sign_in(request_, BRUNO, "pin")
    session.sign_in(request_, ANA, "pin")
    assert session.load_draft(request_, Visitor(ANA, "pin", timezone.now())) is None


def test_a_draft_is_kept_for_30_minutes(request_: HttpRequest) -> None:
    visitor = Visitor(ANA, "pin", timezone.now())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        expire(request_, keeping, 7)
        clock.shift(timedelta(minutes=29, seconds=59))
        assert session.load_draft(request_, visitor) is not None
        clock.shift(1)
        assert session.load_draft(request_, visitor) is None


def test_a_draft_is_kept_also_when_another_tab_saw_the_expiry_first(request_: HttpRequest) -> None:
    expire(request_, plain)
    keeping(request_, 7)
    assert session.load_draft(request_, Visitor(ANA, "pin", timezone.now())) == {"details": "typed"}


def test_unverified_visitors_can_store_no_draft(request_: HttpRequest) -> None:
    keeping(request_, 7)
    assert dict(request_.session.items()) == {}


def test_the_message_after_an_expiry_says_whether_the_text_is_kept(request_: HttpRequest) -> None:
    expire(request_, plain)
    keeping(request_, 7)
    without, kept = [str(message) for message in request_._messages]  # type: ignore[attr-defined]  # as above
    assert "guardamos" not in without
    assert "guardamos por 30 minutos" in kept


def test_r6_11_what_was_sent_waits_for_the_same_phone_in_the_same_browser(request_: HttpRequest) -> None:
    session.sign_in(request_, ANA, "pin")
    before = session.browser_token(request_, ANA)
    assert session.browser_token(request_, ANA) == before
    session.sign_in(request_, ANA, "pin")
    assert session.browser_token(request_, ANA) == before
    session.sign_in(request_, BRUNO, "pin")
    assert session.browser_token(request_, BRUNO) != before
    session.sign_in(request_, ANA, "pin")
    assert session.browser_token(request_, ANA) != before
