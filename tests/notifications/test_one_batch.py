"""The messages of one event: inserted with one statement and sent by one task."""

import smtplib

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from jobs import enqueue
from notifications import outbox, tasks
from notifications.models import Message
from tests.notifications.helpers import queue_email, queue_sms

pytestmark = pytest.mark.django_db


def test_a_batch_is_one_insert_and_one_task_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    enqueued: list[tuple[str, object]] = []
    monkeypatch.setattr(enqueue, "enqueue", lambda name, argument: enqueued.append((name, argument)))
    with django_capture_on_commit_callbacks(execute=True), CaptureQueriesContext(connection) as queries:
        with outbox.in_one_batch():
            mails = [queue_email(key=f"ticket:1:{part}") for part in ("client", "advisor", "area:1")]
            sms = queue_sms()
        assert len(queries) == 1
        assert not enqueued
    assert [Message.objects.get(dedup_key=each.dedup_key).pk for each in mails] == [each.pk for each in mails]
    assert enqueued == [
        ("notifications.tasks.deliver_messages", [each.pk for each in mails]),
        ("notifications.tasks.deliver_message", sms.pk),
    ]


def test_a_message_with_a_used_key_is_not_changed_and_the_others_are_inserted_r4_02() -> None:
    queue_email(key="ticket:1:client", subject="Antes")
    with outbox.in_one_batch():
        queue_email(key="ticket:1:client", subject="Después")
        queue_email(key="ticket:1:advisor", subject="Asesor")
    assert sorted(Message.objects.values_list("stored_subject", flat=True)) == ["Antes", "Asesor"]


def test_an_error_in_the_block_queues_nothing_and_ends_the_batch() -> None:
    def fail() -> None:
        with outbox.in_one_batch():
            queue_email(key="ticket:1:client")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert not Message.objects.exists()
    assert queue_email(key="ticket:2:client").pk


def test_the_task_sends_each_mail_once_and_no_other() -> None:
    mails = [queue_email(key=f"ticket:1:{part}") for part in ("client", "advisor")]
    held = queue_email(key="ticket:1:held")
    Message.objects.filter(pk=held.pk).update(state=Message.State.HELD)
    queue_email(key="ticket:2:client")
    for _time in range(2):
        tasks.deliver_messages([*(each.pk for each in mails), held.pk])
    sent = Message.objects.filter(state=Message.State.SENT)
    assert {(each.pk, each.attempts) for each in sent} == {(each.pk, 1) for each in mails}
    assert len(mail.outbox) == 2


def test_an_sms_in_the_list_is_left_to_its_own_task() -> None:
    """A claim together with others would count it as sent if the process died before its turn."""
    sms = queue_sms()
    tasks.deliver_messages([sms.pk])
    sms.refresh_from_db()
    assert (sms.state, sms.attempts, sms.maybe_sent) == (Message.State.QUEUED, 0, 0)


def test_when_the_server_is_unavailable_the_rest_waits_without_an_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: EmailBackend, messages: object) -> int:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    mails = [queue_email(key=f"ticket:1:{part}") for part in ("client", "advisor")]
    tasks.deliver_messages([each.pk for each in mails])
    states = [Message.objects.get(pk=each.pk) for each in mails]
    assert [(each.state, each.attempts, each.lease_token) for each in states] == [
        (Message.State.QUEUED, 1, ""),
        (Message.State.QUEUED, 0, ""),
    ]


def test_a_key_that_is_listed_twice_is_one_mail() -> None:
    with outbox.in_one_batch():
        queue_email(key="ticket:1:client", subject="Primero")
        queue_email(key="ticket:1:client", subject="Segundo")
    message = Message.objects.get()
    assert message.subject == "Primero"
    tasks.deliver_messages([message.pk, message.pk])
    assert len(mail.outbox) == 1
