"""The previews at the desk: every message type, in a frame where no script can run."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from notifications import message_types
from notifications.models import Message
from tests.desk.desk import advisor, signed_in, soup, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
SAMPLES = "/admin/notifications/message/plantillas/"


@pytest.fixture
def desk() -> Client:
    return signed_in(advisor())


def test_the_list_leads_to_every_message(desk: Client) -> None:
    links = {str(link["href"]) for link in soup(desk.get(SAMPLES)).select(".desk-files a")}
    assert links == {f"{SAMPLES}{entry.name}/" for entry in message_types.message_types()}


@pytest.mark.parametrize("name", [entry.name for entry in message_types.message_types()])
def test_a_preview_shows_both_parts_and_lets_nothing_run(desk: Client, name: str) -> None:
    entry = message_types.message_type(name)
    assert entry is not None
    response = desk.get(f"{SAMPLES}{name}/")
    assert response.status_code == 200
    assert str(entry.title) in text_of(response)
    frame = soup(response).select_one("iframe")
    if entry.channel == Message.Channel.SMS:
        assert frame is None
        return
    assert frame is not None
    assert 'sandbox=""' in response.content.decode()  # an empty sandbox allows nothing
    assert BeautifulSoup(str(frame["srcdoc"]), "html.parser").h1 is not None


def test_an_unknown_message_type_is_not_found(desk: Client) -> None:
    assert desk.get(f"{SAMPLES}nada/").status_code == 404


def test_opening_a_preview_enqueues_no_mail(desk: Client) -> None:
    desk.get(f"{SAMPLES}ticket_confirmation/")
    assert not Message.objects.exists()
