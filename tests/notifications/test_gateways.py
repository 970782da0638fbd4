"""The carriers: what each does with an SMS, and which failures are worth another try."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings
from time_machine import TimeMachineFixture

from demo import gateways as demo
from notifications.models import DemoMessage
from notifications.sms import memory, sms_gateway

NUMBER, TEXT = "+593991234567", "Codigo 731942"


def test_an_unknown_name_is_a_mistake_of_configuration(settings: Settings) -> None:
    settings.SMS_GATEWAY = "palomas"
    with pytest.raises(ImproperlyConfigured, match="twilio"):
        sms_gateway()


def test_memory_keeps_what_was_sent() -> None:
    memory.outbox.clear()
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert memory.outbox == [memory.SentSms(NUMBER, TEXT, 300)]


def test_the_console_shows_an_sms_in_debug_only_r1_09(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SMS_GATEWAY = "console"
    with pytest.raises(ImproperlyConfigured):
        sms_gateway()
    settings.DEBUG = True
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert TEXT in capsys.readouterr().err


@pytest.mark.django_db
def test_the_demo_gateway_needs_the_demo(settings: Settings) -> None:
    settings.SMS_GATEWAY = "demo"
    with pytest.raises(ImproperlyConfigured):
        sms_gateway()
    settings.DEMO = True
    sms_gateway().send(NUMBER, TEXT, seconds_left=300)
    assert DemoMessage.objects.get().text == TEXT


@pytest.mark.django_db
def test_messages_of_one_instant_keep_their_order(settings: Settings, time_machine: TimeMachineFixture) -> None:
    settings.DEMO = True
    time_machine.move_to("2026-12-01T12:00:00Z", tick=False)
    for number in range(5):
        demo.DemoGateway().send(NUMBER, f"SMS {number}", seconds_left=300)
    assert [row.text for row in DemoMessage.objects.all()] == ["SMS 4", "SMS 3", "SMS 2", "SMS 1", "SMS 0"]


@pytest.mark.django_db
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
