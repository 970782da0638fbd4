"""The system checks of the mail provider: each mistake gives its id, and no value of a setting."""

import json
import os
import runpy
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.conf import settings as live
from django.urls import Resolver404, resolve

from fidelizacion import mail_provider
from fidelizacion.system_checks import checks, mail_checks
from tests.check import BASE, PRODUCTION

SETTINGS = BASE / "fidelizacion" / "settings.py"
SECRET = "portal:" + "s" * 32
TOKEN = {"POSTMARK_SERVER_TOKEN": "canary"}
POSTMARK = {
    "EMAIL_URL": "",
    "EMAIL_PROVIDER": "postmark",
    "EMAIL_PROVIDER_SETTINGS": json.dumps(TOKEN),
    "EMAIL_WEBHOOK_SECRET": SECRET,
}
Errors = Callable[..., list[str]]


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> Errors:
    """Return the ids of the errors about mail in production's environment with these changes."""

    def check_with(**changes: str) -> list[str]:
        monkeypatch.setattr(os, "environ", {**PRODUCTION, **changes})
        read = runpy.run_path(str(SETTINGS))
        for module in (checks, mail_checks):
            monkeypatch.setattr(module, "settings", SimpleNamespace(**read))
        monkeypatch.setattr(live, "ANYMAIL", read["ANYMAIL"], raising=False)
        messages = [*checks.environment(), *checks.mail(), *mail_checks.mail_provider()]
        assert not [message for message in messages if "canary" in f"{message.msg} {message.hint}"]
        return [str(message.id).removeprefix("fidelizacion.") for message in messages]

    return check_with


@pytest.mark.parametrize(
    "right",
    [
        POSTMARK,
        {**POSTMARK, "EMAIL_PROVIDER": "Postmark", "EMAIL_WEBHOOK_SECRET": f"{SECRET},nuevo:{'n' * 32}"},
        {
            **POSTMARK,
            "EMAIL_PROVIDER_SETTINGS": json.dumps({**TOKEN, "POSTMARK_API_URL": "http://127.0.0.1:8025/"}),
        },
        {**POSTMARK, "EMAIL_PROVIDER": "mailgun", "EMAIL_PROVIDER_SETTINGS": '{"MAILGUN_API_KEY": "canary"}'},
        {
            **POSTMARK,
            "EMAIL_PROVIDER": "scaleway",
            "EMAIL_PROVIDER_SETTINGS": '{"SCALEWAY_SECRET_KEY": "canary", "SCALEWAY_PROJECT_ID": "canary"}',
            "EMAIL_WEBHOOK_SECRET": "",
        },
    ],
)
def test_a_valid_provider_has_no_errors(right: dict[str, str], errors: Errors) -> None:
    assert errors(**right) == []


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"EMAIL_PROVIDER": "", "EMAIL_URL": ""}, 15),
        ({"EMAIL_PROVIDER": "paloma"}, 50),
        ({"EMAIL_PROVIDER": "base_requests"}, 50),
        ({"EMAIL_PROVIDER": "console"}, 50),
        ({"EMAIL_URL": PRODUCTION["EMAIL_URL"]}, 51),
        ({"EMAIL_WEBHOOK_SECRET": ""}, 52),
        ({"EMAIL_PROVIDER_SETTINGS": json.dumps({**TOKEN, "DEBUG_API_REQUESTS": True})}, 53),
        ({"EMAIL_PROVIDER_SETTINGS": json.dumps({**TOKEN, "WEBHOOK_SECRET": "a:b"})}, 53),
        ({"EMAIL_PROVIDER_SETTINGS": json.dumps({**TOKEN, "POSTMARK_API_URL": "http://10.0.0.9/"})}, 54),
        ({"EMAIL_PROVIDER_SETTINGS": json.dumps({**TOKEN, "POSTMARK_API_URL": "https://[::1"})}, 54),
        ({"EMAIL_PROVIDER_SETTINGS": ""}, 55),
    ],
)
def test_a_mistake_is_reported_by_its_id(changes: dict[str, str], number: int, errors: Errors) -> None:
    assert errors(**{**POSTMARK, **changes}) == [f"E{number:03}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"EMAIL_PROVIDER_SETTINGS": "{"},
        {"EMAIL_PROVIDER_SETTINGS": "[]"},
        {"EMAIL_WEBHOOK_SECRET": "s" * 40},
        {"EMAIL_WEBHOOK_SECRET": ":" + "s" * 40},
        {"EMAIL_WEBHOOK_SECRET": "portal:short"},
        {"EMAIL_WEBHOOK_SECRET": f"{SECRET},{SECRET}"},
        {"EMAIL_WEBHOOK_SECRET": f"{SECRET},{SECRET}1,{SECRET}2"},
    ],
)
def test_what_cannot_be_read_is_reported_first(changes: dict[str, str], errors: Errors) -> None:
    assert "E001" in errors(**{**POSTMARK, **changes})


def test_every_provider_that_is_offered_can_be_named() -> None:
    assert {
        "amazon_ses",
        "brevo",
        "mailgun",
        "mailjet",
        "mandrill",
        "postmark",
        "resend",
    } <= mail_checks.providers()


def test_a_provider_without_reports_is_one_that_anymail_has_no_view_for() -> None:
    """All others need the secret that authenticates their reports."""
    reporting = set()
    for provider in mail_checks.providers():
        with suppress(Resolver404):
            resolve(f"/{provider}/tracking/", urlconf="anymail.urls")
            reporting.add(provider)
    assert mail_checks.providers() - reporting == mail_checks.WITHOUT_REPORTS


def test_a_provider_has_time_limits_and_no_retries_of_its_own_r4_26() -> None:
    anymail = mail_provider.anymail("amazon_ses", {}, (), "https://portal.operadora.example")
    assert anymail["REQUESTS_TIMEOUT"] == (5, 20)
    config = {"connect_timeout": 5, "read_timeout": 20, "retries": {"total_max_attempts": 1}}
    assert anymail["AMAZON_SES_CLIENT_PARAMS"]["config"] == config


def test_what_mandrill_signs_is_our_address_from_the_settings() -> None:
    anymail = mail_provider.anymail("mandrill", {}, ("portal:a/b",), "https://portal.operadora.example")
    address = "https://portal:a%2Fb@portal.operadora.example/webhooks/email/mandrill/"
    assert anymail["MANDRILL_WEBHOOK_URL"] == address
