"""Strangers, second tabs and killed processes do no harm through `consulta/` (D7, D8, S5)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from attachments.models import StagedFile, private_storage
from attachments.staging import LIFETIME
from otp.limits.rates import parse_rates
from tests import cast
from tests.portal.public_client import (
    CODE,
    DONE,
    EMAIL,
    FORM,
    code_form,
    filled,
    mailed_code,
    make_public_type,
    sent,
    wrong,
)
from tests.tickets.portal_client import fields_of, pdf, staged_in, text_of, visitor
from tickets import public_code, public_requests
from tickets.models import PublicRequest, Ticket
from tickets.tasks import remove_orphaned_files

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
ELSEWHERE = "198.51.100.7"


@pytest.fixture(autouse=True)
def _public_type() -> None:
    make_public_type()


@pytest.mark.parametrize("name", ["virus.exe", "plano.pdf"])
def test_one_network_does_not_use_up_the_files_of_the_day(settings: Any, name: str) -> None:
    """Neither refused files nor repeated posts of one form count beyond the network's quota."""
    settings.PUBLIC_FILES_PER_DAY = parse_rates("3/d")
    settings.UPLOAD_QUOTA_PER_PHONE = parse_rates("1/d")
    flooder = Client(REMOTE_ADDR=ELSEWHERE)
    posted = filled(flooder)
    for _ in range(4):
        flooder.post(FORM, {**posted, "attachments": [pdf(name)]})
    other = Client()
    sent(other, email="otra@hogar.example", attachments=[pdf()])


@pytest.mark.parametrize(
    "spelling",
    [
        "LUCIA@hogar.example",
        "lucia+1@hogar.example",
        "l.u.cia@HOGAR.example",
        '"lucia"@hogar.example',
        '"lu.cia+x"@hogar.example',
    ],
)
def test_an_inbox_has_one_limit_however_it_is_spelt(settings: Any, spelling: str) -> None:
    settings.PUBLIC_CODES_PER_EMAIL = parse_rates("1/h")
    sent(Client())
    other = Client(REMOTE_ADDR=ELSEWHERE)
    assert other.post(FORM, filled(other, email=spelling)).status_code == 429
    assert PublicRequest.objects.count() == 1
    assert other.post(FORM, filled(other, email="otra@hogar.example")).status_code == 303


def test_a_wide_network_gets_a_quarter_of_the_day_at_most(settings: Any) -> None:
    """An IPv6 /48 is cheap, and has 256 networks of a /56, each with its limit."""
    settings.PUBLIC_CODES_PER_DAY = parse_rates("8/d")
    settings.PUBLIC_CODES_PER_ADDRESS = parse_rates("2/d")
    statuses = []
    for place in ("2001:db8:1:100::1", "2001:db8:1:200::1", "2001:db8:1:300::1", "2001:db8:2:100::1"):
        browser = Client(REMOTE_ADDR=place)
        email = f"x{place.replace(':', '')}@hogar.example"
        statuses.append(browser.post(FORM, filled(browser, email=email)).status_code)
    assert statuses == [303, 303, 429, 303]


def test_a_day_of_one_address_leaves_codes_for_the_others(settings: Any) -> None:
    """An address alone must not use up the day of all visitors."""
    most = max(rate.count for rate in settings.PUBLIC_CODES_PER_ADDRESS if rate.seconds == 86_400)
    assert most * 4 <= min(rate.count for rate in settings.PUBLIC_CODES_PER_DAY)


def test_a_reached_limit_keeps_the_text_and_the_files(client: Client, settings: Any) -> None:
    settings.PUBLIC_CODES_PER_DAY = parse_rates("1/h")
    other = Client(REMOTE_ADDR=ELSEWHERE)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(other)
        page = client.post(FORM, filled(client, attachments=[pdf("plano.pdf")]))
        assert page.status_code == 429
        assert "No enviamos ningún código" in text_of(page)
        assert fields_of(page)["details"] == "Internet para mi local"
        assert list(staged_in(page)) == ["plano.pdf"]
        clock.shift(timedelta(hours=1))
        assert client.post(FORM, fields_of(page))["Location"] == CODE
    assert StagedFile.objects.count() == 1


def test_a_limit_reached_by_another_code_leaves_the_first_one(client: Client, settings: Any) -> None:
    settings.PUBLIC_CODES_PER_EMAIL = parse_rates("1/h")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        code = mailed_code(client)
        clock.shift(timedelta(minutes=2))
        page = client.post(CODE, {"resend": "1"})
        assert page.status_code == 429
        assert "No enviamos ningún código" in text_of(page)
        assert client.post(CODE, {"code": code})["Location"] == DONE


def test_each_of_two_tabs_registers_what_it_sent(client: Client) -> None:
    sent(client, details="Primera pestaña")
    first, first_code = code_form(client), mailed_code(client)
    sent(client, details="Segunda pestaña", email="otra@hogar.example")
    second, second_code = code_form(client), mailed_code(client)
    assert client.post(CODE, {**first, "code": first_code})["Location"] == DONE
    ticket = Ticket.objects.get()
    assert ticket.details == "Primera pestaña"
    assert str(ticket.number) in text_of(client.get(DONE))
    assert client.post(CODE, {**second, "code": second_code})["Location"] == DONE
    assert set(Ticket.objects.values_list("details", flat=True)) == {"Primera pestaña", "Segunda pestaña"}
    assert not PublicRequest.objects.filter(attempts__gt=1).exists()


def test_a_planted_session_does_not_see_what_comes(client: Client) -> None:
    sent(client)  # an attacker, who plants this session in a victim's browser
    planted = (
        client.cookies["sessionid"].value if "sessionid" in client.cookies else client.session.session_key
    )
    attacker = Client()
    attacker.cookies.update(client.cookies)
    sent(client, email="victima@hogar.example")
    assert client.session.session_key != planted
    assert "victima@hogar.example" not in text_of(attacker.get(CODE, follow=True))
    client.post(CODE, {"code": mailed_code(client)})
    assert str(Ticket.objects.get().number) not in text_of(attacker.get(DONE, follow=True))


def test_a_signed_in_administrator_stays_signed_in() -> None:
    browser = visitor(cast.ana())
    sent(browser)
    assert browser.get("/fidelizacion/solicitud/").status_code == 200


def test_the_result_is_shown_as_long_as_the_code_would_last(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        client.post(CODE, {"code": mailed_code(client)})
        clock.shift(timedelta(minutes=29))
        assert client.get(DONE).status_code == 200
        assert client.get(DONE)["Cache-Control"] == "no-store"
        clock.shift(timedelta(minutes=1))
        assert client.get(DONE)["Location"] == FORM
        assert client.get(CODE)["Location"] in {FORM, DONE}


def test_another_browser_learns_nothing_of_a_ticket(client: Client) -> None:
    posted = sent(client)
    client.post(CODE, {"code": mailed_code(client)})
    stranger = Client()
    assert stranger.get(DONE)["Location"] == FORM
    assert stranger.get(CODE)["Location"] == FORM
    forged = {"submission_key": f"{posted['submission_key']}x", "code": "123456"}
    assert stranger.post(CODE, forged)["Location"] == FORM


def test_an_edited_form_is_not_registered_by_the_code_of_the_one_before(client: Client) -> None:
    """The edit comes between the check of the first code and the ticket."""
    posted = sent(client)
    code = mailed_code(client)
    row = public_requests.of_key(PublicRequest.objects.get().pk)
    assert row
    assert public_requests.verify(row, code) is public_requests.Answer.RIGHT
    client.post(FORM, {**posted, "details": "Telefonía fija"})
    with pytest.raises(public_requests.Replaced):
        public_requests.register(row, ())
    assert Ticket.objects.count() == 0
    client.post(CODE, {"code": mailed_code(client)})
    assert Ticket.objects.get().details == "Telefonía fija"


def test_what_was_typed_is_deleted_when_the_code_expires_as_the_notice_says(client: Client) -> None:
    assert timedelta(minutes=30) == public_code.VALIDITY
    notice = text_of(client.get("/fidelizacion/ayuda/"))
    assert "Una consulta cuyo correo no se verificó, 30 minutos." in notice
    assert "Si hace una consulta sin un número registrado: Usamos su nombre" in notice
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        clock.shift(public_code.VALIDITY - timedelta(seconds=1))
        public_code.sweep()
        assert PublicRequest.objects.exists()
        clock.shift(timedelta(seconds=1))
        public_code.sweep()
        assert not PublicRequest.objects.exists()
        assert "El código ya no sirve: pasó su tiempo." in text_of(client.get(CODE))


def test_files_that_were_never_confirmed_are_deleted_after_a_day(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client, attachments=[pdf()])
        [staged] = StagedFile.objects.all()
        clock.shift(LIFETIME - timedelta(minutes=1))
        remove_orphaned_files()
        assert private_storage().exists(str(staged.file.name))
        clock.shift(timedelta(minutes=1))
        remove_orphaned_files()
    assert not StagedFile.objects.exists()
    assert not private_storage().exists(str(staged.file.name))
    assert not PublicRequest.objects.exists()


def test_files_of_a_ticket_outlive_their_staging(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client, attachments=[pdf()])
        client.post(CODE, {"code": mailed_code(client)})
        clock.shift(LIFETIME)
        remove_orphaned_files()
    [kept] = Ticket.objects.get().documents
    assert private_storage().exists(str(kept.file.name))


def test_a_code_whose_worker_died_is_mailed_by_the_sweep(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has taken the request and dies before it sends."""

    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    with time_machine.travel(timezone.now(), tick=False) as clock:
        sent(client)
        key = client.session["consulta.key"]
        with monkeypatch.context() as killed:
            killed.setattr("notifications.email.rendering.render", die)
            with pytest.raises(Killed):
                public_code.send(key)
        mail.outbox.clear()
        clock.shift(public_code.LEASE - timedelta(seconds=1))
        assert public_code.sweep() == 0
        clock.shift(timedelta(seconds=1))
        assert public_code.sweep() == 1
    assert [message.to for message in mail.outbox] == [[EMAIL]]


def test_a_kill_while_registering_registers_nothing_and_the_code_works_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    sent(client)
    code = mailed_code(client)
    with monkeypatch.context() as killed:
        killed.setattr("tickets.emails.emails.advisor_notice", die)
        with pytest.raises(Killed):
            client.post(CODE, {"code": code})
    assert Ticket.objects.count() == 0
    assert client.post(CODE, {"code": code})["Location"] == DONE
    assert Ticket.objects.count() == 1


def test_guesses_count_before_they_are_compared(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process killed while it compares has used the attempt."""

    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    sent(client)
    code = mailed_code(client)
    with monkeypatch.context() as killed:
        killed.setattr(public_code, "is_code", die)
        for _ in range(public_requests.ATTEMPTS):
            with pytest.raises(Killed):
                client.post(CODE, {"code": wrong(code)})
    assert client.post(CODE, {"code": code}).status_code == 422
    assert Ticket.objects.count() == 0
