"""Which passwords the desk accepts, tested through the forms that change one (R5.03, S8)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from demo import prepare
from fidelizacion.system_checks import demo_traces
from tests.desk.desk import signed_in, soup

pytestmark = pytest.mark.django_db

OLD = "la vieja del barrio 1952"
GOOD = "tres monos azules en Loja"


@pytest.fixture
def carla() -> User:
    return User.objects.create_user(
        "carla",
        password=OLD,
        first_name="Carla",
        last_name="Mendieta",
        email="cmendieta@operadora.example",
        is_staff=True,
    )


def change_own(user: User, password: str) -> Any:
    typed = {"old_password": OLD, "new_password1": password, "new_password2": password}
    return signed_in(user).post("/admin/password_change/", typed)


def accepted(user: User, password: str) -> bool:
    response = change_own(user, password)
    user.refresh_from_db()
    assert user.check_password(password) == (response.status_code == 302)
    return user.check_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "corto-pero-no-ma",
        GOOD,
        "Xk9#mPq2vLw8zRt",
        "una frase larga, con espacios, de más de sesenta y cuatro caracteres en total",
    ],
)
def test_r5_03_long_passwords_and_phrases_are_accepted(carla: User, password: str) -> None:
    assert accepted(carla, password)


def test_r5_03_of_a_very_long_password_only_the_beginning_is_searched_for_repetitions(carla: User) -> None:
    """Searching 60,000 characters would occupy a web thread for a minute."""
    assert not accepted(carla, "a" * 128 + GOOD)


@pytest.mark.parametrize("length", [11, 14])
def test_r5_03_fewer_than_15_characters_are_refused(carla: User, length: int) -> None:
    """Only its length is wrong, so only the check of the minimum refuses it."""
    assert not accepted(carla, "Xk9#mPq2vLw8zRt"[:length])


@pytest.mark.parametrize("password", ["manchesterunited", "neworleans12345", "1qaz2wsx3edc4rfv"])
def test_r5_03_passwords_of_the_common_list_are_refused(carla: User, password: str) -> None:
    """They pass the other rules, so only the list refuses them."""
    page = change_own(carla, password)
    assert page.status_code == 200
    assert "demasiado común" in soup(page).get_text()


@pytest.mark.parametrize(
    "password",
    [
        "123456789012",
        "aaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaa",
        "123456789012345",
        "975318642097531864209",
        "998877665544332211",
        "abcdefghijklmnopqrst",
        "qwertyuiopasdfgh",
        "abc123abc123abc123",
        "Lunes1Lunes1Lunes1",
    ],
)
def test_s8_repetitions_runs_and_digits_alone_are_refused(carla: User, password: str) -> None:
    assert not accepted(carla, password)


@pytest.mark.parametrize(
    "password",
    [
        "OperadoraAndina2026",
        "demo-fidelizacion",
        "Gestor.Fidelización.9",
        "Carla.Mendieta.1990",
        "C0ntr4sena2026!!!",
        "password1234567",
    ],
)
def test_s8_words_that_attackers_try_first_are_refused(carla: User, password: str) -> None:
    assert not accepted(carla, password)


def test_s8_a_superuser_cannot_set_a_weak_password_either(carla: User) -> None:
    root = signed_in(User.objects.create_superuser("root"))
    address = f"/admin/auth/user/{carla.pk}/password/"
    for password, status in (("aaaaaaaaaaaaaaaa", 200), (GOOD, 302)):
        typed = {"password1": password, "password2": password, "usable_password": "true"}
        assert root.post(address, typed).status_code == status
    carla.refresh_from_db()
    assert carla.check_password(GOOD)


def test_s8_the_demos_public_password_still_opens_the_demo() -> None:
    """The demo sets it directly; no form accepts it, as the test above shows."""
    prepare.make_staff()
    response = Client().post(
        "/admin/login/", {"username": demo_traces.ADVISOR, "password": demo_traces.PASSWORD}
    )
    assert response.status_code == 302
