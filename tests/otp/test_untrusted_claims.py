"""A network claim that fails a check is recorded, and the visitor gets a PIN (R2.06)."""

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from otp.models import AuditEvent
from otp.network import network_identity
from otp.network.network_identity import Claim
from tests import cast
from tests.otp import pin_client
from tests.otp.gateway import ANA, KEY, OLD_KEY, configure, enter, signed

pytestmark = pytest.mark.django_db
Result = AuditEvent.Result


class Untrusted:
    def claim(self, _request: object) -> Claim | None:
        raise network_identity.UntrustedClaim(Result.UNSIGNED)


class Sure:
    def claim(self, _request: object) -> Claim | None:
        return Claim(cast.ANA_PHONE)


@pytest.mark.parametrize("known", [True, False])
def test_each_untrusted_claim_is_an_event_with_its_reason_for_any_number(
    settings: Settings, known: bool
) -> None:
    """R2.06, R1.14"""
    configure(settings, KEY)
    settings.OTP_SENDS_PER_PHONE = ()
    if known:
        cast.ana()
    used = signed(nonce="used-before-0123456789")
    enter(Client(), signature=used)
    untrusted = [
        (used, ANA, Result.REUSED),
        (signed(key=OLD_KEY), ANA, Result.UNSIGNED),
        (signed(late=90), ANA, Result.STALE),
        (signed(), f"{ANA},{ANA}", Result.NO_NUMBER),
    ]
    for signature, number, reason in untrusted:
        enter(Client(), number=number, signature=signature)
        event = AuditEvent.objects.filter(kind=AuditEvent.Kind.IGNORED).latest("pk")
        assert (event.result, event.method, event.phone_tail) == (reason, AuditEvent.Method.NETWORK, ANA[-3:])


def test_the_same_is_recorded_once_a_minute(settings: Settings) -> None:
    configure(settings, KEY)
    for _ in range(3):
        enter(Client(), signature=signed(key=OLD_KEY))
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.IGNORED).count() == 1


def test_after_an_untrusted_claim_the_next_identity_is_asked(client: Client, settings: Settings) -> None:
    cast.ana()
    settings.NETWORK_IDENTITIES = tuple(f"{__name__}.{identity.__name__}" for identity in (Untrusted, Sure))
    assert network_identity.identify(RequestFactory().post("/")) == cast.ANA_PHONE
    assert pin_client.ask(client, cast.ANA_PHONE)["Location"] != pin_client.PIN
