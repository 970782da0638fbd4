"""Resending and redirecting a message: permissions, once only, recorded (R4.18, R5.06, R5.09)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.append_only import AppendOnlyError
from notifications import actions
from notifications.models import Message, MessageAction
from notifications.sending import delivery
from tests import cast
from tests.desk.desk import advisor, page_of, signed_in, soup, supervisor, text_of
from tests.desk.test_ticket_page import make_message

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
State = Message.State
Kind = MessageAction.Kind
OTHER = "ana.nueva@acme.example"


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


def resend_address(message: Message) -> str:
    return f"/admin/notifications/message/{message.pk}/reenviar/"


def redirect_address(message: Message) -> str:
    return f"/admin/notifications/message/{message.pk}/otra-direccion/"


def failed(**changes: object) -> Message:
    values: dict[str, object] = {"state": State.FAILED, "attempts": 3, "last_error": "550 5.1.1 unknown user"}
    return make_message(cast.make_ticket(), kind="ticket_confirmation", **{**values, **changes})


def test_a_failed_message_is_queued_again_unchanged(desk: Client) -> None:
    message = failed()
    response = desk.post(resend_address(message), {"serial": "0", "next": page_of(3)}, follow=False)
    assert response["Location"] == page_of(3)
    now = Message.objects.get()
    assert (now.state, now.attempts, now.message_id, now.last_error) == (
        State.QUEUED,
        0,
        message.message_id,
        "",
    )
    action = MessageAction.objects.get()
    assert (action.kind, action.actor_name, action.state_before) == (Kind.RETRIED, "Carla", State.FAILED)
    assert (action.error_before, action.to) == ("550 5.1.1 unknown user", "a•••@acme.example")


def test_a_sent_message_is_sent_as_a_copy_that_mail_programs_show(desk: Client) -> None:
    message = failed(
        state=State.SENT, last_error="", stored_html="<p>Sí</p>", reply_to="postventa@operadora.example"
    )
    desk.post(resend_address(message), {"serial": "0"})
    copy = Message.objects.exclude(pk=message.pk).get()
    same = ("to", "subject", "text", "html", "reply_to", "kind", "subject_ref", "channel")
    assert [getattr(copy, name) for name in same] == [getattr(message, name) for name in same]
    assert copy.dedup_key == f"{message.dedup_key}:again:{message.pk}-0"
    assert copy.message_id != message.message_id
    assert (copy.copy_of, copy.state) == (message, State.QUEUED)
    assert MessageAction.objects.get().copy == copy
    assert delivery.deliver(copy.pk) == delivery.SendOutcome.SENT


def test_a_message_that_waits_for_a_retry_is_sent_now(desk: Client) -> None:
    later = timezone.now() + timedelta(minutes=9)
    message = failed(state=State.QUEUED, next_at=later, give_up_at=later)
    desk.post(resend_address(message), {"serial": "0"})
    message.refresh_from_db()
    assert message.next_at < later
    assert message.attempts == 3


def test_a_message_being_sent_and_one_without_an_address_are_refused_with_a_reason(desk: Client) -> None:
    for message, said in (
        (failed(state=State.SENDING), "se está enviando"),
        (failed(dedup_key="k2", to="sin-arroba"), "solo se puede enviar a otra"),
    ):
        assert said in text_of(desk.post(resend_address(message), {"serial": "0"}, follow=True))
    assert not MessageAction.objects.exists()


@pytest.mark.parametrize("state", [State.FAILED, State.SENT])
def test_a_second_click_does_nothing_more(desk: Client, state: str) -> None:
    message = failed(state=state)
    desk.post(resend_address(message), {"serial": "0"})
    Message.objects.filter(pk=message.pk).update(
        state=state
    )  # as if it had failed again, or been sent, since
    assert "Ya se había pedido" in text_of(desk.post(resend_address(message), {"serial": "0"}, follow=True))
    assert MessageAction.objects.count() == 1
    assert Message.objects.count() == (1 if state == State.FAILED else 2)


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_clicks_make_one_copy() -> None:
    message = failed(state=State.SENT)

    def click(_number: int) -> bool:
        try:
            # Skips the check of the serial that the page makes first
            actions._copy(message, OTHER, Kind.REDIRECTED, actions.Actor("Carla"), 0)
        except actions.AlreadyDone:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [False, False, False, True]
    assert Message.objects.filter(to=OTHER).count() == MessageAction.objects.count() == 1


def test_a_supervisor_sends_it_to_another_address() -> None:
    message = failed()
    response = signed_in(supervisor()).post(
        redirect_address(message), {"serial": "0", "to": OTHER}, follow=True
    )
    assert OTHER in text_of(response)
    assert Message.objects.filter(copy_of=message).get().to == OTHER
    action = MessageAction.objects.get()
    assert (action.kind, action.to) == (Kind.REDIRECTED, "a•••@acme.example")
    message.refresh_from_db()
    assert message.state == State.FAILED  # unchanged: the copy replaces it


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ana",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example\u2028x",  # a line end that Django accepts as a letter
        "a" * 260 + "@b.ec",
    ],
)
def test_an_invalid_address_is_asked_for_again(to: str) -> None:
    message = failed()
    response = signed_in(supervisor()).post(redirect_address(message), {"serial": "0", "to": to})
    assert response.status_code == 422
    assert soup(response).select_one(".errors input[name=to]") is not None
    assert Message.objects.count() == 1


def test_a_redirected_message_can_be_sent_any_number_of_times() -> None:
    """Keys stay short however long the chain is."""
    client, message = signed_in(supervisor()), failed(state=State.SENT)
    for _ in range(20):
        client.post(resend_address(message), {"serial": "0"})
        message = Message.objects.latest("pk")
        Message.objects.filter(pk=message.pk).update(state=State.SENT)
    assert Message.objects.count() == 21
    assert max(len(key) for key in Message.objects.values_list("dedup_key", flat=True)) < 60


@pytest.mark.parametrize("make", [resend_address, redirect_address])
def test_a_get_shows_what_would_be_done_and_does_nothing(make: object) -> None:
    message = failed()
    assert callable(make)
    page = soup(signed_in(supervisor()).get(make(message)))
    serial = page.select_one("form.desk-card [name=serial]")
    assert serial is not None
    assert serial["value"] == "0"
    assert "La dirección no existe o no recibe correo" in page.get_text()
    assert not MessageAction.objects.exists()


def test_staff_without_the_permission_are_refused_and_see_no_button_r5_06() -> None:
    message = failed(subject_ref="")
    reader = advisor()
    reader.user_permissions.remove(*reader.user_permissions.filter(codename="resend_message"))
    client = signed_in(User.objects.get(pk=reader.pk))
    for address in (resend_address(message), redirect_address(message)):
        assert client.get(address).status_code == 403
        assert client.post(address, {"serial": "0", "to": OTHER}).status_code == 403
    page = client.get(f"/admin/notifications/message/{message.pk}/change/").content.decode()
    assert resend_address(message) not in page
    assert not MessageAction.objects.exists()


def test_an_advisor_may_not_choose_the_address(desk: Client) -> None:
    message = failed()
    assert desk.post(redirect_address(message), {"serial": "0", "to": OTHER}).status_code == 403


def test_a_post_without_its_token_is_refused() -> None:
    message = failed()
    strict = signed_in(advisor(), enforce_csrf_checks=True)
    assert strict.post(resend_address(message), {"serial": "0"}).status_code == 403
    assert not MessageAction.objects.exists()


@pytest.mark.parametrize(
    "way", ["https://mala.example/", "//mala.example/admin/", "/fidelizacion/", "javascript:alert(1)"]
)
def test_the_link_back_stays_at_the_desk(desk: Client, way: str) -> None:
    message = failed()
    response = desk.post(resend_address(message), {"serial": "0", "next": way})
    assert response["Location"] == f"/admin/notifications/message/{message.pk}/change/"


def test_a_recorded_action_is_never_changed_r5_09() -> None:
    message = failed()
    actions.resend(message, actions.Actor("manage.py"), 0)
    action = MessageAction.objects.get()
    for change in (action.save, action.delete, MessageAction.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            change()


@pytest.mark.parametrize("kind", ["invitation", "invitation_sms"])
def test_a_link_that_was_sent_cannot_be_resent_as_a_message(kind: str) -> None:
    """A link has separate limits, ends after a week, and goes to the registered address only.

    docs/decisions.md says why.
    """
    client, message, sms = signed_in(supervisor()), failed(), kind.endswith("sms")
    channel, to = (Message.Channel.SMS, "+593991234567") if sms else (Message.Channel.EMAIL, OTHER)
    Message.objects.update(state=State.SENT, kind=kind, channel=channel, to=to)
    addresses = [resend_address(message)] if sms else [resend_address(message), redirect_address(message)]
    for address in addresses:
        answer = client.post(address, {"serial": "0", "to": "x@y.example"}, follow=True)
        assert "envíe uno nuevo desde la lista de administradores" in text_of(answer)
    assert Message.objects.count() == 1
    Message.objects.update(state=State.DEAD)  # the link did not arrive, so the same message may be sent
    client.post(resend_address(message), {"serial": "0"})
    assert Message.objects.get().state == State.QUEUED
