"""Mails are rendered by the process that sends them, from a snapshot."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jinja2 import TemplateError
from pytest_django import Settings

from companies.models import Company
from notifications import actions, message_types, outbox
from notifications.email import rendering, snapshot
from notifications.models import Message
from notifications.sending import claims, delivery
from notifications.sending.delivery import SendOutcome
from notifications.sending.transport import Transport
from tests.desk.desk import advisor, signed_in
from tests.notifications.helpers import smtp_sink
from tests.tickets.test_mails import a_ticket
from tickets.emails import emails
from tickets.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.loopback]
State = Message.State
MAILS = [each.name for each in message_types.message_types() if each.channel == Message.Channel.EMAIL]


def a_mail() -> Message:
    return emails.confirmation(a_ticket(), [Attachment(original_name="líneas.xlsx", size=1)])


def known_as(message: Message, **changes: Any) -> Any:
    """Patch the registry: this process knows the message's type with `changes`."""
    registered = message_types.message_type(message.kind)
    assert registered is not None
    return mock.patch.dict(message_types._message_types, {message.kind: replace(registered, **changes)})


def without(kind: str) -> Any:
    """Patch the registry: this process does not know the type."""
    others = {name: each for name, each in message_types._message_types.items() if name != kind}
    return mock.patch.dict(message_types._message_types, others, clear=True)


def stored(message: Message) -> tuple[str, str, str, str]:
    message.refresh_from_db()
    return message.stored_subject, message.stored_text, message.stored_html, message.facts


def test_a_mail_is_queued_without_its_text() -> None:
    message = a_mail()
    assert stored(message)[:3] == ("", "", "")
    assert message.template_version == 2


def test_later_changes_of_ticket_company_and_brand_do_not_change_a_queued_mail(settings: Settings) -> None:
    message = a_mail()
    before = (message.subject, message.text, message.html)
    Ticket.objects.update(requester_name="Otra persona", company_name="Otra S. A.", effective_terms=[])
    Company.objects.update(legal_name="Otra S. A.", queue_email="otra@otra.example")
    settings.BRAND = replace(
        settings.BRAND, name="Otra marca", colour="#112233", support_phone="1800 000 000"
    )
    settings.PORTAL_BASE_URL = "https://otra.example"
    with smtp_sink(settings) as sink:
        assert delivery.deliver(message.pk) == SendOutcome.SENT
    assert stored(message) == (*before, "")
    plain = sink.mails[0].get_body(("plain",))
    assert plain is not None
    assert (sink.mails[0]["subject"], plain.get_content().replace("\r\n", "\n")) == before[:2]


def test_rendering_runs_no_query(django_assert_num_queries: Any) -> None:
    message = a_mail()
    with django_assert_num_queries(0):
        assert message.subject
        assert message.html


@pytest.mark.parametrize("batch", [True, False])
def test_r407_a_repeat_is_the_same_mail_byte_for_byte(settings: Settings, batch: bool) -> None:
    """The sending process dies after the server's 250; the template changes before the repeat."""
    message = a_mail()
    with smtp_sink(settings) as sink:
        with mock.patch.object(delivery, "_record_sent"):  # the process dies before it records the result
            assert (delivery.deliver_due().total() if batch else delivery.deliver(message.pk)) in (1, "sent")
        Message.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        with mock.patch.object(rendering, "_render", side_effect=AssertionError("rendered again")):
            delivery.deliver_due()
    assert len(sink.mails) == 2
    first, second = (
        [part.get_content() for part in mail.walk() if not part.is_multipart()] for mail in sink.mails
    )
    assert first == second
    assert sink.mails[0]["message-id"] == sink.mails[1]["message-id"] == message.message_id


@pytest.mark.parametrize("by_task", [True, False])
def test_a_batch_of_mails_is_stored_in_one_statement(by_task: bool) -> None:
    ticket = a_ticket()
    pks = [emails.confirmation(ticket, []).pk, emails.advisor_notice(ticket, []).pk]
    with CaptureQueriesContext(connection) as queries:
        messages = claims.claim_mails(pks) if by_task else claims.claim_due(timezone.now())
        next(messages)
    assert not Message.objects.exclude(facts="").exists()
    assert sum("UPDATE" in each["sql"] and "html = " in each["sql"] for each in queries) == 1
    messages.close()


def test_a_mail_queued_with_the_logos_old_key_shows_the_logo() -> None:
    message = a_mail()
    before = message.html
    Message.objects.update(facts=message.facts.replace("embedded_logo", "mail_mark"), template_version=1)
    assert delivery.deliver(message.pk) == SendOutcome.SENT
    assert stored(message)[2] == before
    assert rendering.LOGO_URL in before


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("unknown", ["kind", "version"])
def test_a_mail_that_this_process_cannot_render_is_left_to_another(
    settings: Settings, unknown: str, batch: bool
) -> None:
    message = a_mail()
    patch = without(message.kind) if unknown == "kind" else known_as(message, versions=(3,))
    with smtp_sink(settings) as sink:
        with patch:
            outcome = next(iter(delivery.deliver_due())) if batch else delivery.deliver(message.pk)
        assert outcome == SendOutcome.AGAIN
        assert not sink.raw
        message.refresh_from_db()
        assert (message.state, message.attempts, message.lease_token) == (State.QUEUED, 0, "")
        Message.objects.update(next_at=timezone.now())
        assert delivery.deliver(message.pk) == SendOutcome.SENT
    assert len(sink.mails) == 1


def test_a_mail_that_no_process_can_render_for_three_days_is_dead() -> None:
    message = a_mail()
    Message.objects.update(give_up_at=timezone.now())
    with without(message.kind):
        assert delivery.deliver(message.pk) == SendOutcome.DEAD
    message.refresh_from_db()
    assert (message.state, message.last_error) == (
        State.DEAD,
        "Ningún proceso tiene la plantilla de este correo.",
    )


@pytest.mark.parametrize("batch", [True, False])
def test_a_mail_whose_template_fails_is_dead_and_the_next_is_sent(settings: Settings, batch: bool) -> None:
    """It keeps its facts, so it can be sent once the template is corrected."""
    message = a_mail()
    other = emails.advisor_notice(message_ticket(), [])
    Message.objects.filter(pk=message.pk).update(facts=snapshot.freeze({"ticket": {}}))
    with smtp_sink(settings) as sink:
        if batch:
            delivery.deliver_due()
        else:
            delivery.deliver(message.pk)
            delivery.deliver(other.pk)
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, other.state) == (State.DEAD, State.SENT)
    assert message.last_error == "UndefinedError"
    assert message.facts
    assert len(sink.mails) == 1


def message_ticket() -> Ticket:
    return Ticket.objects.get()


def test_a_lost_lease_sends_nothing(settings: Settings) -> None:
    message = a_mail()
    claimed = claims.claim(message.pk)
    assert claimed is not None
    Message.objects.update(lease_token="of another process")
    with smtp_sink(settings) as sink, Transport() as transport:
        assert delivery._send(claimed, transport)[0] == SendOutcome.SKIPPED
    assert not sink.raw
    assert stored(message)[3]


def test_the_desk_shows_a_mail_that_is_not_rendered_and_stores_nothing(client: Client) -> None:
    message = a_mail()
    page = signed_in(advisor()).get(f"/admin/notifications/message/{message.pk}/change/").content.decode()
    assert "Ticket 3608314: recibimos su solicitud" in page
    assert "No utiliza el servicio" in page
    assert stored(message)[:3] == ("", "", "")


def test_the_desk_says_that_a_mail_cannot_be_shown() -> None:
    message = a_mail()
    Message.objects.update(facts=snapshot.freeze({}), kind="de_otra_version")
    page = signed_in(advisor()).get(f"/admin/notifications/message/{message.pk}/change/")
    assert page.status_code == 200
    assert "No se puede mostrar: falta su plantilla" in page.content.decode()


def test_a_copy_of_a_mail_that_is_not_rendered_is_the_same_mail(settings: Settings) -> None:
    message = a_mail()
    before = (message.subject, message.text, message.html)
    copy = actions.redirect(message, "otra@acme.example", actions.Actor.of(advisor()), 0)
    assert copy.facts == message.facts
    with smtp_sink(settings):
        assert delivery.deliver(copy.pk) == SendOutcome.SENT
    assert stored(copy)[:3] == before


def test_facts_do_not_outlive_the_text() -> None:
    """The text is the only copy of the personal data, so deleting it is enough (R8.03)."""
    message = a_mail()
    delivery.deliver_due()
    assert stored(message)[3] == ""


def test_a_link_that_is_a_secret_is_in_no_snapshot() -> None:
    """Invitations are rendered when they are queued."""
    message = outbox.enqueue_rendered_email(
        dedup_key="i", subject_ref="i", to="a@b.example", subject="s", text="t", html="h"
    )
    assert message.facts == ""


def test_a_row_of_the_database_is_not_frozen() -> None:
    with pytest.raises(TypeError, match="Ticket cannot be"):
        snapshot.freeze({"ticket": Ticket(number=1)})


@pytest.mark.parametrize("name", MAILS)
def test_every_kind_is_rendered_from_a_snapshot(name: str) -> None:
    registered = message_types.message_type(name)
    assert registered is not None
    with mock.patch.object(snapshot, "thaw", wraps=snapshot.thaw) as thawed:
        assert registered.preview().html
    assert thawed.call_count == 1


def test_a_name_that_a_snapshot_lacks_is_an_error() -> None:
    with pytest.raises(TemplateError):
        rendering.render_snapshot("ticket_status", snapshot.freeze({}))


def test_a_mail_that_cannot_be_stored_does_not_keep_others_from_being_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = a_ticket()
    bad, good = emails.confirmation(ticket, []), emails.advisor_notice(ticket, [])
    render = rendering.render_snapshot

    def with_a_surrogate(kind: str, facts: str) -> rendering.RenderedEmail:
        content = render(kind, facts)
        return replace(content, text="\ud800") if facts == bad.facts else content

    monkeypatch.setattr(rendering, "render_snapshot", with_a_surrogate)
    with smtp_sink(settings) as sink:
        delivery.deliver_due()
    states = dict(Message.objects.filter(pk__in=[bad.pk, good.pk]).values_list("pk", "state"))
    assert states == {bad.pk: State.DEAD, good.pk: State.SENT}
    assert len(sink.mails) == 1


def test_a_soft_time_limit_ends_the_rendering_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    message = a_mail()
    monkeypatch.setattr(rendering, "render_snapshot", mock.Mock(side_effect=SoftTimeLimitExceeded))
    with pytest.raises(SoftTimeLimitExceeded):
        delivery.deliver_each([message.pk])
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.QUEUED, 0)
