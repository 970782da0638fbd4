"""Changing an administrator's phone or e-mail: second person and notices (S11)."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from companies.models import Administrator
from desk import roles
from notifications.models import Message
from otp import sms
from staff import contact_changes
from staff.models import ContactChange
from tests import cast
from tests.desk.desk import signed_in, supervisor, text_of
from tests.desk.test_directory import ADMINISTRATORS, administrator_form
from tests.otp.concurrency import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
NEW = "+593987654321"
State = ContactChange.State


def changed_fields() -> str:
    """Return the fields that the row's history names for the last save."""
    return str(LogEntry.objects.latest("pk").get_change_message())


@pytest.fixture
def ana() -> Administrator:
    return cast.make_administrator(phone=cast.ANA_PHONE)


@pytest.fixture
def sonia() -> User:
    return supervisor()


@pytest.fixture
def pedro() -> User:
    user = User.objects.create_user("pedro", is_staff=True)
    user.user_permissions.set(roles.permissions(roles.SUPERVISOR))
    return user


def save(user: User, ana: Administrator, **changes: Any) -> Any:
    return signed_in(user).post(
        f"{ADMINISTRATORS}{ana.pk}/change/", administrator_form(**changes), follow=True
    )


def decide(user: User, what: str, reason: str = "", change: ContactChange | None = None) -> Any:
    pk = (change or ContactChange.objects.get()).pk
    return signed_in(user).post(
        f"/admin/staff/contactchange/{pk}/decidir/", {what: "1", "reason": reason}, follow=True
    )


def phone_of(ana: Administrator) -> str:
    ana.refresh_from_db()
    return str(ana.phone)


def notices() -> list[tuple[str, str]]:
    return sorted(Message.objects.values_list("channel", "to"))


def test_s11_only_a_new_phone_waits_for_a_second_person(ana: Administrator, sonia: User) -> None:
    response = save(sonia, ana, phone=NEW, names="Ana María")
    assert "otra persona con permiso debe confirmar" in text_of(response)
    assert phone_of(ana) == cast.ANA_PHONE
    assert ana.names == "Ana María"
    assert "ombres" in changed_fields()
    assert "móvil" not in changed_fields()
    assert notices() == []
    change = ContactChange.objects.get()
    assert (change.state, change.requested_by, change.new_phone) == (State.PENDING, sonia, NEW)
    assert "098 765 4321" in text_of(signed_in(sonia).get("/admin/staff/contactchange/"))
    assert "no rige todavía" in text_of(signed_in(sonia).get(f"{ADMINISTRATORS}{ana.pk}/change/"))


def test_s11_confirmed_by_another_it_takes_effect_and_the_old_phone_and_address_are_notified(
    ana: Administrator, sonia: User, pedro: User
) -> None:
    save(sonia, ana, phone=NEW)
    assert "El cambio quedó hecho" in text_of(decide(pedro, "confirm", "La llamé"))
    assert phone_of(ana) == NEW
    assert notices() == [("email", ana.email), ("sms", cast.ANA_PHONE)]
    change = ContactChange.objects.get()
    assert (change.state, change.decided_by, change.reason) == (State.APPLIED, pedro, "La llamé")
    mail = Message.objects.get(channel="email")
    for text in (mail.text, mail.html):
        assert "terminado en 567" in text
        assert "terminado en 321" in text
        assert NEW[-7:] not in text


def test_s11_the_requester_cannot_confirm_a_change_and_may_withdraw_it(
    ana: Administrator, sonia: User
) -> None:
    save(sonia, ana, phone=NEW)
    assert "debe confirmarlo otra persona" in text_of(decide(sonia, "confirm"))
    assert phone_of(ana) == cast.ANA_PHONE
    decide(sonia, "reject", "Me equivoqué")
    assert ContactChange.objects.get().state == State.REJECTED
    assert notices() == []


def test_s11_the_database_refuses_one_person_as_both(ana: Administrator, sonia: User) -> None:
    save(sonia, ana, phone=NEW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactChange.objects.update(state=State.APPLIED, decided_by=sonia)


def test_s11_a_rejection_needs_a_reason_and_changes_nothing(
    ana: Administrator, sonia: User, pedro: User
) -> None:
    save(sonia, ana, phone=NEW)
    assert decide(pedro, "reject").status_code == 422
    decide(pedro, "reject", "No la pidió ella")
    assert (ContactChange.objects.get().state, phone_of(ana)) == (State.REJECTED, cast.ANA_PHONE)
    assert "ya se había decidido" in text_of(decide(pedro, "confirm"))
    assert phone_of(ana) == cast.ANA_PHONE


def test_s11_confirming_needs_the_permission(ana: Administrator, sonia: User) -> None:
    save(sonia, ana, phone=NEW)
    advisor = cast.carla()
    advisor.user_permissions.set(roles.permissions(roles.ADVISOR))
    assert decide(advisor, "confirm").status_code == 403
    assert phone_of(ana) == cast.ANA_PHONE


@pytest.mark.parametrize("meanwhile", ["taken", "changed"])
def test_s11_a_change_that_no_longer_fits_is_not_applied(
    ana: Administrator, sonia: User, pedro: User, meanwhile: str
) -> None:
    save(sonia, ana, phone=NEW)
    if meanwhile == "taken":
        cast.make_administrator(phone=NEW)
    else:
        Administrator.objects.update(phone="+593960000001")
    assert "rechace este cambio" in text_of(decide(pedro, "confirm"))
    assert phone_of(ana) != NEW
    assert ContactChange.objects.get().state == State.PENDING
    assert notices() == []


def test_s11_a_person_has_one_pending_change_at_a_time(ana: Administrator, sonia: User) -> None:
    save(sonia, ana, phone=NEW)
    assert "Ya hay un cambio de contacto por confirmar" in text_of(save(sonia, ana, phone="0960000001"))
    assert ContactChange.objects.get().new_phone == NEW


def test_s11_a_new_address_does_not_wait_and_the_old_one_is_notified(ana: Administrator, sonia: User) -> None:
    save(sonia, ana, email="nueva@acme.example")
    ana.refresh_from_db()
    assert ana.email == "nueva@acme.example"
    assert notices() == [("email", "ana@acme.example"), ("email", "nueva@acme.example")]
    assert ContactChange.objects.get().state == State.APPLIED


def test_s11_without_the_setting_the_phone_changes_at_once_and_all_are_notified(
    ana: Administrator, sonia: User, settings: Settings
) -> None:
    settings.STAFF_SECOND_PERSON = False
    save(sonia, ana, phone=NEW, email="nueva@acme.example")
    assert phone_of(ana) == NEW
    assert notices() == [
        ("email", "ana@acme.example"),
        ("email", "nueva@acme.example"),
        ("sms", cast.ANA_PHONE),
    ]
    assert ContactChange.objects.get().decided_by is None


def test_s11_saving_without_a_change_of_contact_notifies_nobody(ana: Administrator, sonia: User) -> None:
    save(sonia, ana, phone="099 123 4567", names="Otra")
    assert not ContactChange.objects.exists()
    assert notices() == []


def test_s11_the_sms_fits_and_names_no_number_of_anybody(settings: Settings) -> None:
    text = sms.contact_changed()
    assert len(text) <= sms.MAX_SEPTETS
    assert set(text) <= sms.GSM7
    assert "no lo pidio" in text


@pytest.mark.django_db(transaction=True)
def test_s11_simultaneous_confirmations_apply_and_notify_once(
    ana: Administrator, sonia: User, pedro: User
) -> None:
    save(sonia, ana, phone=NEW)

    def act(_number: int) -> bool:
        try:
            contact_changes.confirm(ContactChange.objects.get(), pedro)
        except contact_changes.ChangeError:
            return False
        return True

    assert sorted(at_once(4, act)) == [False, False, False, True]
    assert notices() == [("email", ana.email), ("sms", cast.ANA_PHONE)]


def test_r6_10_the_decision_is_posted(ana: Administrator, sonia: User, pedro: User) -> None:
    save(sonia, ana, phone=NEW)
    address = f"/admin/staff/contactchange/{ContactChange.objects.get().pk}/"
    assert signed_in(pedro).get(f"{address}decidir/").status_code == 403
    client = Client(enforce_csrf_checks=True)
    client.force_login(pedro)
    assert client.post(f"{address}decidir/", {"confirm": "1"}).status_code == 403
    assert phone_of(ana) == cast.ANA_PHONE
