"""Celery's settings and schedule, and the tasks that are sent by name (R4.11)."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings

from fidelizacion.celery import HEARTBEAT, app
from jobs.redis_transport import Transport
from otp.pin.challenges import SEND_TASK
from tests.check import PRODUCTION
from tests.conformance.project import APPS, BASE, PRODUCT, sources

# R4.11: with these settings no task was lost in tests; each is read from the worker's application
PINNED: dict[str, Any] = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_ignore_result": True,
    "task_time_limit": 60,
    "task_soft_time_limit": 45,
    "task_serializer": "json",
    "accept_content": ["json"],
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "worker_soft_shutdown_timeout": 30,
    "worker_enable_soft_shutdown_on_idle": True,
    "visibility_timeout": 120,
}
TRANSPORT = {
    "visibility_timeout": 120,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}


def test_every_entry_of_the_schedule_is_a_task() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled
    assert scheduled <= set(app.tasks)


def test_what_is_scheduled_survives_a_beat_without_its_file_and_does_not_pile_up() -> None:
    """An interval of a day would never end where beat is restarted daily."""
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    for name, entry in schedule.items():
        if isinstance(entry["schedule"], crontab):
            continue
        assert entry["schedule"] <= 60, name
        assert entry["options"]["expires"] < entry["schedule"], name


def test_every_task_of_ours_has_a_module_of_ours() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert {name.partition(".")[0] for name in ours} <= set(APPS)


def test_the_worker_has_the_settings_that_were_measured_to_hold() -> None:
    """R4.11."""
    assert {name: app.conf[name] for name in PINNED} == PINNED
    assert TRANSPORT.items() <= app.conf["broker_transport_options"].items()


def test_production_has_them_too_as_its_own_worker_reads_them() -> None:
    """R4.11: read in a separate process with production's environment."""
    code = (
        "import json; from fidelizacion.celery import app; c = app.conf; "
        f"print(json.dumps([{{n: c[n] for n in {sorted(PINNED)!r}}}, c['broker_transport_options'], c['broker_url']]))"
    )
    environment = {**PRODUCTION, "DJANGO_SETTINGS_MODULE": "fidelizacion.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, env=environment, capture_output=True, check=True
    )
    pinned, transport, broker = json.loads(done.stdout)
    assert pinned == PINNED
    assert transport == TRANSPORT
    assert broker == PRODUCTION["REDIS_URL"]


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_the_worker_uses_the_transport_that_survives_stalls_and_keeps_tls(scheme: str) -> None:
    connection = app.connection_for_read(f"{scheme}://:secret@127.0.0.1:6379/0")
    assert isinstance(connection.transport, Transport)
    assert bool(connection.ssl) is (scheme == "rediss")


def test_a_lost_task_is_given_back_only_after_its_time_limit() -> None:
    """Otherwise two workers would run it (R4.11); kombu 5.7 survives a broker restart (R4.15)."""
    assert PINNED["visibility_timeout"] > PINNED["task_time_limit"] > PINNED["task_soft_time_limit"]
    assert tuple(map(int, version("kombu").split(".")[:2])) >= (5, 7)


def test_the_heartbeat_is_sent_each_minute_by_the_name_that_beat_listens_to() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["heartbeat"]
    assert (entry["task"], entry["schedule"]) == (HEARTBEAT, 60.0)


def test_pins_have_a_separate_queue_and_a_plain_worker_takes_both() -> None:
    assert app.amqp.router.route({}, SEND_TASK)["queue"].name == "codes"
    assert app.amqp.router.route({}, HEARTBEAT)["queue"].name == "celery"
    assert set(app.amqp.queues.consume_from) == {"celery", "codes"}


def test_r4_10_no_task_waits_in_the_broker() -> None:
    """Retries are in the rows; a task with an ETA past the visibility timeout would run twice."""
    waits = re.compile(r"\b(countdown|eta)\s*=|[\"'](countdown|eta)[\"']\s*:|\.retry\(|apply_async\(")
    found = [
        f"{path.relative_to(BASE)}:{number}"
        for path in sources(*PRODUCT, "bench")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if waits.search(line)
    ]
    assert found == []
