"""Headers, references, body limit and expiry of a staff session (R6.03, R6.05, R6.09, R5.04)."""

import re
from unittest.mock import Mock

import pytest
import time_machine
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from fidelizacion.middleware import BodyLimitMiddleware, ConcurrentSessionMiddleware, StaffSessionMiddleware
from tests.cast import carla

REFERENCE = re.compile(r"[2-9A-HJKMNP-TV-Z]{8}")
ENTRY, DESK = "/fidelizacion/", "/admin/"
STATIC = "/static/css/portal.css"


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ENTRY, "/nothing-here/", "/admin/login/", "/health/live", STATIC, "/"])
def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    """R6.03, R6.05."""
    response = client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in response
    response.close()  # closes the static file


@pytest.mark.django_db
def test_only_the_admin_has_the_wider_policy_of_its_theme(client: Client) -> None:
    """R6.03."""
    assert "unsafe" not in client.get(ENTRY)["Content-Security-Policy"]
    assert "'unsafe-eval'" in client.get("/admin/login/")["Content-Security-Policy"]


@pytest.mark.django_db
def test_browsers_store_no_page_of_the_admin(client: Client) -> None:
    """R6.09."""
    assert "no-store" in client.get("/admin/login/")["Cache-Control"]


def test_the_reference_is_ours_and_new_each_time(client: Client) -> None:
    first = client.get("/health/live", headers={"X-Request-ID": "mine"})["X-Request-ID"]
    second = client.get("/health/live")["X-Request-ID"]
    assert REFERENCE.fullmatch(first)
    assert REFERENCE.fullmatch(second)
    assert first != second


@pytest.mark.parametrize(
    ("declared", "status"),
    [("", 200), ("0", 200), ("12582912", 200), ("12582913", 413), ("-1", 400), ("x", 400)],
)
def test_a_body_is_refused_by_its_declared_length(declared: str, status: int) -> None:
    limited = BodyLimitMiddleware(lambda _request: HttpResponse())
    request = RequestFactory().post(ENTRY)
    request.META["CONTENT_LENGTH"] = declared
    assert limited(request).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("key", [r'"aaaaaaaaaaaa\000"', "a" * 31, "A" * 32, "é" * 32])
def test_a_session_key_that_was_never_made_is_no_session(client: Client, key: str) -> None:
    """R7.05: a cookie can hold a NUL byte, which PostgreSQL refuses."""
    response = client.get("/fidelizacion/pin/", headers={"Cookie": f"sessionid={key}"})
    assert (response.status_code, response["Location"]) == (302, ENTRY)


@pytest.mark.django_db
def test_the_response_is_shown_although_the_session_ended_in_another_tab(client: Client) -> None:
    """Otherwise the customer would see an error page although the ticket was registered."""
    session = client.session
    session.save()

    def confirm(request: HttpRequest) -> HttpResponse:
        request.session["portal.seen"] = 1
        client.session.flush()
        return HttpResponse("registered")

    request = RequestFactory().post(ENTRY)
    request.COOKIES["sessionid"] = str(session.session_key)
    middleware = ConcurrentSessionMiddleware(confirm)
    middleware.process_request(request)
    assert middleware.process_response(request, confirm(request)).content == b"registered"
    assert not client.session.exists(str(session.session_key))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["tickets/ticket/?status__exact=%00", "otp/phonelockout/%00/change/"])
def test_an_address_with_a_nul_is_refused(admin_client: Client, address: str) -> None:
    """R7.05: PostgreSQL refuses text with a NUL byte."""
    assert admin_client.get(DESK + address).status_code == 400


@pytest.mark.django_db
def test_staff_idle_for_thirty_minutes_sign_in_again(client: Client) -> None:
    client.force_login(carla())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert client.get(DESK).status_code == 200
        clock.shift(29 * 60)
        assert client.get(DESK).status_code == 200
        clock.shift(31 * 60)
        assert client.get(DESK).status_code == 302


@pytest.mark.django_db
def test_staff_busy_all_day_sign_in_again_after_ten_hours(client: Client) -> None:
    client.force_login(carla())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(30):
            assert client.get(DESK).status_code == 200
            clock.shift(20 * 60)
        assert client.get(DESK).status_code == 200
        clock.shift(20 * 60)
        assert client.get(DESK).status_code == 302


@pytest.mark.django_db
def test_a_visitor_in_the_same_browser_outlives_the_staff_session(client: Client) -> None:
    client.force_login(carla())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get(DESK)
        session = client.session
        session["of_the_portal"] = "kept"
        session.save()
        clock.shift(31 * 60)
        client.get(DESK)
        assert client.session["of_the_portal"] == "kept"
        assert client.session.session_key != session.session_key
        assert StaffSessionMiddleware.SEEN not in client.session


@pytest.mark.django_db
def test_reading_the_desk_writes_the_session_once_a_minute_at_most(client: Client) -> None:
    client.force_login(carla())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.get(DESK)
        marked = client.session[StaffSessionMiddleware.SEEN]
        clock.shift(30)
        client.get(DESK)
        assert client.session[StaffSessionMiddleware.SEEN] == marked


@pytest.mark.parametrize(("failure", "status"), [(OperationalError(), 503), (ValueError(), 500)])
def test_an_unavailable_database_gets_the_page_that_says_to_try_again(
    client: Client, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int
) -> None:
    """R4.29."""
    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", Mock(side_effect=failure))
    client.cookies["sessionid"] = "a" * 32
    response = client.get("/admin/")
    assert response.status_code == status
    assert "Content-Security-Policy" in response
