"""When the portal trusts the number that the mobile network gives (A3, R2.01-R2.09, R2.13)."""

import logging
from collections.abc import Callable
from itertools import product
from threading import Event

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django import Settings

from otp.models import Challenge, LimitUse, NetworkSwitch, PhoneLockout
from otp.network import network_identity
from otp.network.network_identity import Claim
from tests import cast
from tests.desk.desk import signed_in, supervisor
from tests.otp import pin_client
from tests.otp.gateway import (
    ANA,
    BRUNO,
    FOREIGN_PEER,
    GATEWAY,
    KEY,
    MOBILE_CLIENT,
    OLD_KEY,
    OTHER_CLIENT,
    PAST_THE_PIN,
    configure,
    enter,
    is_ana,
    signed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
FUZZED = hypothesis(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
RELEASE = Event()  # lets the hanging identities go on


@pytest.fixture
def trusted_gateway(settings: Settings) -> None:
    configure(settings)


@pytest.fixture
def signing_gateway(settings: Settings) -> None:
    configure(settings, KEY)


@pytest.fixture
def ana() -> None:
    cast.ana()


class Failing:
    """A service that fails with the number in its message."""

    def claim(self, _request: object) -> Claim | None:
        raise RuntimeError(ANA)


class Hanging:
    def claim(self, _request: object) -> Claim | None:
        RELEASE.wait(60)
        return Claim(cast.ANA_PHONE)


class Silent:
    def claim(self, _request: object) -> Claim | None:
        return None


class Sure:
    def claim(self, _request: object) -> Claim | None:
        return Claim(cast.ANA_PHONE)


def path(identity: type) -> str:
    return f"{__name__}.{identity.__name__}"


def test_by_default_no_network_identity_is_used() -> None:
    """R2.01"""
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_MSISDN=ANA)
    assert network_identity.identify(request) is None


@pytest.mark.usefixtures("trusted_gateway")
@pytest.mark.parametrize(("peer", "behind", "equal"), list(product([True, False], repeat=3)))
def test_unsigned_only_gateway_and_mobile_client_and_equal_number_skip_the_pin(
    client: Client, peer: bool, behind: bool, equal: bool
) -> None:
    """R2.09, without a key."""
    cast.ana()
    cast.bruno()
    where = enter(
        client,
        peer=GATEWAY if peer else FOREIGN_PEER,
        behind=MOBILE_CLIENT if behind else OTHER_CLIENT,
        number=ANA if equal else BRUNO,
    )
    all_true = peer and behind and equal
    assert where == (PAST_THE_PIN if all_true else pin_client.PIN)
    assert is_ana(client) is all_true


@pytest.mark.parametrize("through_our_proxy", [False, True])
@pytest.mark.parametrize("row", list(product([True, False], repeat=4)))
def test_signed_only_one_row_of_sixteen_skips_the_pin(
    client: Client, settings: Settings, through_our_proxy: bool, row: tuple[bool, bool, bool, bool]
) -> None:
    """R2.09, with a key; also when the gateway's requests come through our own public proxy."""
    peer, behind, valid, equal = row
    configure(settings, KEY)
    if through_our_proxy:
        settings.TRUSTED_PROXIES = settings.MOBILE_GATEWAYS
    cast.ana()
    cast.bruno()
    number = ANA if equal else BRUNO
    client_ip = MOBILE_CLIENT if behind else OTHER_CLIENT
    where = enter(
        client,
        peer=GATEWAY if peer else FOREIGN_PEER,
        behind=client_ip,
        number=number,
        signature=signed(number, behind=client_ip, key=KEY if valid else OLD_KEY),
    )
    all_true = all(row)
    assert where == (PAST_THE_PIN if all_true else pin_client.PIN)
    assert is_ana(client) is all_true


@pytest.mark.usefixtures("signing_gateway")
@pytest.mark.parametrize("late", [-61, 61])
def test_a_signature_is_valid_for_a_minute_before_and_after(client: Client, late: int) -> None:
    """R2.05"""
    cast.ana()
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False):
        assert enter(client, signature=signed(late=late)) == pin_client.PIN
        assert enter(client, signature=signed(late=late // 61 * 60)) == PAST_THE_PIN


@pytest.mark.usefixtures("signing_gateway")
@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: signed(BRUNO),
        lambda: signed(host="otro.example"),
        lambda: signed(behind="100.64.3.3"),
        lambda: f"{signed()},{signed()}",
        lambda: f"{signed()}\n",
        lambda: signed().upper(),
        lambda: signed(nonce="short"),
        lambda: signed(nonce="with|bars|of|its|own"),
        lambda: "t=soon,nonce=0123456789abcdef,v1=00",
    ],
)
def test_a_signature_of_anything_else_leads_to_the_pin(client: Client, make: Callable[[], str]) -> None:
    """R2.05"""
    cast.ana()
    assert enter(client, signature=make()) == pin_client.PIN
    assert not is_ana(client)


@pytest.mark.usefixtures("signing_gateway")
def test_a_signature_can_be_used_once() -> None:
    """R2.05"""
    cast.ana()
    header = signed()
    assert enter(Client(), signature=header) == PAST_THE_PIN
    assert enter(Client(), signature=header) == pin_client.PIN
    assert LimitUse.objects.filter(key__startswith="nonce:").count() == 1


def test_both_keys_are_valid_during_a_rotation_and_then_only_the_new_one(settings: Settings) -> None:
    """R2.05"""
    cast.ana()
    configure(settings, KEY, OLD_KEY)
    assert enter(Client(), signature=signed(key=OLD_KEY)) == PAST_THE_PIN
    assert enter(Client(), signature=signed(nonce="another-0123456789")) == PAST_THE_PIN
    configure(settings, KEY)
    assert enter(Client(), signature=signed(key=OLD_KEY, nonce="later-0123456789")) == pin_client.PIN


@pytest.mark.usefixtures("trusted_gateway")
def test_a_mobile_client_that_reaches_us_past_the_gateway_is_not_believed() -> None:
    """R2.02: a client that connects without the gateway can write any header."""
    request = RequestFactory().get("/", REMOTE_ADDR=MOBILE_CLIENT, HTTP_X_MSISDN=ANA)
    assert network_identity.identify(request) is None


@pytest.mark.usefixtures("trusted_gateway")
@pytest.mark.parametrize("state", ["unknown", "inactive", "without a company"])
def test_a_visitor_who_may_not_enter_sees_the_same_pin_screen_on_the_network(
    client: Client, state: str
) -> None:
    """R1.13, R2.07"""
    if state == "inactive":
        cast.make_administrator(cast.make_company(), is_active=False)
    if state == "without a company":
        cast.make_administrator()
    assert enter(client) == pin_client.PIN
    assert "portal.visitor" not in client.session
    plain = Client()
    plain.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE})
    assert pin_client.CODE.sub("", page_text(client)) == pin_client.CODE.sub("", page_text(plain))
    assert ANA not in page_text(client)


def page_text(client: Client) -> str:
    page = client.get(pin_client.PIN)
    return page.content.decode().partition("csrfmiddlewaretoken")[0]


@pytest.mark.usefixtures("trusted_gateway")
def test_looking_at_the_entry_signs_nobody_in(client: Client) -> None:
    """R2.08"""
    cast.ana()
    client.get(pin_client.ENTRY, REMOTE_ADDR=GATEWAY, HTTP_X_FORWARDED_FOR=MOBILE_CLIENT, HTTP_X_MSISDN=ANA)
    assert "portal.visitor" not in client.session


@pytest.mark.usefixtures("trusted_gateway")
def test_a_form_without_its_csrf_token_signs_nobody_in() -> None:
    """R2.08: another site cannot sign its visitors in."""
    cast.ana()
    client = Client(enforce_csrf_checks=True)
    headers = {"X-Forwarded-For": MOBILE_CLIENT, "X-MSISDN": ANA}
    answer = client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE}, headers=headers, REMOTE_ADDR=GATEWAY)
    assert answer.status_code == 403
    assert "portal.visitor" not in client.session


@pytest.mark.usefixtures("trusted_gateway")
def test_the_network_path_works_while_the_phone_waits(client: Client) -> None:
    """R1.07"""
    cast.ana()
    PhoneLockout.objects.create(phone=cast.ANA_PHONE, failures=50, locks=7, locked_until="2099-01-01T00:00Z")
    assert enter(client) == PAST_THE_PIN


@pytest.mark.usefixtures("trusted_gateway")
def test_an_earlier_code_is_closed_when_the_network_identifies_the_visitor(client: Client) -> None:
    cast.ana()
    pin_client.ask(client, cast.ANA_PHONE)
    enter(client)
    assert Challenge.objects.get().closed_at is not None


@pytest.mark.usefixtures("trusted_gateway")
def test_phones_behind_one_gateway_have_separate_limits_of_codes(settings: Settings) -> None:
    """R1.17: the limit counts the phone's own address, which the gateway forwards."""
    settings.OTP_SENDS_PER_ADDRESS = settings.OTP_SENDS_PER_ADDRESS[:1]
    for number in (1, 2):
        enter(Client(), behind=f"100.64.3.{number}", number="")
    assert LimitUse.objects.filter(key__startswith="address:").values("key").distinct().count() == 2


@pytest.mark.usefixtures("trusted_gateway")
@pytest.mark.parametrize(
    "raw",
    [
        f"+{ANA}",
        f"{ANA},{ANA}",
        f"{ANA}, {ANA}",
        f"{ANA}\n",
        f"{ANA}\r\nX: y",
        "0991234567",
        f"{ANA}0",
        ANA[:-1],
        "",
        "593412345678",
        "٥٩٣٩٩١٢٣٤٥٦٧",
        "0x8a1c",
        "NTkzOTkxMjM0NTY3",
    ],
)
def test_anything_but_one_whole_number_is_ignored(raw: str) -> None:
    """R2.06"""
    request = RequestFactory().get(
        "/", REMOTE_ADDR=GATEWAY, HTTP_X_FORWARDED_FOR=MOBILE_CLIENT, HTTP_X_MSISDN=raw
    )
    with pytest.raises(network_identity.UntrustedClaim):
        network_identity.identify(request)


@pytest.mark.usefixtures("ana")
@FUZZED
@given(number=st.text(), signature=st.text() | st.just(""), keys=st.sampled_from([(), (KEY,)]))
def test_no_text_in_the_headers_skips_the_pin_or_causes_an_error(
    client: Client, settings: Settings, number: str, signature: str, keys: tuple[str, ...]
) -> None:
    """R2.06"""
    configure(settings, *keys)
    headers = {"X-MSISDN": number, "X-MSISDN-Signature": signature, "X-Forwarded-For": MOBILE_CLIENT}
    page = client.post(pin_client.ENTRY, {"phone": cast.ANA_PHONE}, headers=headers, REMOTE_ADDR=GATEWAY)
    assert page.status_code in {302, 429}
    assert "portal.visitor" not in client.session


@FUZZED
@given(signature=st.from_regex(r"t=[0-9]{10},nonce=[A-Za-z0-9_-]{16,64},v1=[0-9a-f]{64}", fullmatch=True))
def test_no_well_formed_signature_of_another_key_is_believed(settings: Settings, signature: str) -> None:
    """R2.05"""
    configure(settings, KEY, OLD_KEY)
    headers = {"X-MSISDN": ANA, "X-MSISDN-Signature": signature, "X-Forwarded-For": MOBILE_CLIENT}
    with pytest.raises(network_identity.UntrustedClaim):
        network_identity.identify(RequestFactory().get("/", headers=headers, REMOTE_ADDR=GATEWAY))


@pytest.mark.usefixtures("trusted_gateway")
def test_a_supervisor_switches_it_off_and_on_again_at_the_desk(client: Client) -> None:
    """R2.13"""
    cast.ana()
    NetworkSwitch.objects.get_or_create(id=1)
    desk = signed_in(supervisor())
    assert desk.post("/admin/otp/networkswitch/1/change/", {}).status_code == 302
    assert enter(Client()) == pin_client.PIN
    assert desk.post("/admin/otp/networkswitch/1/change/", {"enabled": "on"}).status_code == 302
    assert enter(client) == PAST_THE_PIN


@pytest.mark.parametrize("broken", [Failing, Silent])
def test_if_an_identity_fails_or_has_no_answer_the_next_one_is_asked(
    client: Client, settings: Settings, broken: type
) -> None:
    cast.ana()
    settings.NETWORK_IDENTITIES = (path(broken), path(Sure))
    assert enter(client) == PAST_THE_PIN


def test_with_every_identity_failing_the_pin_follows_and_no_number_is_logged(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """R2.11"""
    cast.ana()
    settings.NETWORK_IDENTITIES = (path(Failing),)
    assert enter(client) == pin_client.PIN
    assert "failed: RuntimeError" in caplog.text
    assert ANA not in caplog.text


@pytest.mark.usefixtures("trusted_gateway")
def test_a_header_is_read_without_a_thread(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.ana()

    def refuse(**_: object) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(network_identity, "Thread", refuse)
    assert enter(client) == PAST_THE_PIN


def test_an_identity_that_hangs_is_given_up_and_then_not_asked(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cast.ana()
    RELEASE.clear()
    monkeypatch.setattr(network_identity, "TIMEOUT", 0.01)
    settings.NETWORK_IDENTITIES = (path(Hanging),)
    try:
        for _ in range(network_identity.MAX_THREADS + 1):
            assert network_identity.identify(RequestFactory().post("/")) is None
        assert caplog.text.count("took too long") == network_identity.MAX_THREADS
        assert "not asked: it hangs" in caplog.text
        assert enter(client) == pin_client.PIN
    finally:
        RELEASE.set()


@pytest.mark.usefixtures("signing_gateway")
def test_why_a_header_was_ignored_is_logged_and_never_what_it_held(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """R2.06, R2.11"""
    caplog.set_level(logging.DEBUG)
    cast.ana()
    used = signed(nonce="secret-word-of-mine")
    for header in (used, used, signed(key=OLD_KEY), signed(late=90)):
        enter(client, signature=header)
    enter(client, number=f"{ANA},{ANA}", signature=signed())
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("otp.")]
    assert [line for line in lines if "ignored" in line] == [
        "Network identity ignored: its signature was used before",
        "Mobile header ignored: no valid signature",
        "Mobile header ignored: signed too long ago, or the clocks differ",
        "Mobile header ignored: no whole mobile number",
    ]
    assert ANA not in caplog.text
    assert "secret-word" not in caplog.text
