"""Who gets a link, how often, with which text, and what is stored (A1, R1.28, R4.28, R6.08)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from companies.models import Administrator
from notifications.models import Message
from otp import sms, tasks
from otp.invitations import invitations
from otp.invitations.invitations import Channel, InvitationRefused, Refusal
from otp.limits import limits
from otp.limits.rates import parse_rates
from otp.models import AuditEvent, Challenge, Invitation, LimitUse
from tests import cast
from tests.otp.concurrency import at_once
from tests.otp.links import LINK, address, invited, token_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _request_type() -> None:
    """The words of invitations are those of the type that the portal offers."""
    cast.make_request_type()


def refused(administrator: Administrator, channel: Channel = Channel.SMS) -> Refusal:
    assert invitations.refusal(administrator, channel) is not None
    with pytest.raises(InvitationRefused) as caught:
        invitations.invite(administrator, channel)
    return caught.value.refusal


def test_an_invitation_queues_one_sms_with_the_link_last() -> None:
    invitation = invitations.invite(cast.ana(), Channel.SMS)
    message = Message.objects.get()
    assert (message.dedup_key, message.subject_ref) == (
        f"invitation:{invitation.pk}:sms",
        f"invitation:{invitation.pk}",
    )
    assert (message.channel, message.to, message.state) == ("sms", cast.ANA_PHONE, "queued")
    assert message.text.startswith("Operadora Andina: ")
    assert LINK.search(message.text)
    assert message.text.endswith(address(token_of(invitation)))


def test_an_invitation_by_email_says_what_it_is_in_both_parts() -> None:
    invitation = invitations.invite(cast.ana(), Channel.EMAIL)
    message = Message.objects.get()
    assert (message.dedup_key, message.to) == (f"invitation:{invitation.pk}:email", "ana@acme.example")
    assert message.subject == "Su enlace para solicitar la baja de servicios"
    page = BeautifulSoup(message.html, "html.parser")
    assert [str(link["href"]) for link in page.select("a[href*='?i=']")] == [
        f"http://127.0.0.1:8000{address(token_of(invitation))}"
    ]
    for part in (" ".join(message.text.split()), " ".join(page.get_text(" ").split())):
        for said in (
            "Operadora Andina",
            "Ana Pérez",
            "administrador registrado",
            "Nadie de Operadora Andina",
            "567",
        ):
            assert said in part
        assert cast.ANA_PHONE[4:] not in part


@pytest.mark.parametrize(
    "name", ["Operadora Andina", "Telecomunicaciones Móviles del Ecuador y Asociados S. A.", "x" * 200, ""]
)
@pytest.mark.parametrize(
    "base", ["https://p.ec", "https://portal.operadora.com.ec", "https://" + "a" * 40 + ".example.ec"]
)
def test_the_sms_fits_one_whatever_the_names(settings: Settings, name: str, base: str) -> None:
    """R1.21"""
    settings.BRAND = replace(settings.BRAND, name=name)
    settings.PORTAL_BASE_URL = base
    link = invitations.address_of("b" * invitations.LENGTH)
    text = sms.invitation(link)
    assert set(text) <= sms.GSM7
    assert len(text) <= 160
    assert text.endswith(f" {link}")
    assert "baja de servicios de su empresa" in text
    assert text.startswith(sms.fold(name)[:10].strip())


def test_the_link_starts_with_the_portals_address_and_holds_no_number() -> None:
    """R4.28, R6.08"""
    token = invited()
    assert invitations.address_of(token) == f"http://127.0.0.1:8000/fidelizacion/?i={token}"
    assert re.fullmatch(r"[a-z]{20}", token)
    assert invited_again_tomorrow() != token


def invited_again_tomorrow() -> str:
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        return invited(Channel.EMAIL)


def test_the_table_of_invitations_does_not_hold_the_token() -> None:
    token = invited()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM otp_invitation")
        assert token not in str(cursor.fetchall())
    assert invitations.link(token).invitation == Invitation.objects.get()


def test_a_link_is_valid_for_a_week_even_if_the_key_changes(settings: Settings) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        token = invited()
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another" * 10
        clock.shift(timedelta(days=7, seconds=-1))
        assert invitations.link(token).invitation is not None
        clock.shift(timedelta(seconds=1))
        link = invitations.link(token)
        assert (link.invitation, link.is_dead) == (None, True)


@pytest.mark.parametrize(
    "token", ["b" * 20, "b" * 19, "b" * 21, "B" * 20, "a" * 20, "ñ" * 20, "x" * 10_000, "\x00" * 20]
)
def test_text_that_is_not_a_token_is_an_invalid_link(token: str) -> None:
    assert invitations.link(token).is_dead


def test_no_token_is_no_link() -> None:
    assert not invitations.link("").is_dead


def test_only_an_entitled_administrator_is_invited() -> None:
    inactive = cast.make_administrator(cast.make_company(), phone="+593971234567", is_active=False)
    alone = cast.make_administrator(phone="+593981234567")
    deleted = cast.bruno()
    Administrator.objects.filter(pk=deleted.pk).delete()
    assert refused(inactive) == Refusal.INACTIVE
    assert refused(alone) == Refusal.NO_COMPANY
    assert refused(deleted) == Refusal.NOT_ADMINISTRATOR
    assert not Message.objects.exists()
    assert not LimitUse.objects.exists()


@pytest.mark.parametrize("email", ["", "no es un correo"])
def test_without_an_address_there_is_no_mail(email: str) -> None:
    administrator = cast.make_administrator(cast.make_company(), email=email)
    assert refused(administrator, Channel.EMAIL) == Refusal.NO_EMAIL
    invitations.invite(administrator, Channel.SMS)


def test_a_person_gets_one_link_an_hour_and_three_a_day_at_most() -> None:
    with time_machine.travel("2026-11-20T08:00:00Z", tick=False) as clock:
        ana = cast.ana()
        for _ in range(3):
            invitations.invite(ana, Channel.SMS)
            clock.shift(timedelta(minutes=59))
            assert refused(ana) == Refusal.RECENT
            clock.shift(timedelta(minutes=1))
        assert refused(ana) == Refusal.LIMIT
        invitations.invite(ana, Channel.EMAIL)
        clock.shift(timedelta(hours=22))
        invitations.invite(ana, Channel.SMS)


def test_the_limit_is_a_setting(settings: Settings) -> None:
    settings.INVITATIONS_PER_PHONE = parse_rates("2/h")
    ana = cast.ana()
    invitations.invite(ana, Channel.SMS)
    invitations.invite(ana, Channel.SMS)
    assert refused(ana) == Refusal.RECENT


def test_each_link_sent_is_an_event_of_the_audit_and_a_refused_one_is_not() -> None:
    """R1.28"""
    ana, carla = cast.ana(), cast.carla()
    invitations.invite(ana, Channel.EMAIL, user=carla)
    refused(ana, Channel.EMAIL)
    event = AuditEvent.objects.get()
    assert (event.kind, event.method, event.result, event.phone_tail) == ("invited", "email", "done", "567")
    assert (event.user, event.actor) == (carla, "carla")


def test_a_link_is_kept_90_days_and_its_codes_are_counted_for_a_week() -> None:
    """R8.03"""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        token = invited()
        invitation = Invitation.objects.get()
        Challenge.objects.create(
            phone=cast.ANA_PHONE,
            invitation=invitation,
            nonce="0",
            created_at=timezone.now(),
            expires_at=timezone.now(),
        )
        limits.consume(invitations.code_limit(invitation))
        clock.shift(timedelta(days=7, seconds=-1))
        tasks.clear_expired()
        assert LimitUse.objects.count() == 1
        clock.shift(timedelta(days=83))
        tasks.clear_expired()
        assert Invitation.objects.count() == 1
        assert not LimitUse.objects.exists()
        clock.shift(timedelta(seconds=2))
        tasks.clear_expired()
        assert not Invitation.objects.exists()
        assert invitations.link(token).is_dead


@pytest.mark.django_db(transaction=True)
def test_one_person_invited_eight_times_at_once_gets_one_message() -> None:
    """R1.18 by a constraint, on both engines."""
    ana = cast.ana()

    def invite(_number: int) -> Refusal | None:
        try:
            invitations.invite(ana, Channel.SMS)
        except InvitationRefused as error:
            return error.refusal
        return None

    answers = at_once(8, invite)
    assert answers.count(None) == 1
    assert set(answers) == {None, Refusal.RECENT}
    assert (Message.objects.count(), Invitation.objects.count(), AuditEvent.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_commands_send_each_person_one_link() -> None:
    """R5.14"""
    numbers = [f"09912345{number:02}" for number in range(8)]
    company = cast.make_company()
    for number in numbers:
        cast.make_administrator(company, phone=f"+593{number[1:]}")
    at_once(2, lambda _: call_command("send_links", "--phone", *numbers))
    assert sorted(Message.objects.values_list("to", flat=True)) == [f"+593{number[1:]}" for number in numbers]
