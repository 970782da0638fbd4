"""Sending links from the list of administrators, and the list of links sent (A17, R5.06, R6.10)."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from notifications.models import Message
from otp.invitations import invitations
from otp.invitations.invitations import Channel
from otp.models import AuditEvent, Invitation
from tests import cast
from tests.desk.desk import advisor, signed_in, soup, text_of

pytestmark = pytest.mark.django_db

ADMINISTRATORS = "/admin/companies/administrator/"
INVITATIONS = "/admin/otp/invitation/"


def send(client: Client, *chosen: int, **more: str) -> Any:
    return client.post(
        ADMINISTRATORS, {"action": "send_links", "_selected_action": chosen, **more}, follow=True
    )


@pytest.fixture
def client() -> Client:
    return signed_in(advisor())


def test_the_action_asks_first_and_says_who_cannot_get_it_and_why(client: Client) -> None:
    ana, bruno = cast.ana(), cast.bruno()
    mute = cast.make_administrator(cast.make_company(), phone="+593991110003", names="Eva Mora", email="")
    invitations.invite(ana, Channel.SMS)
    page = send(client, ana.pk, bruno.pk, mute.pk)
    said = text_of(page)
    assert "3 administradores elegidos" in said
    assert "SMS: 2 de 3 pueden recibirlo" in said
    assert "Correo: 2 de 3 pueden recibirlo" in said
    assert "Ana Pérez Ya invitado hace poco Puede" in said
    assert "Eva Mora Puede Sin correo electrónico válido" in said
    assert "Bruno" not in said
    assert Message.objects.count() == 1


def test_after_confirmation_it_sends_and_lists_who_did_not_get_a_link(client: Client) -> None:
    ana, bruno = cast.ana(), cast.bruno()
    mute = cast.make_administrator(cast.make_company(), phone="+593991110003", email="")
    page = send(client, ana.pk, bruno.pk, mute.pk, confirmed="1", channel="email")
    assert sorted(Message.objects.values_list("to", flat=True)) == ["ana@acme.example", "bruno@bruno.example"]
    assert "Van en camino 2 enlaces." in text_of(page)
    assert "1 no se envió: sin correo electrónico válido (1)." in text_of(page)
    carla = User.objects.get(username="carla")
    assert set(Invitation.objects.values_list("user", "actor")) == {(carla.pk, "carla")}
    assert set(AuditEvent.objects.values_list("kind", "user")) == {("invited", carla.pk)}


@pytest.mark.parametrize("channel", ["", "fax"])
def test_without_a_channel_it_asks_again(client: Client, channel: str) -> None:
    page = send(client, cast.ana().pk, confirmed="1", channel=channel)
    assert "1 administrador elegido" in text_of(page)
    assert soup(page).select(".errorlist, .text-red-600, [class*=red]")
    assert not Message.objects.exists()


def test_more_than_100_links_at_once_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.directory.invitations.MAX_SELECTED", 1)
    page = send(client, cast.ana().pk, cast.bruno().pk, confirmed="1", channel="sms")
    assert "Elija hasta 1 a la vez" in text_of(page)
    assert not Message.objects.exists()


def test_users_who_may_only_read_the_list_cannot_send_links() -> None:
    reader = User.objects.create_user("lector", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_administrator"))
    client = signed_in(reader)
    send(client, cast.ana().pk, confirmed="1", channel="sms")
    assert not Message.objects.exists()
    assert "Enviar enlace de ingreso" not in text_of(client.get(ADMINISTRATORS))


def test_nothing_is_sent_without_the_pages_token() -> None:
    """R6.10."""
    ana = cast.ana()
    strict = signed_in(advisor(), enforce_csrf_checks=True)
    assert send(strict, ana.pk, confirmed="1", channel="sms").status_code == 403
    strict.get(f"{ADMINISTRATORS}?action=send_links&_selected_action={ana.pk}&confirmed=1&channel=sms")
    assert not Message.objects.exists()


def test_many_administrators_are_not_deleted_at_once() -> None:
    root = signed_in(User.objects.create_superuser("root"))
    ana = cast.ana()
    assert "delete_selected" not in root.get(ADMINISTRATORS).content.decode()
    root.post(ADMINISTRATORS, {"action": "delete_selected", "_selected_action": [ana.pk], "post": "yes"})
    ana.refresh_from_db()


def test_the_list_of_links_shows_recipient_channel_and_state(client: Client) -> None:
    invitation = invitations.invite(cast.ana(), Channel.SMS, user=User.objects.get(username="carla"))
    Message.objects.update(state=Message.State.SENT)
    invitations.mark_used(invitation.pk)
    page = client.get(INVITATIONS)
    (row,) = soup(page).select("#result_list tbody tr")
    said = " ".join(row.get_text(" ").split())
    for part in ("…567", "SMS", "carla", "Enviado"):
        assert part in said
    assert cast.ANA_PHONE[4:] not in page.content.decode()
    assert "Enviado" in text_of(client.get(f"{INVITATIONS}{invitation.pk}/change/"))


def test_links_are_found_by_the_number_in_any_spelling(client: Client) -> None:
    invitations.invite(cast.ana(), Channel.SMS)
    invitations.invite(cast.bruno(), Channel.EMAIL)
    for term, count in (("099 123 4567", 1), ("+593991234567", 1), ("567", 0), ("", 2)):
        assert len(soup(client.get(INVITATIONS, {"q": term})).select("#result_list tbody tr")) == count, term


def test_the_state_of_the_messages_takes_no_query_per_row(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    company = cast.make_company()
    for number in range(10):
        invitations.invite(cast.make_administrator(company, phone=f"+59399111000{number}"), Channel.SMS)
    with django_assert_max_num_queries(12):
        client.get(INVITATIONS)


def test_the_page_of_a_link_shows_no_token_and_changes_nothing() -> None:
    invitation = invitations.invite(cast.ana(), Channel.SMS)
    root = signed_in(User.objects.create_superuser("root"))
    assert invitation.token_hash not in root.get(f"{INVITATIONS}{invitation.pk}/change/").content.decode()
    for action in ("change", "delete"):
        assert root.post(f"{INVITATIONS}{invitation.pk}/{action}/", {"post": "yes"}).status_code == 403
