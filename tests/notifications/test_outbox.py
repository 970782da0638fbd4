"""Queueing a message: once, in the caller's transaction, with any text that a customer typed
(R4.01, R4.02, R4.27).
"""

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from jobs import enqueue
from notifications import outbox
from notifications.models import Message
from tests.notifications.helpers import queue_email, queue_sms

pytestmark = pytest.mark.django_db


def test_the_same_key_is_the_same_message_r4_02() -> None:
    assert queue_email(key="ticket:1:client").pk == queue_email(key="ticket:1:client", subject="Otro").pk
    assert Message.objects.get().subject == "Ticket 3608314"


def test_a_message_is_rolled_back_with_the_callers_transaction_r4_01() -> None:
    with transaction.atomic():
        queue_email()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_the_task_is_enqueued_once_and_only_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    enqueued: list[tuple[str, int]] = []
    monkeypatch.setattr(enqueue, "enqueue", lambda name, pk: enqueued.append((name, pk)))
    with django_capture_on_commit_callbacks(execute=True):
        message = queue_email(key="ticket:1:client")
        queue_email(key="ticket:1:client")
        assert not enqueued
    assert enqueued == [("notifications.tasks.deliver_message", message.pk)]


def test_the_message_id_follows_from_the_key_and_the_portal_r4_07(settings: Settings) -> None:
    first = outbox.message_id("ticket:1:client")
    assert first == outbox.message_id("ticket:1:client")
    assert first.endswith("@operadora.example>")
    assert first != outbox.message_id("ticket:2:client")
    settings.PORTAL_BASE_URL = "https://pruebas.operadora.example"
    assert first != outbox.message_id("ticket:1:client")


@pytest.mark.parametrize(
    ("sender", "domain"),
    [("Operadora <avisos@correo.example>", "correo.example"), ("", "127.0.0.1"), ("sin-arroba", "127.0.0.1")],
)
def test_the_message_ids_domain_is_the_senders_or_the_portals(
    settings: Settings, sender: str, domain: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    assert outbox.message_id("x").endswith(f"@{domain}>")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\0"])
def test_a_subject_is_one_line_r4_27(end: str) -> None:
    assert queue_email(subject=f"Ticket 1{end}Bcc: x@mala.example").subject == "Ticket 1 Bcc: x@mala.example"


@pytest.mark.parametrize(
    "to",
    ["", "sin-arroba", "a@b.example\nBcc: c@d.example", "a@b.example, c@d.example", f"{'a' * 300}@b.example"],
)
def test_an_invalid_address_fails_and_raises_nothing_r4_27(to: str) -> None:
    message = queue_email(to=to)
    assert message.state == Message.State.FAILED
    assert message.last_error


def test_text_of_any_length_and_with_nul_can_be_queued() -> None:
    message = outbox.enqueue_rendered_email(
        dedup_key="k",
        subject_ref="s",
        to="ana@acme.example",
        subject="á" * 500,
        text="a\0b" * 9000,
        html="\0",
    )
    message.refresh_from_db()
    assert (len(message.subject), len(message.text), message.html) == (200, 18_000, "")


@pytest.mark.parametrize("to", ["0991234567", "+59399", "", "+593991234567\n"])
def test_an_sms_goes_to_an_e164_number_only(to: str) -> None:
    assert queue_sms(to).state == Message.State.FAILED
    assert queue_sms("+593991234567").state == Message.State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_a_failure_to_enqueue_the_task_does_not_break_the_request_r4_03(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(name: str, pk: int) -> None:
        raise RuntimeError

    monkeypatch.setattr(enqueue, "enqueue", broken)
    with transaction.atomic():
        queue_email()
    assert "on_commit" in caplog.text
    assert Message.objects.count() == 1
