"""Unexpected errors of the web are a metric and an alarm; errors of the client are not (R4.17)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django import Settings

from fidelizacion.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401
from operations import alarms, web_errors
from operations.metrics import Level
from operations.models import Alarm, WebErrors

pytestmark = pytest.mark.django_db
RAISED = {500: RuntimeError, 503: OperationalError, 400: BadRequest, 403: PermissionDenied, 404: Http404}


def fail(request: HttpRequest, status: int) -> HttpResponse:
    raise RAISED[status]


urlpatterns = [*urlpatterns, path("fail/<int:status>/", fail)]


@pytest.fixture(autouse=True)
def _fresh(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(web_errors, "counter", web_errors.Counter())
    monkeypatch.setattr(web_errors, "WRITE_EVERY", 0.0)


def get(address: str, **headers: str) -> int:
    return Client(raise_request_exception=False).get(address, **headers).status_code  # type: ignore[arg-type]


def counted() -> int:
    return sum(WebErrors.objects.values_list("count", flat=True))


def test_each_error_is_counted_and_raises_one_alarm() -> None:
    assert [get("/fail/500/") for _turn in range(3)] == [500] * 3
    assert counted() == 3
    assert WebErrors.objects.count() <= 2, "one row a minute"
    recent, day = web_errors.metrics()
    assert (recent.value, recent.level, day.value) == (3, Level.WARNING, 3)
    assert "referencia" in recent.advice
    alarms.watch(judge_silence=True)
    alarms.watch(judge_silence=True)
    assert Alarm.objects.filter(kind="web-errors").count() == 1


def test_many_errors_are_critical_and_the_alarm_closes_after_them() -> None:
    for _turn in range(10):
        get("/fail/500/")
    alarms.watch(judge_silence=True)
    assert next(web_errors.metrics()).level == Level.CRITICAL
    with time_machine.travel(timezone.now() + timedelta(minutes=12)):
        alarms.watch(judge_silence=True)
        recent, day = web_errors.metrics()
    assert (recent.value, recent.level, day.value) == (0, Level.FINE, 10)
    assert not Alarm.objects.filter(kind="web-errors", cleared_at=None).exists()


@pytest.mark.parametrize("status", [400, 403, 404, 503])
def test_refusals_of_a_request_are_not_counted_as_errors(status: int) -> None:
    assert get(f"/fail/{status}/") == status
    assert counted() == 0


def test_a_wrong_host_is_not_an_error_of_the_web(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]
    assert get("/fidelizacion/", headers={"Host": "malo.example"}) == 400  # type: ignore[arg-type]
    assert counted() == 0


def test_many_errors_are_written_every_few_seconds_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_errors, "WRITE_EVERY", 5.0)
    now = [1_000.0]
    monkeypatch.setattr("operations.web_errors.time.monotonic", lambda: now[0])
    for _turn in range(20):
        get("/fail/500/")
    assert counted() == 1, "the first at once"
    now[0] += 6
    get("/health/live")
    assert counted() == 20, "the others with the next request"


def test_an_unavailable_database_changes_no_answer_and_loses_no_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add, asked = web_errors._add, []

    def unavailable(number: int) -> None:
        asked.append(number)
        raise DatabaseError

    now = [1_000.0]
    monkeypatch.setattr("operations.web_errors.time.monotonic", lambda: now[0])
    monkeypatch.setattr(web_errors, "_add", unavailable)
    assert [get("/fail/500/") for _turn in range(3)] == [500] * 3
    assert asked == [1], "not asked again for a minute"
    monkeypatch.setattr(web_errors, "_add", add)
    now[0] += 61
    get("/health/live")
    assert counted() == 3
