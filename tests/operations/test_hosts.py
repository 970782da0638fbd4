"""ALLOWED_HOSTS: health and metrics answer under any host name, other pages only under ours."""

import logging
from ipaddress import ip_network

import pytest
from django.test import Client
from pytest_django import Settings

from fidelizacion.log_masking import MaskingFormatter

pytestmark = pytest.mark.django_db

BY_ADDRESS = "10.0.0.9:8000"
HOSTS = [BY_ADDRESS, "[fd00::9]", "portal.otra.example", "not a host", ""]


@pytest.fixture
def prometheus(settings: Settings) -> Client:
    settings.METRICS_NETWORKS = [ip_network("10.9.0.0/24")]
    return Client(REMOTE_ADDR="10.9.0.7")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_answers_under_any_host_name(client: Client, path: str, host: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", HOSTS)
def test_metrics_answer_to_their_networks_under_any_host_name(prometheus: Client, host: str) -> None:
    assert prometheus.get("/metrics", headers={"Host": host}).status_code == 200


def test_for_other_networks_metrics_is_like_an_unknown_url(prometheus: Client) -> None:
    """The response does not reveal that the address exists."""
    stranger = Client(REMOTE_ADDR="203.0.113.5")
    for host, status in ((BY_ADDRESS, 400), ("testserver", 404)):
        at_metrics, elsewhere = (
            stranger.get(path, headers={"Host": host}) for path in ("/metrics", "/nothing")
        )
        assert (at_metrics.status_code, elsewhere.status_code) == (status, status)
        assert at_metrics.headers.keys() == elsewhere.headers.keys()


@pytest.mark.parametrize("host", HOSTS[:4])
@pytest.mark.parametrize(
    "path", ["/", "/fidelizacion/", "/admin/login/", "/static/css/portal.css", "/healthy"]
)
def test_another_host_name_gets_a_page_and_one_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, path: str, host: str
) -> None:
    logging.getLogger("django").addHandler(caplog.handler)  # it does not propagate
    try:
        response = client.get(path, headers={"Host": host})
    finally:
        logging.getLogger("django").removeHandler(caplog.handler)
    assert response.status_code == 400
    assert b"<h1" in response.content
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    [record] = caplog.records
    written = MaskingFormatter("{message}", style="{").format(record)
    assert written == f"Host no admitido (ALLOWED_HOSTS): {host}"


def test_a_refused_host_name_is_logged_short_and_on_one_line(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("django").addHandler(caplog.handler)
    try:
        client.get("/", headers={"Host": "a\r\nERROR forged: \x1b[31m" + "b" * 300})
    finally:
        logging.getLogger("django").removeHandler(caplog.handler)
    [record] = caplog.records
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 150


def test_https_does_not_redirect_health_and_metrics(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/health/live", headers={"Host": BY_ADDRESS}).status_code == 200
    assert client.get("/fidelizacion/", headers={"Host": BY_ADDRESS}).status_code == 400
