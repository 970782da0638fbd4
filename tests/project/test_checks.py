"""The system checks of the settings: each mistake gives its id, correct settings give none."""

import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.checks import ERROR
from django.core.checks.registry import registry

from fidelizacion.system_checks import checks
from tests.check import BASE, PRODUCTION

SETTINGS = BASE / "fidelizacion" / "settings.py"
Errors = Callable[..., list[str]]
MOBILE = {
    "MOBILE_HEADER": "X-MSISDN",
    "MOBILE_GATEWAYS": "10.9.0.0/24",
    "MOBILE_CLIENT_NETWORKS": "100.64.0.0/10",
}
SIGNED = {**MOBILE, "MOBILE_HEADER_KEY": f"{'k' * 32},{'l' * 32}"}
PLAIN = {"PORTAL_BASE_URL": "http://127.0.0.1:8000"}
DEMO = {"DEMO": "1", "PORTAL_BASE_URL": "http://127.0.0.1:8000", "SMS_GATEWAY": "demo", "EMAIL_URL": ""}


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> Errors:
    """Return the ids of the errors in production's environment with these changes."""

    def check_with(**changes: str) -> list[str]:
        monkeypatch.setattr(os, "environ", {**PRODUCTION, **changes})
        monkeypatch.setattr(checks, "settings", SimpleNamespace(**runpy.run_path(str(SETTINGS))))
        ours = [check for check in registry.registered_checks if check.__module__ == checks.__name__]
        assert len(ours) > 8
        messages = [message for check in ours for message in check(app_configs=None, databases=None)]
        return [str(message.id) for message in messages if message.level >= ERROR]

    return check_with


@pytest.mark.parametrize(
    "right",
    [
        {},
        DEMO,
        {"DEBUG": "1", "SECRET_KEY": "", "OTP_PEPPER": ""},
        MOBILE,
        {"TRUSTED_PROXIES": "", **PLAIN},
        {"CLAMD_URL": "unix:///run/clamav/clamd.ctl"},
        # A gateway behind our proxy is trusted because it signs (R2.05)
        {**SIGNED, "MOBILE_GATEWAYS": "10.9.0.0/24,10.0.0.9"},
    ],
)
def test_a_valid_environment_has_no_errors(right: dict[str, str], errors: Errors) -> None:
    assert errors(**right) == []


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"OTP_VALIDITY_SECONDS": "pronto"}, 1),
        ({"DATABASE_URL": "mysql://a@b/c"}, 1),
        ({"DATABASE_URL": "postgres://base.operadora.example"}, 1),
        ({"REDIS_URL": "redis.operadora.example:6379"}, 1),
        ({"CLAMD_URL": "clamav:3310"}, 1),
        ({"REDIS_URL": "http://redis.operadora.example"}, 1),
        ({"REDIS_URL": "redis://:clave@redis.operadora.example:puerto/0"}, 1),
        ({"EMAIL_URL": "smtp://"}, 1),
        ({"PORTAL_BASE_URL": "https://[::1"}, 1),
        ({"PORTAL_BASE_URL": "https://portal.operadora.example:puerto"}, 1),
        ({"TIME_ZONE": "Marte/Olimpo"}, 1),
        ({"OTP_SENDS_PER_PHONE": "muchos"}, 1),
        ({"TICKET_NUMBER_START": "12"}, 1),
        ({"SECRET_KEY": ""}, 2),
        ({"SECRET_KEY": "k" * 49}, 2),
        ({"OTP_PEPPER": ""}, 3),
        ({"OTP_PEPPER": PRODUCTION["SECRET_KEY"]}, 4),
        ({"PORTAL_BASE_URL": "portal.operadora.example"}, 5),
        ({"PORTAL_BASE_URL": "https://portal.operadora.example/portal"}, 5),
        ({"EMAIL_URL": "consolemail://"}, 24),
        ({"EMAIL_URL": "dummymail://"}, 24),
        ({"PORTAL_BASE_URL": "http://portal.operadora.example"}, 6),
        ({"ALLOWED_HOSTS": "*"}, 7),
        ({"HSTS_PRELOAD": "1", "HSTS_SUBDOMAINS": "0"}, 65),
        ({**DEMO, "DEBUG": "1"}, 8),
        ({**DEMO, "PORTAL_BASE_URL": "https://portal.operadora.example"}, 9),
        ({**DEMO, "ALLOWED_HOSTS": "127.0.0.1,portal.operadora.example"}, 9),
        ({"SMS_GATEWAY": "paloma"}, 10),
        ({"SMS_GATEWAY": "console"}, 11),
        ({"SMS_GATEWAY": "demo"}, 11),
        ({"SMS_GATEWAY": "memory"}, 12),
        ({"TWILIO_AUTH_TOKEN": ""}, 13),
        ({"TWILIO_FROM": ""}, 13),
        ({"TWILIO_BASE_URL": "api.twilio.example"}, 25),
        ({"TWILIO_BASE_URL": "http://api.twilio.example"}, 25),
        ({"TWILIO_BASE_URL": "https://api.twilio.example:puerto"}, 25),
        ({"TWILIO_BASE_URL": "https://[::1"}, 25),
        ({"TWILIO_BASE_URL": "https://cuenta:clave@api.twilio.example"}, 25),
        ({"TWILIO_BASE_URL": "https://api.twilio.example/2010-04-01"}, 25),
        ({"TWILIO_BASE_URL": "https:///"}, 25),
        ({"OTP_DIGITS": "4"}, 14),
        ({"EMAIL_URL": ""}, 15),
        ({"DEFAULT_FROM_EMAIL": ""}, 16),
        ({"POSTVENTA_EMAIL": "postventa"}, 17),
        ({"MOBILE_HEADER": "X-MSISDN"}, 18),
        ({"MOBILE_HEADER": "X-MSISDN", "MOBILE_GATEWAYS": "10.9.0.0/24"}, 18),
        ({"MOBILE_HEADER": "X-MSISDN", "MOBILE_CLIENT_NETWORKS": "100.64.0.0/10"}, 18),
        ({**MOBILE, "MOBILE_GATEWAYS": "0.0.0.0/0", "TRUSTED_PROXIES": "", **PLAIN}, 19),
        ({**MOBILE, "MOBILE_CLIENT_NETWORKS": "0.0.0.0/1,128.0.0.0/1"}, 19),
        ({**MOBILE, "MOBILE_CLIENT_NETWORKS": "2000::/3"}, 19),
        ({**MOBILE, "MOBILE_GATEWAYS": "198.0.0.0/8"}, 19),
        ({**MOBILE, "MOBILE_GATEWAYS": "2800::/16"}, 19),
        ({**MOBILE, "MOBILE_GATEWAYS": "10.0.0.9"}, 20),
        ({**MOBILE, "MOBILE_HEADER": "X_MSISDN"}, 30),
        ({**MOBILE, "MOBILE_HEADER": "X-MSISDN:"}, 30),
        ({**MOBILE, "MOBILE_HEADER_KEY": PRODUCTION["OTP_PEPPER"]}, 31),
        ({**MOBILE, "MOBILE_HEADER_KEY": "k" * 31}, 1),
        ({**MOBILE, "MOBILE_HEADER_KEY": ","}, 1),
        ({**MOBILE, "MOBILE_HEADER_KEY": f"{'k' * 32},{'l' * 32},{'m' * 32}"}, 1),
        ({**MOBILE, "MOBILE_HEADER_KEY": f"{'k' * 32},{'k' * 32}"}, 1),
        ({"COMPANY_DIRECTORY": "crm.Nadie"}, 22),
        ({"TRUSTED_PROXIES": "::/0"}, 23),
        # https without a trusted proxy: every page would redirect to itself without end
        ({"TRUSTED_PROXIES": ""}, 60),
        ({"TRUSTED_PROXIES": "", "DEBUG": "1"}, 60),
        ({"OPERATIONS_EMAIL": "guardia@operadora.example, noc"}, 41),
        ({"METRICS_NETWORKS": "0.0.0.0/0"}, 42),
        ({"UPLOAD_QUOTA_PER_PHONE": "40MiB"}, 1),
        ({"ATTACHMENTS_MIN_FREE_PERCENT": "100"}, 1),
        ({"STORAGE_URL": "s3://clave@almacen.example/adjuntos"}, 1),
    ],
)
def test_a_mistake_is_reported_by_its_id(changes: dict[str, str], number: int, errors: Errors) -> None:
    assert errors(**changes) == [f"fidelizacion.E{number:03}"]


@pytest.mark.parametrize(
    "url", ["https://api.twilio.example", "https://10.0.0.9:8443/", "http://127.0.0.1:4013"]
)
def test_another_address_of_the_api_may_be_set(url: str, errors: Errors) -> None:
    assert errors(TWILIO_BASE_URL=url) == []


def test_another_store_for_the_documents_may_be_set_and_needs_its_library(
    errors: Errors, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = {"STORAGE_URL": "s3://clave:secreto@almacen.example/adjuntos"}
    assert errors(**store) == []
    monkeypatch.delitem(sys.modules, "attachments.s3")
    monkeypatch.setitem(sys.modules, "storages.backends.s3", None)
    assert errors(**store) == ["fidelizacion.E040"]


def test_short_codes_are_accepted_only_by_an_explicit_setting(errors: Errors) -> None:
    assert errors(OTP_DIGITS="4", OTP_SHORT_CODES_ACCEPTED="1") == []


def test_a_secret_may_come_from_a_file_and_not_from_both(errors: Errors, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0" * 32 + "\n", encoding="utf-8")
    both = errors(TWILIO_AUTH_TOKEN_FILE=str(tmp_path / "token"))
    assert both == ["fidelizacion.E001"]


def test_a_secret_file_that_cannot_be_read_is_reported(errors: Errors) -> None:
    assert "fidelizacion.E001" in errors(EMAIL_URL_FILE="/nowhere")
