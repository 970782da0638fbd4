"""How long staff stay signed in, what ends a session, and no accounts by default (R5.04, R5.05)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from demo import prepare
from staff import tasks
from staff.models import SignInEvent
from tests.staff.test_sign_in import RIGHT, sign_in

pytestmark = pytest.mark.django_db
NEW = "cuatro búhos pardos en Zaruma"


@pytest.fixture
def carla() -> User:
    return User.objects.create_user("carla", password=RIGHT, is_staff=True)


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.mark.parametrize(("step", "stays"), [(29, True), (31, False)])
def test_r5_04_half_an_hour_without_use_ends_it_and_is_recorded(carla: User, step: int, stays: bool) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        sign_in(client)
        assert is_signed_in(client)
        clock.shift(timedelta(minutes=step))
        assert is_signed_in(client) is stays
    assert SignInEvent.objects.filter(kind=SignInEvent.Kind.EXPIRED, user=carla).count() == (
        0 if stays else 1
    )


def test_r5_04_a_session_ends_after_ten_hours_even_in_use(carla: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        sign_in(client)
        stayed = 0
        while is_signed_in(client):
            clock.shift(timedelta(minutes=20))
            stayed += 20
    assert 600 < stayed <= 620


def test_r5_04_the_session_has_a_new_key_after_signing_in(carla: User) -> None:
    client = Client()
    client.post("/fidelizacion/", {"phone": "0991234567"})  # starts a session of the portal
    before = client.cookies["sessionid"].value
    sign_in(client)
    assert client.cookies["sessionid"].value != before
    old = Client()
    old.cookies["sessionid"] = before
    assert not is_signed_in(old)


def test_r5_04_a_deactivated_account_is_signed_out_at_the_next_click(carla: User) -> None:
    client = Client()
    sign_in(client)
    assert is_signed_in(client)
    User.objects.update(is_active=False)
    assert not is_signed_in(client)


def test_r5_04_a_new_password_ends_the_other_sessions_of_the_account(carla: User) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        sign_in(client)
    typed = {"old_password": RIGHT, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/admin/password_change/", typed).status_code == 302
    assert (is_signed_in(here), is_signed_in(elsewhere)) == (True, False)


def test_r5_02_the_present_password_is_not_guessed_without_limit_where_it_is_changed(carla: User) -> None:
    client = Client()
    sign_in(client)
    typed = {"old_password": "no es esta, seguro que no", "new_password1": NEW, "new_password2": NEW}
    for _ in range(10):  # a browser in which she signed in has a limit of 10
        client.post("/admin/password_change/", typed)
    response = client.post("/admin/password_change/", typed | {"old_password": RIGHT})
    assert "Hubo demasiados intentos" in response.content.decode()
    carla.refresh_from_db()
    assert carla.check_password(RIGHT)
    assert SignInEvent.objects.filter(kind=SignInEvent.Kind.WRONG, user=carla).count() == 10


def test_r8_03_sign_ins_are_kept_two_years(carla: User) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=732)):
        sign_in(Client())
    sign_in(Client())
    tasks.clear_expired()
    assert SignInEvent.objects.count() == 1


def test_r5_05_a_new_installation_has_no_accounts() -> None:
    call_command("migrate", verbosity=0)
    assert not User.objects.exists()


def test_r5_05_only_the_demo_makes_accounts_and_only_as_the_demo(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(SystemExit):
        prepare.prepare()
    assert not User.objects.exists()
