"""The demo mailbox exists only in demo mode, and only for this machine."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from demo.gateways import DemoGateway
from demo.models import DemoMessage

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
urlpatterns = [path("demo/", include("demo.urls")), path("", include("fidelizacion.urls"))]
PAGES = ["/demo/mensajes/", "/demo/mensajes.json"]


@pytest.fixture(autouse=True)
def _demo(settings: Settings) -> None:
    settings.DEMO = True


def test_the_newest_comes_first_and_each_has_a_different_time(client: Client) -> None:
    for text in ("Codigo 111111", "Codigo 222222"):
        DemoGateway().send("+593991234567", text, seconds_left=300)
    answer = client.get("/demo/mensajes.json")
    items = answer.json()
    assert [item["text"] for item in items] == ["Codigo 222222", "Codigo 111111"]
    assert set(items[0]) == {"channel", "to", "subject", "text", "html", "at"}
    assert items[0]["channel"] == "sms"
    assert len({item["at"] for item in items}) == 2
    assert all("." in item["at"] and datetime.fromisoformat(item["at"]).tzinfo for item in items)
    assert "no-store" in answer["Cache-Control"]


def test_a_whole_second_still_has_its_microseconds(client: Client) -> None:
    moment = datetime.fromisoformat("2026-12-01T12:00:00+00:00")
    DemoMessage.objects.create(channel="sms", to="x", text="y", at=moment)
    assert client.get("/demo/mensajes.json").json()[0]["at"] == "2026-12-01T12:00:00.000000+00:00"


def test_the_page_shows_the_message_as_text(client: Client) -> None:
    DemoGateway().send("+593991234567", "Codigo 111111 <b>", seconds_left=300)
    answer = client.get("/demo/mensajes/")
    assert "Codigo 111111 &lt;b&gt;" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_only_the_newest_200_are_listed(client: Client) -> None:
    for number in range(205):
        DemoGateway().send("+593991234567", str(number), seconds_left=300)
    items = client.get("/demo/mensajes.json").json()
    assert (len(items), items[0]["text"]) == (200, "204")


@pytest.mark.parametrize("page", PAGES)
def test_there_is_no_mailbox_outside_the_demo(client: Client, settings: Settings, page: str) -> None:
    settings.DEMO = False
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "", "unix:", "::ffff:192.0.2.7"])
def test_there_is_no_mailbox_for_another_machine(client: Client, page: str, address: str) -> None:
    forged = {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1"}
    assert client.get(page, headers=forged, REMOTE_ADDR=address).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_the_mailbox_is_read_only(client: Client, page: str) -> None:
    assert client.post(page).status_code in {403, 405}
