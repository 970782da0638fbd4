"""`check_ops`: report, exit status, and a broker configured to lose tasks (R4.14, R4.17)."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings
from redis import Redis

from demo.broker import free_port
from operations import heartbeats, metrics
from operations.metrics import Level, Metric
from operations.models import Heartbeat
from tests.servers import broker_command, wait_for_port
from tests.slowness import Stopwatch
from tests.stack import engine_under_test

pytestmark = [pytest.mark.django_db, pytest.mark.loopback]


@pytest.fixture(scope="module")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker configured correctly: Valkey with SQLite, Redis with PostgreSQL."""
    folder = tmp_path_factory.mktemp("broker")
    started = broker_command(folder / "data", engine_under_test())
    if started is None:
        pytest.skip("skipped: Redis no está instalado (apt install redis-server)")
    command, url = started
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    wait_for_port(int(url.rpartition(":")[2].partition("/")[0]), server, folder / "log")
    yield url
    server.kill()  # on SIGTERM Redis would first finish the append-only file just switched on
    server.wait(60)


@pytest.fixture
def healthy(settings: Settings, broker_url: str) -> None:
    settings.REDIS_URL = broker_url
    for name in heartbeats.LIMITS:
        heartbeats.beat(name)


@contextmanager
def configured(url: str, name: str, value: str) -> Iterator[None]:
    with Redis.from_url(url, decode_responses=True) as broker:
        before = broker.config_get(name)[name]
        broker.config_set(name, value)
        yield
        broker.config_set(name, before)


def check(*arguments: str) -> tuple[int, str]:
    out, status = StringIO(), 0
    try:
        call_command("check_ops", *arguments, stdout=out)
    except SystemExit as end:
        status = int(str(end.code))
    return status, out.getvalue()


def as_json() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(check("--json")[1])
    return document


def test_a_healthy_product_ends_with_0_and_says_so_last(healthy: None) -> None:
    status, said = check()
    assert (status, said.splitlines()[-1].startswith("Todo en orden")) == (0, True), said
    assert "noeviction" in said
    at = [
        line.index(value)
        for line in said.splitlines()
        for value in ("responde en", "noeviction")
        if value in line
    ]
    assert len(set(at)) == 1  # aligned


def test_r4_17_programs_can_read_the_metrics_as_json(healthy: None) -> None:
    document = as_json()
    assert document["level"] == "fine"
    assert document["figures"]["oldest_undelivered_age_seconds"] == {
        "value": 0,
        "level": "fine",
        "shown": "ninguno",
    }
    assert {
        "broker_keeps_all",
        "broker_writes_to_disk",
        "conversion_24h_ratio",
        "conversion_last_50_ratio",
        "heartbeat_worker_age_seconds",
        "messages_dead",
        "messages_failed",
        "messages_retried_per_minute",
        "migrations_pending",
        "sms_day_budget_used_ratio",
        "sms_sent_24h",
        "attachments_disk_free_ratio",
    } <= set(document["figures"])


@pytest.mark.parametrize(
    ("name", "value", "metric"),
    [("maxmemory-policy", "allkeys-lru", "broker_keeps_all"), ("appendonly", "no", "broker_writes_to_disk")],
)
def test_r4_14_a_broker_that_may_lose_work_is_critical(
    healthy: None, broker_url: str, name: str, value: str, metric: str
) -> None:
    with configured(broker_url, name, value):
        status, said = check()
        assert as_json()["figures"][metric] == {"value": 0, "level": "critical", "shown": value}
    assert status == 2
    assert f"Ponga «{name} " in said


def test_a_broker_whose_settings_may_not_be_read_is_a_warning(
    healthy: None, settings: Settings, broker_url: str
) -> None:
    with Redis.from_url(broker_url) as broker:
        broker.acl_setuser("narrow", enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"])
        broker.execute_command("ACL SETUSER narrow -config")
    settings.REDIS_URL = f"redis://narrow:secret@{broker_url.rpartition('@')[2].removeprefix('redis://')}"
    status, said = check()
    assert status == 1
    assert "no se pudo comprobar" in said
    assert "secret" not in said


def test_a_broker_that_refuses_connections_costs_a_few_seconds_at_most(
    healthy: None, settings: Settings
) -> None:
    settings.REDIS_URL = f"redis://:secret@127.0.0.1:{free_port()}/0"
    watch = Stopwatch()
    status, said = check()
    assert (status, "secret" in said) == (2, False)
    assert watch.seconds() < 3


def test_a_broker_that_does_not_answer_costs_a_few_seconds_at_most(healthy: None, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.REDIS_URL = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        watch = Stopwatch()
        assert check()[0] == 2
        assert watch.seconds() < 5


def test_a_dead_process_is_critical_and_is_named(healthy: None) -> None:
    Heartbeat.objects.filter(name="sweep").delete()
    status, said = check()
    assert status == 2
    assert "Repaso (sweep)" in said
    assert said.splitlines()[-1].startswith("Crítico: 1 críticas")


def test_a_warning_ends_with_1(healthy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_sources", dict(metrics._sources))
    metrics.register("x", "Otra", lambda: [Metric("x", "Otra cosa", 1, "uno", Level.WARNING, "Mire.")])
    status, said = check()
    assert status == 1
    assert "→ Mire." in said


def test_pending_migrations_are_critical(healthy: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="otp").latest("id").delete()
    assert as_json()["figures"]["migrations_pending"] == {"value": 1, "level": "critical", "shown": "1"}


def test_without_a_database_it_says_so_and_queries_it_once(
    healthy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def unavailable() -> list[Metric]:
        asked.append(1)
        raise OperationalError("postgres://user:secret@host")

    for name in metrics.names():
        registered = metrics._sources[name]
        replaced = metrics._Registration(
            registered.title, unavailable, on_demand=False, order=registered.order
        )
        monkeypatch.setitem(metrics._sources, name, replaced)
    status, said = check()
    assert (status, len(asked)) == (2, 1)
    assert "No se pudo leer: processes, beat, clock, web, messages, codes, documents." in said
    assert "secret" not in said


def test_for_a_missing_folder_the_disk_above_it_is_measured(
    healthy: None, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "not" / "yet"
    assert as_json()["figures"]["attachments_disk_free_ratio"]["value"] > 0
