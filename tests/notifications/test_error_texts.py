"""Errors of messages as staff read them: what happened and what to do, without codes (R4.09)."""

import pytest
from django.utils import timezone

from notifications import error_texts
from notifications.models import Message

State, Channel = Message.State, Message.Channel


@pytest.mark.parametrize(
    ("state", "error", "text"),
    [
        (State.FAILED, "550 5.1.1 <ana@acme.example>: user unknown", "La dirección no existe"),
        (State.FAILED, "550 no such user", "La dirección no existe"),
        (State.FAILED, "552 mailbox full", "El buzón está lleno. Pida otra"),
        (State.FAILED, "554 5.7.1 blocked by policy", "rechazó por sus reglas"),
        (State.FAILED, "550 5.7.26 unauthenticated", "rechazó por sus reglas"),
        (State.FAILED, "554 5.4.4 no such domain", "El dominio de la dirección"),
        (State.FAILED, "555 5.5.4 syntax", "El servidor del destinatario lo rechazó."),
        (State.QUEUED, "451 4.3.0 busy", "pidió esperar"),
        (State.QUEUED, "452 4.2.2 over quota", "El buzón está lleno por ahora"),
        (State.QUEUED, "ConnectionRefusedError", "no responde"),
        (State.DEAD, "BadHeaderError", "falla del sistema"),
        (
            State.FAILED,
            "La dirección del destinatario no es válida.",
            "La dirección del destinatario no es válida.",
        ),
        (
            State.FAILED,
            'API 422 {"ErrorCode":406,"Message":"inactive"}',
            "El proveedor de correo no lo aceptó",
        ),
        (State.FAILED, '{"error":"suppressed"}', "El proveedor de correo no lo aceptó"),
        (State.FAILED, 'API 400 {"detail":"550 5.1.1 unknown user"}', "La dirección no existe"),
        (
            State.QUEUED,
            "API 401 Unauthorized",
            "no acepta la cuenta del portal: avise a operaciones. Se vuelve",
        ),
        (State.QUEUED, "API 503 <html>busy</html>", "pidió esperar. Se vuelve a intentar"),
        (State.QUEUED, "", ""),
    ],
)
def test_an_error_of_a_mail_is_described(state: str, error: str, text: str) -> None:
    description = error_texts.describe(Message(channel=Channel.EMAIL, state=state, last_error=error))
    assert text in description
    assert bool(description) is bool(error)
    assert "API" not in description


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("ConnectionRefusedError", "no responde. Se intentó durante 72 horas"),
        ("451 4.3.0 busy", "pidió esperar. Se intentó durante 72 horas"),
        ("452 4.2.2 over quota", "lleno por ahora. Se intentó durante 72 horas"),
    ],
)
def test_after_72_hours_the_text_promises_no_further_attempt_r4_08(error: str, text: str) -> None:
    now = timezone.now()
    message = Message(channel=Channel.EMAIL, state=State.DEAD, last_error=error, tried_at=now, give_up_at=now)
    description = error_texts.describe(message)
    assert text in description
    assert "Se vuelve a intentar solo" not in description


def test_an_error_of_an_sms_is_shown_unchanged() -> None:
    message = Message(channel=Channel.SMS, state=State.FAILED, last_error="El número no existe (30003)")
    assert error_texts.describe(message) == message.last_error
