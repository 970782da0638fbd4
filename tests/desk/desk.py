"""Staff at the desk: Carla the advisor, Sonia the supervisor, and clients signed in as them."""

from typing import Any

from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from desk import roles
from tests import cast

TICKETS = "/admin/tickets/ticket/"


def advisor() -> User:
    user = cast.carla()
    user.user_permissions.set(roles.permissions(roles.ADVISOR))
    return user


def supervisor() -> User:
    user = User.objects.create_user("sonia", first_name="Sonia", is_staff=True)
    user.user_permissions.set(roles.permissions(roles.SUPERVISOR))
    return user


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def soup(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def text_of(response: Any) -> str:
    """Return the text that a person reads, without the names that an icon font draws as icons."""
    page = soup(response)
    for icon in page.select(".material-symbols-outlined"):
        icon.decompose()
    return " ".join(page.get_text(" ").split())


def numbers_listed(response: Any) -> list[int]:
    """Return the ticket numbers that a list shows, in order."""
    cells = soup(response).select("#result_list .field-shown_number")
    return [int(cell.get_text(strip=True)) for cell in cells]


def page_of(number: int) -> str:
    return f"{TICKETS}{number}/change/"


def step_of(number: int, to: str) -> str:
    return f"{TICKETS}{number}/estado/{to}/"
