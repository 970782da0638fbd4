"""`/metrics`: only for the listed networks, in Prometheus' format, and cached."""

from ipaddress import ip_network

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from operations import alarms, heartbeats, metrics, prometheus
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "exposition", prometheus.Exposition())


@pytest.fixture
def scraper(settings: Settings) -> Client:
    settings.METRICS_NETWORKS = [ip_network("10.9.0.0/24")]
    return Client(REMOTE_ADDR="10.9.0.7")


def samples(client: Client) -> dict[tuple[str, str], float]:
    """Map (name, label) to the value."""
    text = client.get("/metrics").content.decode()
    families = text_string_to_metric_families(text)
    return {(s.name, ",".join(s.labels.values())): s.value for family in families for s in family.samples}


def test_the_metrics_are_served_with_their_levels(scraper: Client) -> None:
    queue_email()
    heartbeats.beat(heartbeats.WORKER)
    alarms.raise_alarm("sms-day-80", "1600 de 2000")
    found = samples(scraper)
    assert found["fidelizacion_messages_queued", ""] == 2
    assert found["fidelizacion_heartbeat_worker_age_seconds", ""] < 5
    assert found["fidelizacion_level", "heartbeat_worker_age_seconds"] == 0
    assert found["fidelizacion_level", "heartbeat_beat_age_seconds"] == 2
    assert ("fidelizacion_heartbeat_beat_age_seconds", "") not in found  # no heartbeat yet, so no age
    assert found["fidelizacion_alarm_open", "sms-day-80"] == 1
    assert found["fidelizacion_unread", "messages"] == 0
    assert {name for name in metrics.names() if ("fidelizacion_unread", name) not in found} == set()


def test_the_answer_is_what_prometheus_expects_and_holds_nothing_personal(scraper: Client) -> None:
    queue_email(to="ana@acme.example")
    response = scraper.get("/metrics")
    assert response["Content-Type"].startswith("text/plain; version=")
    assert b"ana@" not in response.content


@pytest.mark.parametrize("address", ["10.9.1.7", "127.0.0.1", ""])
def test_other_networks_get_a_404(scraper: Client, address: str) -> None:
    stranger = Client(REMOTE_ADDR=address)
    assert stranger.get("/metrics").status_code == 404
    assert stranger.get("/metrics", headers={"X-Forwarded-For": "10.9.0.7"}).status_code == 404


def test_by_default_it_is_a_404(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


def test_behind_a_proxy_the_client_counts_and_not_the_proxy(settings: Settings) -> None:
    settings.METRICS_NETWORKS = [ip_network("10.9.0.0/24")]
    settings.TRUSTED_PROXIES = [ip_network("10.9.0.1")]
    proxy = Client(REMOTE_ADDR="10.9.0.1")
    assert proxy.get("/metrics", headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 404
    assert proxy.get("/metrics", headers={"X-Forwarded-For": "10.9.0.7"}).status_code == 200


def test_a_second_request_within_seconds_runs_no_query(scraper: Client) -> None:
    scraper.get("/metrics")
    with CaptureQueriesContext(connection) as queries:
        assert scraper.get("/metrics").status_code == 200
    assert len(queries) == 0


def test_with_the_database_down_it_still_answers(scraper: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, registered in metrics._sources.items():
        if not registered.on_demand:
            monkeypatch.setitem(
                metrics._sources, name, metrics._Registration("x", unavailable, on_demand=False, order=1)
            )
    found = samples(scraper)
    assert all(found["fidelizacion_unread", name] == 1 for name in metrics.names())


def unavailable() -> list[metrics.Metric]:
    raise OperationalError
