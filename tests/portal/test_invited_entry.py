"""Invitation links: they fill in the number, change nothing, and have separate limits (A1, R1.08,
R1.13).
"""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from otp.invitations import invitations
from otp.invitations.invitations import Channel
from otp.limits import quotas
from otp.limits.limits import consume_times
from otp.limits.rates import parse_rates
from otp.models import AuditEvent, Challenge, Invitation, PhoneLockout
from otp.pin import challenges, codes
from otp.pin.challenges import Answer
from tests import cast
from tests.otp import pin_client
from tests.otp.links import address, invited, token_of
from tests.portal.test_sameness import Step, seen, shape

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
DEAD = "b" * 20
WRITES = ("INSERT", "UPDATE", "DELETE")


def enter(client: Client, phone: str, token: str) -> int:
    return client.post(pin_client.ENTRY, {"phone": phone, "invitation": token}).status_code


def used_up(phone: str = cast.ANA_PHONE) -> None:
    """A stranger has reached the number's limit by requesting codes from many addresses."""
    for number in range(4):
        status = (
            Client(REMOTE_ADDR=f"203.0.113.{number}").post(pin_client.ENTRY, {"phone": phone}).status_code
        )
    assert status == 429


def fields(content: bytes) -> dict[str, str]:
    page = BeautifulSoup(content, "html.parser")
    named = {
        str(field["name"]): str(field.get("value", "")) for field in page.select("main form input[name]")
    }
    named.pop("csrfmiddlewaretoken")
    return named


def test_the_link_shows_the_entry_with_the_number_filled_in(client: Client) -> None:
    token = invited()
    page = client.get(address(token))
    assert page.status_code == 200
    assert fields(page.content) == {"phone": "099 123 4567", "invitation": token}
    form = BeautifulSoup(page.content, "html.parser").select_one("main form")
    assert form
    assert form["action"] == pin_client.ENTRY
    assert page["Cache-Control"] == "no-store"
    # Not «no-referrer», with which browsers send no Origin that the form's own check could accept
    assert page["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_opens_it_ten_times_changes_nothing(method: str) -> None:
    token = invited()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(10):
            page = getattr(Client(), method)(address(token), follow=True)
            assert set(page.cookies) <= {"csrftoken"}
    assert not [query["sql"] for query in captured if query["sql"].lstrip().upper().startswith(WRITES)]
    assert not Session.objects.exists()
    assert not Challenge.objects.exists()
    assert Invitation.objects.get().used_at is None


def test_no_log_quotes_the_token(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """R6.08"""
    token = invited()
    with caplog.at_level("DEBUG"):
        client.get(address(token))
        client.post(address(token), {"phone": "12", "invitation": token})
        client.get(f"/fidelizacion/nada/?i={token}")
        client.put(address(token))
    assert "Method Not Allowed" in caplog.text
    logged = [record for record in caplog.records if record.name != "django.db.backends"]
    assert not [record for record in logged if token in record.getMessage()]


def test_the_link_alone_signs_no_visitor_in(client: Client) -> None:
    client.get(address(invited()))
    assert client.get("/fidelizacion/solicitud/")["Location"] == pin_client.ENTRY


@pytest.mark.parametrize("token", [DEAD, "b" * 19, "<script>", "ñ", "x" * 2000])
def test_a_forged_link_shows_the_plain_entry_with_a_notice(client: Client, token: str) -> None:
    invited()
    page = client.get(pin_client.ENTRY, {"i": token})
    assert page.status_code == 200
    assert fields(page.content) == {"phone": ""}
    assert page["Cache-Control"] == "private, no-cache"
    said = BeautifulSoup(page.content, "html.parser").get_text()
    assert "venció o está incompleto" in said
    assert token not in page.content.decode()


def test_an_expired_link_is_like_a_forged_one(client: Client) -> None:
    token = invited()
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert seen(client.get(address(token))) == seen(Client().get(address(DEAD)))


def test_a_refused_form_and_the_page_of_a_limit_keep_the_link(client: Client) -> None:
    token = invited()
    page = client.post(pin_client.ENTRY, {"phone": "123", "invitation": token})
    assert (page.status_code, page["Cache-Control"]) == (422, "private, no-cache")
    assert fields(page.content) == {"phone": "123", "invitation": token}
    for _ in range(5):
        enter(Client(), cast.ANA_PHONE, token)
    used_up()
    page = Client().post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "invitation": token})
    assert page.status_code == 429
    assert f'href="{address(token)}"' in page.content.decode()
    page = Client().post(pin_client.ENTRY, {"phone": cast.ANA_PHONE, "invitation": DEAD})
    assert page.status_code == 429
    assert DEAD not in page.content.decode()


def test_a_sign_in_by_the_link_is_recorded_as_its_use(client: Client) -> None:
    token = invited()
    assert enter(client, cast.ANA_PHONE, token) == 302
    code = pin_client.receive(client)
    assert code is not None
    assert Invitation.objects.get().used_at is None
    assert pin_client.answer(client, code)["Location"] == "/fidelizacion/solicitud/"
    assert Invitation.objects.get().used_at is not None


def test_a_stranger_who_used_up_the_number_locks_no_invited_person_out(client: Client) -> None:
    """R1.08"""
    token = invited()
    used_up()
    assert enter(Client(), cast.ANA_PHONE, "") == 429
    assert enter(client, cast.ANA_PHONE, token) == 302
    code = pin_client.receive(client)
    assert code is not None
    assert pin_client.answer(client, code)["Location"] == "/fidelizacion/solicitud/"


def test_a_resend_and_the_plain_entry_of_the_same_session_count_on_the_link_too(client: Client) -> None:
    token = invited()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        used_up()
        enter(client, cast.ANA_PHONE, token)
        clock.shift(timedelta(seconds=60))
        assert client.post(pin_client.RESEND).status_code == 302
        clock.shift(timedelta(seconds=120))
        assert pin_client.ask(client, cast.ANA_PHONE).status_code == 302
    assert Challenge.objects.filter(invitation=Invitation.objects.get()).count() == 3


def test_a_resend_after_the_link_ended_counts_on_the_number(client: Client) -> None:
    token = invited()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        enter(client, cast.ANA_PHONE, token)
        used_up()
        Invitation.objects.update(expires_at=timezone.now())
        clock.shift(timedelta(seconds=60))
        assert client.post(pin_client.RESEND).status_code == 429


def test_the_links_own_codes_are_five_an_hour_and_ten_in_all() -> None:
    token = invited()
    own = Challenge.objects.filter(invitation=Invitation.objects.get())
    counts = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):
            used_up()
            statuses = [enter(Client(), cast.ANA_PHONE, token) for _ in range(6)]
            counts.append((own.count(), statuses.count(302)))
            clock.shift(timedelta(hours=1))
    assert counts == [(5, 5), (10, 5), (10, 0)]


def test_with_its_codes_used_up_a_link_is_no_worse_than_none() -> None:
    token = invited()
    for _ in range(5):
        enter(Client(), cast.ANA_PHONE, token)
    assert [enter(Client(), cast.ANA_PHONE, token) for _ in range(4)] == [302] * 3 + [429]
    assert Challenge.objects.filter(invitation=None).count() == 3


def test_a_stranger_who_used_up_the_day_locks_no_invited_person_out(settings: Settings) -> None:
    """R1.08: codes that strangers request use up the daily limit of the plain entry only."""
    token = invited()
    settings.OTP_SENDS_PER_DAY = parse_rates("3/d")
    consume_times(quotas.sends_of_day(invited=False), 3)
    assert enter(Client(), cast.ANA_PHONE, "") == 429
    assert enter(Client(), cast.ANA_PHONE, token) == 302


def test_codes_of_links_have_a_day_that_ends_too(settings: Settings) -> None:
    """Above the invitations' daily limit, codes count towards the general one, which is still
    unused.
    """
    token = invited()
    settings.OTP_SENDS_PER_DAY = parse_rates("2/d")
    statuses = []
    for number in range(5):
        statuses.append(enter(client := Client(REMOTE_ADDR=f"203.0.113.{number}"), cast.ANA_PHONE, token))
        if statuses[-1] == 302:
            assert pin_client.receive(client) is not None
    assert statuses == [302] * 4 + [429]
    assert Challenge.objects.filter(invitation=None).count() == 2


def test_codes_of_a_link_still_count_for_the_address(settings: Settings) -> None:
    token = invited()
    settings.OTP_SENDS_PER_ADDRESS = parse_rates("2/h")
    here = [enter(Client(REMOTE_ADDR="198.51.100.1"), cast.ANA_PHONE, token) for _ in range(3)]
    assert here == [302, 302, 429]


def test_the_number_is_left_its_own_codes() -> None:
    """A stolen link does not use up the number's limits."""
    token = invited()
    for _ in range(5):
        enter(Client(), cast.ANA_PHONE, token)
    assert [enter(Client(), cast.ANA_PHONE, "") for _ in range(4)] == [302] * 3 + [429]


@pytest.mark.parametrize("token", ["", DEAD, "another's", "expired"])
def test_no_other_token_gets_past_the_numbers_limit(token: str) -> None:
    invitations.invite(cast.bruno(), Channel.SMS)
    cast.ana()
    used_up()
    with time_machine.travel(timezone.now()) as clock:
        token = {"another's": _brunos_token(), "expired": invited()}.get(token, token)
        Invitation.objects.filter(phone=cast.ANA_PHONE).update(expires_at=timezone.now())
        clock.shift(1)
        assert enter(Client(), cast.ANA_PHONE, token) == 429
    assert not Challenge.objects.exclude(invitation=None).exists()


def _brunos_token() -> str:
    return token_of(Invitation.objects.get(phone=cast.BRUNO_PHONE))


def test_an_invited_persons_first_try_is_judged_while_the_number_waits(client: Client) -> None:
    """R1.05, R1.08: a stranger's failures lock no invited person out; each code allows one more
    guess.
    """
    token = invited()
    now = timezone.now()
    PhoneLockout.objects.create(
        phone=cast.ANA_PHONE, failures=12, locks=3, locked_at=now, locked_until=now + timedelta(hours=1)
    )
    enter(client, cast.ANA_PHONE, token)
    challenge = Challenge.objects.get()
    assert challenges.verify(challenge, "not it").answer is Answer.WRONG
    right = codes.derive(challenge.nonce, challenge.phone)
    assert challenges.verify(challenge, right).answer is Answer.WAIT
    assert PhoneLockout.objects.get().failures == 13
    enter(other := Client(), cast.ANA_PHONE, token)
    code = pin_client.receive(other)
    assert code is not None
    assert pin_client.answer(other, code).status_code == 302


def test_a_visitor_without_a_link_must_wait(client: Client) -> None:
    cast.ana()
    now = timezone.now()
    PhoneLockout.objects.create(
        phone=cast.ANA_PHONE, failures=12, locked_at=now, locked_until=now + timedelta(hours=1)
    )
    enter(client, cast.ANA_PHONE, DEAD)
    challenge = Challenge.objects.get()
    right = codes.derive(challenge.nonce, challenge.phone)
    assert challenges.verify(challenge, right).answer is Answer.WAIT


@pytest.mark.parametrize(("trusted", "answer"), [(99, Answer.RIGHT), (100, Answer.WAIT)])
def test_s6_a_strangers_hundred_failures_stop_no_link_and_a_hundred_of_links_do(
    client: Client, trusted: int, answer: Answer
) -> None:
    """NIST 800-63B 3.2.2"""
    token = invited()
    now = timezone.now()
    PhoneLockout.objects.create(
        phone=cast.ANA_PHONE,
        failures=150,
        trusted_failures=trusted,
        locked_at=now,
        locked_until=now + timedelta(hours=1),
    )
    enter(client, cast.ANA_PHONE, token)
    challenge = Challenge.objects.get()
    assert challenge.invitation is not None
    assert challenges.verify(challenge, codes.derive(challenge.nonce, challenge.phone)).answer is answer


def walked(phone: str, token: str) -> list[Step]:
    """Each page that a link could change, for a number: its response and its SQL statements."""
    client, taken = Client(), []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for name, path, data, seconds in (
            ("entry", pin_client.ENTRY, {"phone": phone, "invitation": token}, 0),
            ("refused", pin_client.ENTRY, {"phone": "12", "invitation": token}, 1),
            ("wrong code", pin_client.PIN, {"code": "000000"}, 1),
            ("resend", pin_client.RESEND, {}, 60),
            ("entry again", pin_client.ENTRY, {"phone": phone, "invitation": token}, 1),
            ("wrong code again", pin_client.PIN, {"code": "000000"}, 1),
        ):
            clock.shift(seconds)
            with CaptureQueriesContext(connection) as captured:
                page = client.post(path, data)
            taken.append((name, seen(page), [shape(query["sql"]) for query in captured]))
    return taken


@pytest.mark.parametrize("token", [DEAD, "another's"])
def test_a_token_that_is_not_the_numbers_tells_no_number_from_another(token: str) -> None:
    """R1.13, R1.14: known and unknown numbers run the same statements, and the same writes as
    without a token.
    """
    invitations.invite(cast.bruno(), Channel.SMS)
    cast.ana()
    token = _brunos_token() if token == "another's" else token
    # All end in the same three digits, the only ones that pages show
    known, unknown, plain = (walked(*given) for given in (
        (cast.ANA_PHONE, token), ("+593960000567", token), ("+593950000567", ""),
    ))  # fmt: skip
    for (name, answer, statements), (_, other_answer, other_statements) in zip(known, unknown, strict=True):
        assert (answer, statements) == (other_answer, other_statements), name
    for (name, _, statements), (_, _, without) in zip(known, plain, strict=True):
        assert [sql for sql in statements if "otp_invitation" not in sql] == without, name


def test_a_sign_in_by_the_network_uses_the_link_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    token = invited()
    monkeypatch.setattr("otp.network.network_identity.identify", lambda _request: cast.ANA_PHONE)
    assert enter(client, cast.ANA_PHONE, token) == 302
    assert Invitation.objects.get().used_at is not None
    assert AuditEvent.objects.filter(kind="verified", method="network").exists()
