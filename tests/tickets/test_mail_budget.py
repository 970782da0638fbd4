"""S4: a verified session can send only a limited number of mails to other addresses."""

from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from companies.models import Administrator
from notifications import actions
from notifications.email import rendering
from notifications.models import Message, MessageAction
from notifications.sending import delivery
from operations.sources import queue_metrics
from otp.limits.rates import parse_rates
from tests import cast
from tests.desk.desk import advisor, signed_in, step_of
from tests.tickets.portal_client import filled_form, text_of, visitor
from tickets import workflow
from tickets.emails import emails, samples
from tickets.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
State = Message.State
STRANGER = "desconocido@ajeno.example"


@pytest.fixture(autouse=True)
def _two_an_hour(settings: Settings) -> None:
    settings.TICKETS_PER_PHONE = parse_rates("2/h")


def request_some(client: Client, count: int, **changes: Any) -> list[Ticket]:
    before = set(Ticket.objects.values_list("pk", flat=True))
    for serial in range(count):
        answer = filled_form(client, details=f"Línea {serial} {uuid4()}").post(
            **{"email": STRANGER, **changes}
        )
        assert answer.status_code == 303
    return list(Ticket.objects.exclude(pk__in=before).order_by("number"))


def states(tickets: list[Ticket], whose: str) -> list[str]:
    return [Message.objects.get(dedup_key=f"ticket:{ticket.number}:{whose}").state for ticket in tickets]


@pytest.fixture
def client() -> Client:
    return visitor(cast.ana())


@pytest.fixture
def third(client: Client) -> Ticket:
    """The third ticket, above the limit of two."""
    return request_some(client, 3)[2]


def confirmation_of(ticket: Ticket) -> Message:
    return Message.objects.get(dedup_key=f"ticket:{ticket.number}:client")


def test_s4_above_the_limit_requests_are_registered_and_only_mail_to_other_addresses_waits(
    client: Client,
) -> None:
    tickets = request_some(client, 4)
    assert states(tickets, "client") == [State.QUEUED, State.QUEUED, State.HELD, State.HELD]
    assert set(states(tickets, "advisor") + states(tickets, "registered")) == {State.QUEUED}
    assert all(ticket.registered_at for ticket in tickets)


def test_s4_the_registered_address_always_gets_its_mail_and_it_is_not_counted(client: Client) -> None:
    request_some(client, 3, email="ANA@acme.example")
    assert states(request_some(client, 2), "client") == [State.QUEUED, State.QUEUED]
    assert states(request_some(client, 1, email="ana@acme.example"), "client") == [State.QUEUED]


def test_s4_no_process_sends_a_held_mail(third: Ticket) -> None:
    delivery.deliver_due()
    delivery.deliver(confirmation_of(third).pk)
    assert confirmation_of(third).state == State.HELD


def test_s4_the_pages_of_the_ticket_say_that_it_waits(client: Client, third: Ticket) -> None:
    for query in ("", "?creado=1"):
        page = text_of(client.get(f"/fidelizacion/ticket/{third.number}/{query}"))
        assert f"La confirmación para {STRANGER} todavía no sale" in page
        assert "La enviamos a" not in page


def test_s4_the_registered_address_and_the_advisor_read_that_it_waits(third: Ticket) -> None:
    registered = Message.objects.get(dedup_key=f"ticket:{third.number}:registered")
    assert "espera a que un asesor revise esa dirección" in registered.text
    assert "se envió a" not in registered.text
    advisor = Message.objects.get(dedup_key=f"ticket:{third.number}:advisor")
    assert f"La confirmación para {STRANGER} espera" in advisor.text


def test_s4_a_later_mail_to_the_same_customer_waits_too(third: Ticket) -> None:
    document = Attachment.objects.create(
        ticket=third, original_name="a.pdf", size=1, file="x", sha256="0" * 64
    )
    assert emails.infected_to_customer(document).state == State.HELD


@pytest.mark.parametrize("confirmation", [State.HELD, State.DROPPED])
def test_s4_later_actions_of_staff_mail_no_held_or_dropped_address(third: Ticket, confirmation: str) -> None:
    Message.objects.filter(pk=confirmation_of(third).pk).update(state=confirmation)
    Ticket.objects.filter(pk=third.pk).update(effective_terms=[], effective_date=None)  # none was computed
    carla = advisor()
    step = {"version": "0", "tell": "on", "customer_note": "", "note": ""}
    answer = signed_in(carla).post(step_of(third.number, "in_progress"), step, follow=True)
    assert f"El aviso para {STRANGER} espera, como la confirmación" in text_of(answer)
    third.refresh_from_db()
    workflow.set_effective_date(third, timezone.localdate(), carla, "Sin cuentas", workflow.Notice(""))
    later = Message.objects.filter(kind__in=["ticket_status", "ticket_date"]).values_list("to", "state")
    assert list(later) == [(STRANGER, State.HELD)] * 2


def test_s4_operations_see_how_many_wait(third: Ticket) -> None:
    [figure] = [figure for figure in queue_metrics.metrics() if figure.name == "messages_held"]
    assert (figure.value, figure.alarms) == (1, ("mail-held",))


def test_s4_an_advisor_releases_it_once(third: Ticket) -> None:
    message, carla = confirmation_of(third), actions.Actor.of(cast.carla())
    actions.release(message, carla, 0)
    with pytest.raises(actions.AlreadyDone):
        actions.release(message, carla, 0)
    with pytest.raises(actions.ActionRefused):
        actions.drop(confirmation_of(third), "tarde", carla, 1)
    delivery.deliver_due()
    assert confirmation_of(third).state == State.SENT
    assert list(MessageAction.objects.values_list("kind", "actor_name")) == [("released", "Carla")]


def test_s4_or_drops_it_for_good(client: Client, third: Ticket) -> None:
    carla = actions.Actor.of(cast.carla())
    actions.drop(confirmation_of(third), "El cliente no conoce esa dirección", carla, 0)
    delivery.deliver_due()
    assert confirmation_of(third).state == State.DROPPED
    assert MessageAction.objects.get().note == "El cliente no conoce esa dirección"
    assert "Un asesor decidió no enviar" in text_of(client.get(f"/fidelizacion/ticket/{third.number}/"))


def test_s4_a_held_mail_is_not_sent_by_asking_for_it_again(third: Ticket) -> None:
    with pytest.raises(actions.ActionRefused):
        actions.resend(confirmation_of(third), actions.Actor.of(cast.carla()), 0)
    assert Message.objects.filter(kind=emails.CONFIRMATION).count() == 3


ADDRESSES = (
    "Visite evil.com",
    "https://evil.example/x",
    "WWW.EVIL.NET",
    "ana@acme.example",
    "Ana ＠ acme",
    "t.co/abc",
    "evil。com",
    "evil．com",
    "evil\u00ad.com",  # a soft hyphen and a zero-width space are not seen
    "evil.\u200bcom",
)
NAMES = (
    "Ing. Ana Pérez",
    "J. P. Morgan",
    "J.P. D’Angelo-Núñez",
    "María de los Á. Ruiz (asistente)",
    "Ma. Fernanda Ñacato, C.A.",
    "Acme S.A.",
)


@pytest.mark.parametrize("name", ADDRESSES)
def test_s4_a_name_with_an_address_in_it_is_refused_and_kept(client: Client, name: str) -> None:
    answer = filled_form(client).post(requester_name=name)
    assert answer.status_code == 422
    assert "sin correos ni direcciones web" in text_of(answer)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("name", NAMES)
def test_s4_names_as_people_write_them_are_taken(client: Client, name: str) -> None:
    assert filled_form(client).post(requester_name=name).status_code == 303
    assert Ticket.objects.get().requester_name == name


@pytest.mark.parametrize("name", ["ING.JUAN PEREZ", "PEREZ/JUAN"])
def test_s4_a_name_from_the_directory_is_always_accepted(name: str) -> None:
    """The form is prefilled with it: a refusal would blame the customer for the operator's data."""
    ana = cast.ana()
    Administrator.objects.filter(pk=ana.pk).update(names=name)
    assert filled_form(visitor(ana)).post().status_code == 303
    assert Ticket.objects.get().requester_name == name


CHOSEN = "ELEGIDO POR QUIEN ENVÍA"


def mails_of_a_ticket() -> dict[str, rendering.RenderedEmail]:
    ticket = samples.a_ticket()
    ticket.requester_name = ticket.details = CHOSEN
    ticket.email = f"{CHOSEN}@x.example"
    document = Attachment(ticket=ticket, original_name=CHOSEN, size=1)
    failed = Message(to=ticket.email, state=State.FAILED)
    contexts = {
        "ticket_confirmation": emails.confirmation_context(ticket, [document]),
        "ticket_registered": {**emails.request_context(ticket, [document]), "held": False},
        "ticket_advisor": emails.advisor_context(ticket, [document]),
        "ticket_undelivered": emails.undelivered_context(ticket, failed),
        "ticket_infected": emails.infected_context(document),
        "ticket_infected_advisor": emails.infected_context(document),
    }
    return {name: rendering.render(name, context) for name, context in contexts.items()}


def beginnings(parts: rendering.RenderedEmail) -> list[str]:
    """The subject, the plain text, the preheader and the first paragraph."""
    page = BeautifulSoup(parts.html, "html.parser")
    preheader = page.select_one("body > div, .preheader")
    paragraph = page.find("p")
    return [
        parts.subject,
        parts.text,
        *(each.get_text(" ", strip=True) for each in (preheader, paragraph) if each),
    ]


def test_s4_no_mail_begins_with_what_its_sender_chose() -> None:
    for name, parts in mails_of_a_ticket().items():
        for beginning in beginnings(parts):
            assert CHOSEN not in " ".join(beginning.split())[: len(CHOSEN) + 8], name
