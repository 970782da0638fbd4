"""The customer's pages show that a confirmation was not delivered, and what to do (P7)."""

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from notifications.models import Message
from tests import cast
from tests.tickets.portal_client import filled_form, soup, text_of, visitor

pytestmark = pytest.mark.django_db
LIST = "/fidelizacion/tickets/"
NOT_ARRIVED = "La confirmación no llegó"


@pytest.fixture
def client() -> Client:
    return visitor(cast.ana())


@pytest.fixture
def created(client: Client) -> str:
    """The address of the result page of a new ticket."""
    return str(filled_form(client, email="mal@acme.example").post()["Location"])


def confirmation() -> Message:
    return Message.objects.get(kind="ticket_confirmation")


def give_up(message: Message) -> None:
    message.state = Message.State.FAILED
    message.save(update_fields=["state"])


def test_while_it_is_on_its_way_nothing_is_said_of_it(client: Client, created: str) -> None:
    for path in (created, created.partition("?")[0], LIST):
        assert NOT_ARRIVED not in text_of(client.get(path)), path


def test_a_bounce_is_shown_on_every_page_of_the_ticket(
    client: Client, created: str, settings: Settings
) -> None:
    settings.BRAND = replace(
        settings.BRAND, support_phone="1800 123 456", support_email="ayuda@operadora.example"
    )
    give_up(confirmation())
    number = created.split("/")[-2]
    for path in (created, created.partition("?")[0]):
        page = client.get(path)
        notice = soup(page).select_one("#no-llego")
        assert notice is not None, path
        assert notice.parent is not None
        shown = " ".join(notice.parent.get_text(" ").split())
        assert "mal@acme.example" in shown
        assert f"el ticket n.º {number} es válido" in shown
        assert notice.parent.select("a[href='tel:1800123456'], a[href='mailto:ayuda@operadora.example']")
        assert "La enviamos a" not in text_of(page)
    assert NOT_ARRIVED in text_of(client.get(LIST))


def test_without_a_phone_or_an_address_of_help_the_help_page_is_led_to(client: Client, created: str) -> None:
    give_up(confirmation())
    assert soup(client.get(created)).select(".notice a[href='/fidelizacion/ayuda/#contacto']")


def test_it_is_not_shown_once_a_copy_arrived_or_it_was_resolved(client: Client, created: str) -> None:
    message = confirmation()
    give_up(message)
    copy = Message.objects.get(pk=message.pk)
    copy.pk, copy.dedup_key, copy.message_id, copy.state = None, "copy", "<copy@x>", Message.State.SENT
    copy.save()
    assert NOT_ARRIVED not in text_of(client.get(created))
    copy.delete()
    assert NOT_ARRIVED in text_of(client.get(created))
    message.resolved_at = timezone.now()
    message.save(update_fields=["resolved_at"])
    for path in (created, LIST):
        assert NOT_ARRIVED not in text_of(client.get(path))
