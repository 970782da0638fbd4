"""Adding and removing a company's administrator: second person and notices (S11)."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from companies.models import Administration, Administrator, Company
from desk import roles
from notifications.models import Message
from otp import sms
from staff import contact_changes
from staff.models import ContactChange
from tests import cast
from tests.desk.desk import signed_in, supervisor, text_of
from tests.desk.test_directory import ADMINISTRATORS, COMPANIES, administrator_form, company_form, formset
from tests.otp.concurrency import at_once
from tests.staff.test_contact_changes import decide, notices

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
Kind, State = ContactChange.Kind, ContactChange.State
TO_ANA = [("email", "ana@acme.example"), ("sms", cast.ANA_PHONE)]


@pytest.fixture
def acme() -> Company:
    return cast.make_company()


@pytest.fixture
def ana(acme: Company) -> Administrator:
    return cast.ana(acme)


@pytest.fixture
def bruno() -> Administrator:
    return cast.bruno()


@pytest.fixture
def sonia() -> User:
    return supervisor()


@pytest.fixture
def pedro() -> User:
    user = User.objects.create_user("pedro", is_staff=True)
    user.user_permissions.set(roles.permissions(roles.SUPERVISOR))
    return user


@pytest.fixture
def pending(acme: Company, ana: Administrator, bruno: Administrator, sonia: User) -> ContactChange:
    return contact_changes.grant(Administration(administrator=bruno, company=acme), sonia)


def administers(person: Administrator, company: Company) -> bool:
    return Administration.objects.filter(administrator=person, company=company).exists()


def rows(kept: Iterable[Administration], *added: dict[str, Any], **marks: str) -> dict[str, Any]:
    """Build the rows of either page: the existing ones, then those added."""
    existing = [
        {"id": row.pk, "administrator": row.administrator_id, "company": row.company_id} | marks
        for row in kept
    ]
    return formset("administrations", *existing, *added, initial=len(existing))


def save_company(user: User, company: Company, changes: dict[str, Any]) -> Any:
    kept = company.billing_accounts.get()
    account = {"id": kept.pk, "company": company.pk, "number": kept.number, "cut_day": kept.cut_day}
    form = company_form(legal_name=company.legal_name, tax_id=company.tax_id)
    form |= {**formset("billing_accounts", account, initial=1), **changes}
    return signed_in(user).post(f"{COMPANIES}{company.pk}/change/", form, follow=True)


def save_person(user: User, person: Administrator, changes: dict[str, Any]) -> Any:
    form = administrator_form(phone=str(person.phone), names=person.names, email=person.email) | changes
    return signed_in(user).post(f"{ADMINISTRATORS}{person.pk}/change/", form, follow=True)


@pytest.mark.parametrize("page", ["company", "administrator", "new administrator"])
def test_s11_a_new_administrator_of_a_company_waits_for_a_second_person(
    acme: Company, ana: Administrator, sonia: User, page: str
) -> None:
    if page == "new administrator":
        form = administrator_form(acme, phone=cast.BRUNO_PHONE, names="Bruno", email="b@b.example")
        response = signed_in(sonia).post(f"{ADMINISTRATORS}add/", form, follow=True)
    elif page == "company":
        added = {"company": acme.pk, "administrator": cast.bruno().pk}
        response = save_company(sonia, acme, rows(ana.administrations.all(), added))
    else:
        bruno = cast.bruno()
        added = {"company": acme.pk, "administrator": bruno.pk}
        response = save_person(sonia, bruno, rows(bruno.administrations.all(), added))
    assert "no administra todavía Acme" in text_of(response)
    bruno = Administrator.objects.get(phone=cast.BRUNO_PHONE)
    assert not administers(bruno, acme)
    change = ContactChange.objects.get()
    assert (change.kind, change.state) == (Kind.GRANTED, State.PENDING)
    assert (change.administrator, change.company, change.requested_by) == (bruno, acme, sonia)
    assert notices() == []
    for address in (f"{COMPANIES}{acme.pk}/change/", f"{ADMINISTRATORS}{bruno.pk}/change/"):
        assert "no administra todavía" in text_of(signed_in(sonia).get(address))


def test_s11_confirmed_it_takes_effect_and_the_company_s_administrators_are_notified(
    pending: ContactChange, acme: Company, bruno: Administrator, pedro: User
) -> None:
    cast.make_administrator(acme, phone="+593960000001", email="x@acme.example", is_active=False)
    page = text_of(signed_in(pedro).get(f"/admin/staff/contactchange/{pending.pk}/change/"))
    assert "Acme del Ecuador" in page
    assert "098 765 4321" in page
    decide(pedro, "confirm")
    assert administers(bruno, acme)
    assert notices() == TO_ANA
    mail = Message.objects.get(channel="email")
    for text in (mail.text, mail.html):
        assert "Bruno Salazar" in text
        assert "terminado en 321" in text
        assert cast.BRUNO_PHONE[-7:] not in text
        assert "S. A.." not in text


def test_s11_the_requester_cannot_confirm_it_even_as_a_superuser(
    pending: ContactChange, acme: Company, bruno: Administrator, sonia: User
) -> None:
    User.objects.filter(pk=sonia.pk).update(is_superuser=True)
    decide(sonia, "confirm")
    assert not administers(bruno, acme)


def test_s11_a_change_requested_twice_is_pending_once(
    pending: ContactChange, acme: Company, ana: Administrator, sonia: User
) -> None:
    added = {"company": acme.pk, "administrator": pending.administrator_id}
    response = save_company(sonia, acme, rows(ana.administrations.all(), added))
    assert "Ya se pidió" in text_of(response)
    assert ContactChange.objects.count() == 1


@pytest.mark.parametrize("meanwhile", ["granted", "another phone"])
def test_s11_a_request_that_no_longer_fits_is_not_confirmed(
    pending: ContactChange, acme: Company, bruno: Administrator, pedro: User, meanwhile: str
) -> None:
    if meanwhile == "granted":
        Administration.objects.create(administrator=bruno, company=acme)
    else:
        Administrator.objects.filter(pk=bruno.pk).update(phone="+593960000001")
    assert "rechace este cambio" in text_of(decide(pedro, "confirm"))
    assert administers(bruno, acme) is (meanwhile == "granted")
    assert notices() == []


def test_s11_a_row_is_not_changed_into_another(acme: Company, ana: Administrator, sonia: User) -> None:
    """A row cannot be given another company on the person's page or vice versa."""
    other, eve = cast.make_company("Otra"), cast.make_administrator(phone=cast.BRUNO_PHONE)
    row = ana.administrations.get()
    forged = {"id": row.pk, "company": other.pk, "administrator": ana.pk}
    save_person(sonia, ana, formset("administrations", forged, initial=1))
    forged = {"id": row.pk, "company": acme.pk, "administrator": eve.pk}
    save_company(sonia, acme, formset("administrations", forged, initial=1))
    row.refresh_from_db()
    assert (row.administrator, row.company) == (ana, acme)


@pytest.mark.parametrize("page", ["company", "administrator"])
def test_s11_a_removal_takes_effect_at_once_and_the_person_is_notified(
    acme: Company, ana: Administrator, sonia: User, page: str
) -> None:
    removed = rows(ana.administrations.all(), DELETE="on")
    if page == "company":
        save_company(sonia, acme, removed)
    else:
        save_person(sonia, ana, removed)
    assert not administers(ana, acme)
    assert notices() == TO_ANA
    change = ContactChange.objects.get()
    assert (change.kind, change.state, change.requested_by) == (Kind.REVOKED, State.APPLIED, sonia)
    assert "ya no puede hacer solicitudes" in Message.objects.get(channel="email").text


def test_s11_a_person_is_notified_when_deactivated_and_the_others_when_activated(
    acme: Company, ana: Administrator, sonia: User
) -> None:
    luis = cast.make_administrator(acme, phone="+593960000001", email="luis@acme.example", names="Luis Paz")
    kept = rows(luis.administrations.all())
    save_person(sonia, luis, {"is_active": "", **kept})
    assert notices() == [("email", "luis@acme.example"), ("sms", "+593960000001")]
    Message.objects.all().delete()
    luis.refresh_from_db()
    save_person(sonia, luis, kept)
    assert notices() == TO_ANA
    kinds = ContactChange.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [Kind.DEACTIVATED, Kind.ACTIVATED]


def test_s11_an_administrator_is_not_deleted_and_added_again(ana: Administrator) -> None:
    root = signed_in(User.objects.create_superuser("root"))
    assert root.post(f"{ADMINISTRATORS}{ana.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Administrator.objects.filter(pk=ana.pk).exists()


def test_s11_without_the_setting_it_takes_effect_at_once_and_they_are_notified(
    acme: Company, ana: Administrator, bruno: Administrator, sonia: User, settings: Settings
) -> None:
    settings.STAFF_SECOND_PERSON = False
    save_company(
        sonia, acme, rows(ana.administrations.all(), {"company": acme.pk, "administrator": bruno.pk})
    )
    assert administers(bruno, acme)
    assert notices() == TO_ANA
    assert ContactChange.objects.get().state == State.APPLIED


@pytest.mark.django_db(transaction=True)
def test_s11_two_supervisors_confirm_at_once_and_it_is_granted_and_announced_once(
    pending: ContactChange, acme: Company, bruno: Administrator, pedro: User
) -> None:
    marta = User.objects.create_superuser("marta")

    def act(number: int) -> bool:
        try:
            contact_changes.confirm(ContactChange.objects.get(pk=pending.pk), (pedro, marta)[number % 2])
        except contact_changes.ChangeError:
            return False
        return True

    assert sorted(at_once(4, act)) == [False, False, False, True]
    assert administers(bruno, acme)
    assert notices() == TO_ANA


def test_s11_the_desk_s_home_counts_the_changes_that_one_may_confirm(
    pending: ContactChange, sonia: User, pedro: User
) -> None:
    words = "1 cambio de administrador por confirmar"
    assert words in text_of(signed_in(pedro).get("/admin/"))
    assert words not in text_of(signed_in(sonia).get("/admin/"))  # she requested it
    advisor = cast.carla()
    advisor.user_permissions.set(roles.permissions(roles.ADVISOR))
    assert words not in text_of(signed_in(advisor).get("/admin/"))
    decide(pedro, "confirm")
    assert words not in text_of(signed_in(pedro).get("/admin/"))


def test_s11_the_sms_about_a_new_administrator_fits() -> None:
    text = sms.administrator_added()
    assert len(text) <= sms.MAX_SEPTETS
    assert set(text) <= sms.GSM7
    assert "Si no lo pidio, avise" in text
