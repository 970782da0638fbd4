"""Traces of a demo in a database are errors of `check --deploy` and critical in `check_ops`."""

import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks.registry import registry
from django.db import OperationalError, connection
from pytest_django import Settings

from demo.broker import free_port
from demo.prepare import make_staff
from fidelizacion.system_checks import demo_traces
from fidelizacion.system_checks.demo_traces import MARK_TABLE, PASSWORD, demo_accounts, demo_left_behind
from operations.metrics import Level, Metric
from tests.check import BASE, PRODUCTION

pytestmark = pytest.mark.django_db


def metrics() -> dict[str, Metric]:
    return {metric.name: metric for metric in demo_traces.metrics()}


def ids() -> list[str | None]:
    return [message.id for message in demo_left_behind()]


def test_the_demos_staff_is_found(settings: Settings) -> None:
    make_staff()
    [problem] = demo_left_behind()
    assert problem.id == "fidelizacion.E062"
    assert "asesora" in problem.msg
    assert "supervisor" in problem.msg
    found = metrics()["demo_accounts"]
    assert (found.value, found.level) == (2, Level.CRITICAL)
    assert "changepassword" in found.advice


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({}, ["fidelizacion.E062"]),  # whatever its name
        ({"is_active": False}, []),
        ({"password": "otra"}, []),
        ({"password": None}, []),
    ],
    ids=["public password", "inactive", "another password", "no password"],
)
def test_an_account_is_judged_by_its_password(changes: dict[str, Any], errors: list[str]) -> None:
    User.objects.create_user("maria", **{"password": PASSWORD, **changes})
    assert ids() == errors


def test_in_the_demo_its_traces_are_no_error(settings: Settings) -> None:
    make_staff()
    settings.DEMO = True
    assert ids() == []
    assert metrics() == {}


def test_the_demos_database_is_found() -> None:
    assert metrics()["demo_database"].level == Level.FINE
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {MARK_TABLE} (app varchar(9))")
    try:
        assert ids() == ["fidelizacion.E063"]
        assert metrics()["demo_database"].level == Level.CRITICAL
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {MARK_TABLE}")


def test_with_many_accounts_check_ops_compares_for_some_seconds_and_says_how_many_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("una", "otra", "supervisor"):
        User.objects.create_user(name, password=PASSWORD)
    monkeypatch.setattr(demo_traces, "SECONDS_TO_COMPARE", -1.0)
    assert demo_accounts(-1.0).unchecked == 3
    assert metrics()["demo_accounts"].display == "ninguna; 3 sin revisar"
    assert demo_accounts(60.0).usernames[0] == "supervisor"  # the demo's own names come first


def test_with_hundreds_of_accounts_check_deploy_ends_in_time_and_says_how_many_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each comparison takes 10.5 s of this clock, so the fourth would start after the 30 s."""
    clock = [0.0]

    def compare(_password: str, _stored: str) -> bool:
        clock[0] += 10.5
        return False

    monkeypatch.setattr(demo_traces, "check_password", compare)
    monkeypatch.setattr("fidelizacion.system_checks.demo_traces.time.monotonic", lambda: clock[0])
    User.objects.bulk_create(User(username=f"cuenta{number}", password="x") for number in range(300))
    [left] = demo_left_behind()
    assert (left.id, clock[0]) == ("fidelizacion.I002", 31.5)
    assert "297 cuentas" in left.msg


def test_without_a_database_the_check_says_so_and_finds_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> bool:
        raise OperationalError("postgres://user:secret@host")

    monkeypatch.setattr(demo_traces, "is_marked", unavailable)
    assert ids() == ["fidelizacion.I001"]
    assert "secret" not in demo_left_behind()[0].msg


def test_only_check_deploy_looks_for_traces() -> None:
    assert demo_left_behind in registry.deployment_checks
    assert demo_left_behind not in registry.registered_checks


@pytest.mark.loopback
def test_check_deploy_passes_while_there_is_no_database() -> None:
    url = f"postgres://fidelizacion@127.0.0.1:{free_port()}/fidelizacion"
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BASE,
        env={**PRODUCTION, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "fidelizacion.I001" in done.stdout + done.stderr) == (0, True), done.stderr
