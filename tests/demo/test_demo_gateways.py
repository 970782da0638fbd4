"""The demo's gateways write rows of its mailbox in demo mode, and refuse outside it."""

import os
import runpy
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings
from time_machine import TimeMachineFixture

from demo.gateways import DemoGateway
from demo.models import DemoMessage
from notifications.sms import sms_gateway
from tests.check import BASE, PRODUCTION

pytestmark = pytest.mark.django_db
NUMBER, TEXT = "+593991234567", "Codigo 731942"
SEND = f"""
import django
django.setup()
from notifications.sms import sms_gateway
sms_gateway().send("{NUMBER}", "{TEXT}", seconds_left=300)
"""


def test_the_demo_gateway_needs_the_demo(settings: Settings) -> None:
    settings.SMS_GATEWAY = "demo"
    with pytest.raises(ImproperlyConfigured):
        sms_gateway()
    settings.DEMO = True
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert DemoMessage.objects.get().text == TEXT


def test_messages_of_one_instant_keep_their_order(
    settings: Settings, time_machine: TimeMachineFixture
) -> None:
    settings.DEMO = True
    time_machine.move_to("2026-12-01T12:00:00Z", tick=False)
    for number in range(5):
        DemoGateway().send(NUMBER, f"SMS {number}", seconds_left=300)
    assert [row.text for row in DemoMessage.objects.all()] == ["SMS 4", "SMS 3", "SMS 2", "SMS 1", "SMS 0"]


def test_the_demo_mailbox_keeps_both_parts(settings: Settings) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "demo.gateways.DemoEmailBackend"
    mail = EmailMultiAlternatives("Asunto", "texto", to=["ana@acme.example"], headers={"Message-ID": "<1@x>"})
    mail.attach_alternative("<p>html</p>", "text/html")
    assert mail.send() == 1
    row = DemoMessage.objects.get()
    assert (row.channel, row.subject, row.text, row.html, row.message_id) == (
        "email", "Asunto", "texto", "<p>html</p>", "<1@x>",
    )  # fmt: skip


@pytest.mark.parametrize(("demo", "installed"), [("0", False), ("1", True)])
def test_the_demo_is_an_app_in_demo_mode_only(
    monkeypatch: pytest.MonkeyPatch, demo: str, installed: bool
) -> None:
    monkeypatch.setattr(os, "environ", {**PRODUCTION, "DEMO": demo})
    settings = runpy.run_path(str(BASE / "fidelizacion" / "settings.py"))
    assert ("demo" in settings["INSTALLED_APPS"]) is installed


@pytest.mark.processes
def test_without_the_demo_its_mailbox_has_no_table_and_its_gateway_refuses(tmp_path: Path) -> None:
    """Although the app is not installed, the error is a sentence about DEMO."""
    database = tmp_path / "fidelizacion.sqlite3"
    environment = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{database}"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input"], cwd=BASE, env=environment, check=True
    )
    with closing(sqlite3.connect(database)) as lite:
        tables = {name for (name,) in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert "notifications_message" in tables
    assert not {name for name in tables if name.startswith("demo")}
    environment |= {"SMS_GATEWAY": "demo", "DJANGO_SETTINGS_MODULE": "fidelizacion.settings"}
    done = subprocess.run(
        [sys.executable, "-c", SEND], cwd=BASE, env=environment, capture_output=True, text=True, check=False
    )
    assert "ImproperlyConfigured: los mensajes de demostración necesitan DEMO=1" in done.stderr
