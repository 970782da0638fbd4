"""HSTS, the redirect to https and `X-Forwarded-Proto`, with production's settings (R6.04)."""

import os
import runpy
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.checks.security.base import check_sts_include_subdomains, check_sts_preload
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from fidelizacion.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401
from tests.check import PRODUCTION
from tests.project.test_checks import SETTINGS

HOST = "portal.operadora.example"
TWO_YEARS = "max-age=63072000"
HTTPS_SETTINGS = (
    "ALLOWED_HOSTS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD",
    "SECURE_HSTS_SECONDS",
    "SECURE_PROXY_SSL_HEADER",
    "SECURE_SSL_REDIRECT",
    "TRUSTED_PROXIES",
)
InProduction = Callable[..., dict[str, Any]]


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


urlpatterns = [*urlpatterns, path("fail/", fail)]


@pytest.fixture
def in_production(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> InProduction:
    """Apply production's https settings, with these changes to its environment, to the test."""

    def apply(**changes: str) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", {**PRODUCTION, **changes})
            read = runpy.run_path(str(SETTINGS))
        for name in HTTPS_SETTINGS:
            setattr(settings, name, read[name])
        settings.ROOT_URLCONF = __name__
        return read

    return apply


def visitor(secure: bool = True, peer: str = "10.0.0.9") -> Client:
    """A client whose requests arrive from this peer, by default production's proxy."""
    headers = {"Host": HOST, **({"X-Forwarded-Proto": "https"} if secure else {})}
    return Client(raise_request_exception=False, headers=headers, REMOTE_ADDR=peer)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"), [("/fidelizacion/", 200), ("/", 302), ("/nada/", 404), ("/fail/", 500)]
)
def test_r6_04_every_answer_keeps_the_browser_on_https(
    in_production: InProduction, path: str, status: int
) -> None:
    in_production()
    answer = visitor().get(path)
    assert (answer.status_code, answer["Strict-Transport-Security"]) == (
        status,
        f"{TWO_YEARS}; includeSubDomains",
    )


def test_r6_04_http_is_sent_to_https_of_the_same_host(in_production: InProduction) -> None:
    in_production()
    answer = visitor(secure=False).get("/fidelizacion/ayuda/?a=b")
    assert (answer.status_code, answer["Location"]) == (301, f"https://{HOST}/fidelizacion/ayuda/?a=b")
    assert "Strict-Transport-Security" not in answer


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"HSTS_PRELOAD": "1"}, f"{TWO_YEARS}; includeSubDomains; preload"),
        ({"HSTS_SUBDOMAINS": "0"}, TWO_YEARS),
    ],
)
def test_r6_04_preload_can_be_asked_for_and_subdomains_left_out(
    in_production: InProduction, changes: dict[str, str], header: str
) -> None:
    in_production(**changes)
    assert visitor().get("/health/live")["Strict-Transport-Security"] == header


@pytest.mark.parametrize("proxies", ["", "10.0.0.0/24"])
def test_x_forwarded_proto_is_believed_only_where_a_proxy_is_listed(
    in_production: InProduction, proxies: str
) -> None:
    """Otherwise a client that reaches the process directly could avoid the redirect."""
    in_production(TRUSTED_PROXIES=proxies)
    answer = visitor().get("/fidelizacion/ayuda/")
    assert answer.status_code == (200 if proxies else 301)


@pytest.mark.parametrize(
    ("peer", "believed"),
    [
        ("10.0.0.9", True),
        ("10.9.0.1", True),
        ("", True),
        ("198.51.100.7", False),
        ("127.0.0.1", False),
        ("::1", False),
    ],
)
def test_r2_02_x_forwarded_proto_is_believed_only_from_a_listed_peer(
    in_production: InProduction, settings: Settings, peer: str, believed: bool
) -> None:
    """A proxy, a gateway, or a Unix socket, which has no peer address."""
    in_production()
    settings.MOBILE_GATEWAYS = [ip_network("10.9.0.1/32")]
    answer = visitor(peer=peer).get("/fidelizacion/ayuda/")
    assert answer.status_code == (200 if believed else 301)


@pytest.mark.parametrize("changes", [{}, {"HSTS_PRELOAD": "1"}, {"HSTS_SUBDOMAINS": "0"}])
def test_a_chosen_hsts_setting_is_no_warning_of_check_deploy(
    in_production: InProduction, changes: dict[str, str]
) -> None:
    silenced = in_production(**changes)["SILENCED_SYSTEM_CHECKS"]
    found = [*check_sts_preload(None), *check_sts_include_subdomains(None)]
    assert [message.id for message in found if message.id not in silenced] == []
    assert ("security.W005" in silenced) is ("HSTS_SUBDOMAINS" in changes)
