"""The advisor gets a mail about each failed delivery of a confirmation (R4.08, R4.09)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.utils import timezone
from pytest_django import Settings

from notifications import actions, outbox
from notifications.models import Message
from notifications.reports import delivery_reports
from notifications.sending.delivery import SendOutcome, deliver
from notifications.sms import Report, ReportKind
from operations import alarms
from operations.models import Alarm
from tests.cast import carla, make_company
from tests.desk.desk import TICKETS, advisor, signed_in
from tests.notifications.helpers import smtp_sink
from tests.tickets.test_areas import an_area
from tests.tickets.test_mails import a_ticket
from tickets.emails import emails
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db
BOUNCE = "Devuelto por el servidor del destinatario: smtp;550 5.1.1 unknown user"


def sent(message: Message, provider_id: str = "id-1") -> Message:
    changes = {"state": Message.State.SENT, "sent_at": timezone.now(), "provider_id": provider_id}
    Message.objects.filter(pk=message.pk).update(**changes)
    return message


def bounce(provider_id: str = "id-1") -> None:
    delivery_reports.receive(Report(Message.Channel.EMAIL, provider_id, ReportKind.FAILED, BOUNCE))


def notices() -> list[Message]:
    return list(Message.objects.filter(kind="ticket_undelivered"))


def test_a_bounce_notifies_the_advisor_once() -> None:
    ticket = a_ticket(company=make_company(advisor=carla()))
    sent(emails.confirmation(ticket, ticket.documents))
    for _ in range(2):
        bounce()
    [notice] = notices()
    assert notice.to == "carla@operadora.example"
    assert notice.subject == f"Ticket 3608314: la confirmación no le llegó a {ticket.company_name}"
    text = BeautifulSoup(notice.html, "html.parser").get_text(" ")
    for shown in (notice.text, text):
        for part in (
            "ana@acme.example",
            "La dirección no existe",
            "099 123 4567",
            "envíe la confirmación",
            "pídalo a un supervisor",
        ):
            assert part in shown
    assert f"/admin/tickets/ticket/{ticket.number}/change/" in notice.text


@pytest.mark.loopback
def test_a_refusal_at_sending_notifies_the_advisor_r4_09(settings: Settings) -> None:
    message = emails.confirmation(a_ticket(), ())
    with smtp_sink(settings) as sink:
        sink.rcpt = "451 4.3.0 busy"
        assert deliver(message.pk) == SendOutcome.AGAIN
        assert notices() == []
        sink.rcpt = "550 5.1.1 unknown user"
        Message.objects.update(next_at=timezone.now())
        assert deliver(message.pk) == SendOutcome.FAILED
    assert len(notices()) == 1


@pytest.mark.loopback
def test_a_confirmation_given_up_after_72_hours_is_reported_with_what_helps_then_r4_08(
    settings: Settings,
) -> None:
    message = emails.confirmation(a_ticket(), ())
    with smtp_sink(settings) as sink, time_machine.travel(timezone.now() + timedelta(hours=72, minutes=1)):
        sink.rcpt = "451 4.3.0 busy"
        assert deliver(message.pk) == SendOutcome.DEAD
    [notice] = notices()
    for shown in (notice.text, BeautifulSoup(notice.html, "html.parser").get_text(" ")):
        assert "ya no se vuelve a intentar solo" in shown
        assert "en «Mensajes», reenvíe la confirmación" in shown
        assert "Si tampoco le llega, llame al cliente" in shown


def test_a_confirmation_that_ends_process_after_process_is_reported_once_r4_12() -> None:
    message = emails.confirmation(a_ticket(), ())
    Message.objects.filter(pk=message.pk).update(
        state=Message.State.SENDING, lost_leases=2, leased_until=timezone.now(), lease_token="gone"
    )
    assert [deliver(message.pk), deliver(message.pk)] == [SendOutcome.DEAD, SendOutcome.SKIPPED]
    assert len(notices()) == 1


def test_an_invalid_address_is_reported_with_the_ticket() -> None:
    emails.confirmation(a_ticket(email="ana@acme"), ())
    [notice] = notices()
    assert "La dirección del destinatario no es válida" in notice.text


def test_a_copy_that_does_not_arrive_either_is_reported_with_its_address() -> None:
    message = sent(emails.confirmation(a_ticket(), ()))
    bounce()
    message.refresh_from_db()
    copy = actions.redirect(message, "otra@acme.example", actions.Actor("Carla"), 0)
    sent(copy, "id-2")
    for _ in range(2):
        bounce("id-2")
    assert ["otra@acme.example" in notice.text for notice in notices()] == [True, False]  # newest first


def test_one_sent_again_that_fails_again_is_reported_again() -> None:
    message = sent(emails.confirmation(a_ticket(), ()))
    for serial in range(2):
        bounce(f"id-{serial + 1}")
        message.refresh_from_db()
        actions.resend(message, actions.Actor("Carla"), serial)
        sent(message, f"id-{serial + 2}")
    assert len(notices()) == 2


def test_while_the_customer_has_another_or_it_is_on_its_way_no_advisor_is_notified() -> None:
    message = sent(emails.confirmation(a_ticket(), ()))
    message.refresh_from_db()
    sent(actions.redirect(message, "otra@acme.example", actions.Actor("Carla"), 0), "id-2")
    bounce()
    assert notices() == []
    bounce("id-2")
    assert len(notices()) == 1


def test_only_the_confirmation_of_an_existing_ticket_counts() -> None:
    ticket = a_ticket()
    sent(emails.advisor_notice(ticket, ticket.documents), "id-2")
    bounce("id-2")
    for number, reference in enumerate(("ticket:9999999", "invitation:1", "ticket:x")):
        message = outbox.enqueue_rendered_email(
            dedup_key=f"other:{number}",
            subject_ref=reference,
            kind=emails.CONFIRMATION,
            to="ana@acme.example",
            subject="s",
            text="t",
            html="",
        )
        sent(message, f"other-{number}")
        bounce(f"other-{number}")
    assert notices() == []


@pytest.mark.parametrize(
    "notify",
    [emails.advisor_notice, lambda ticket, documents: emails.area_notice(ticket, documents, an_area())],
)
def test_a_bounced_notice_to_staff_is_reported_to_operations(
    notify: Callable[[Ticket, list[Attachment]], Message],
) -> None:
    """R4.09: such a mail starts the work, and its recipient cannot be reached by mail."""
    message = sent(notify(a_ticket(), []))
    alarms.watch(judge_silence=False)
    assert not Alarm.objects.exists()
    bounce()
    for _ in range(2):
        alarms.watch(judge_silence=False)
    [alarm] = Message.objects.filter(kind="operations_alarm")
    assert alarm.subject == "Alarma: Se rechazaron avisos al equipo"
    message.refresh_from_db()
    actions.resolve(message, "Lo llamé", actions.Actor("Carla"), 0)
    alarms.watch(judge_silence=False)
    assert Alarm.objects.get().cleared_at is not None


def test_a_customers_wrong_address_raises_no_alarm() -> None:
    """The advisor is notified; operations have nothing to repair."""
    sent(emails.confirmation(a_ticket(), ()))
    bounce()
    alarms.watch(judge_silence=False)
    assert not Alarm.objects.exists()


def test_a_bounced_notice_of_a_bounce_causes_no_other_notice() -> None:
    sent(emails.confirmation(a_ticket(), ()))
    bounce()
    [notice] = notices()
    sent(notice, "id-2")
    bounce("id-2")
    assert Message.objects.count() == 2


def test_the_ticket_shows_the_bounce() -> None:
    user = advisor()
    ticket = a_ticket(company=make_company(advisor=user))
    sent(emails.confirmation(ticket, ticket.documents))
    bounce()
    page = signed_in(user).get(f"{TICKETS}{ticket.number}/change/").content.decode()
    assert "Rechazado por el destino" in page
    assert "La dirección no existe o no recibe correo" in page
