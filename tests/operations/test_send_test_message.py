"""`send_test_message`: sends through the outbox at once, and says in a sentence how it ended."""

from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from demo.broker import free_port
from notifications.models import Message
from notifications.sending import delivery
from notifications.sms import PermanentFailure, memory
from tests.notifications.helpers import smtp_sink, use_smtp

pytestmark = pytest.mark.django_db


def send(*arguments: str) -> str:
    out = StringIO()
    call_command("send_test_message", *arguments, stdout=out)
    return out.getvalue()


def test_a_mail_leaves_and_the_command_says_how_long_it_took() -> None:
    said = send("--email", "jefa@operadora.example")
    assert said.startswith("Listo: correo n.º ")
    assert " s. Compruebe" in said
    assert mail.outbox[0].to == ["jefa@operadora.example"]
    assert mail.outbox[0].subject == "Mensaje de prueba del portal de Operadora Andina"
    assert Message.objects.get().state == Message.State.SENT


@pytest.mark.parametrize("spelling", ["0991234567", "+593 99 123 4567"])
def test_an_sms_leaves_for_a_number_in_any_spelling(spelling: str) -> None:
    memory.outbox.clear()
    assert send("--sms", spelling).startswith("Listo: SMS")
    assert memory.outbox[-1].to == "+593991234567"
    assert memory.outbox[-1].text.isascii()


def test_two_tests_are_two_messages() -> None:
    for _ in range(2):
        send("--email", "jefa@operadora.example")
    assert len(mail.outbox) == 2


@pytest.mark.loopback
def test_a_refusal_is_reported_in_the_servers_words(settings: Settings) -> None:
    with smtp_sink(settings) as sink:
        sink.rcpt = "550 No such user"
        with pytest.raises(
            CommandError, match=r"fue rechazado tras \d+,\d s, y no se repetirá: 550 No such user"
        ):
            send("--email", "nadie@operadora.example")


@pytest.mark.loopback
def test_an_unavailable_server_is_reported_and_the_message_is_tried_again(settings: Settings) -> None:
    use_smtp(settings, free_port())
    with pytest.raises(CommandError, match="se reintentará solo: ConnectionRefusedError"):
        send("--email", "jefa@operadora.example")
    assert Message.objects.get().state == Message.State.QUEUED


@pytest.mark.parametrize("wrong", [["--sms", "123"], ["--email", "nadie"]])
def test_an_invalid_number_or_address_fails(wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        send(*wrong)


def test_a_provider_that_refuses_the_number_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermanentFailure("twilio: 400, código 21614")

    monkeypatch.setattr(memory.MemoryGateway, "send", refuse)
    with pytest.raises(CommandError, match="21614"):
        send("--sms", "0991234567")


def test_if_the_worker_claims_the_message_first_its_result_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = delivery.deliver

    def beaten(pk: int) -> delivery.SendOutcome:
        first(pk)
        return first(pk)

    monkeypatch.setattr(delivery, "deliver", beaten)
    assert send("--email", "jefa@operadora.example").startswith("Listo")
    assert len(mail.outbox) == 1


def test_an_unavailable_database_is_reported_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(_pk: int) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(delivery, "deliver", unavailable)
    with pytest.raises(CommandError, match="La base de datos no responde"):
        send("--email", "jefa@operadora.example")
