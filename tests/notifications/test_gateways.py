"""SMS gateways for tests and for development, and the choice of the gateway by its name."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from notifications.sms import memory, sms_gateway

NUMBER, TEXT = "+593991234567", "Codigo 731942"


def test_an_unknown_gateway_name_is_a_configuration_error(settings: Settings) -> None:
    settings.SMS_GATEWAY = "palomas"
    with pytest.raises(ImproperlyConfigured, match="twilio"):
        sms_gateway()


def test_the_memory_gateway_keeps_each_sms() -> None:
    memory.outbox.clear()
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert memory.outbox == [memory.SentSms(NUMBER, TEXT, 300)]


def test_the_console_shows_an_sms_in_debug_only_r1_09(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SMS_GATEWAY = "console"
    with pytest.raises(ImproperlyConfigured):
        sms_gateway()
    settings.DEBUG = True
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert TEXT in capsys.readouterr().err
