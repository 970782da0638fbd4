"""Every page and mail shows times in `TIME_ZONE`, and names that zone correctly (P5)."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from notifications.models import Message
from tests import cast
from tests.desk.desk import page_of, signed_in, supervisor
from tests.desk.desk import text_of as desk_text
from tests.tickets.portal_client import filled_form, text_of, visitor
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "1 de diciembre de 2026, 20:01 (hora UTC)"),
        ("America/Guayaquil", "1 de diciembre de 2026, 15:01 (hora de Ecuador)"),
    ],
)
@time_machine.travel(datetime(2026, 12, 1, 20, 1, tzinfo=UTC), tick=False)
def test_design_24_the_time_and_the_name_of_its_zone_agree(settings: Any, zone: str, shown: str) -> None:
    settings.TIME_ZONE = zone
    client = visitor(cast.ana())
    filled_form(client).post()
    number = Ticket.objects.get().number
    assert shown in text_of(client.get(f"/fidelizacion/ticket/{number}/"))
    assert shown in text_of(filled_form(client).post()), "the notice of a repeated request"
    assert shown in Message.objects.get(dedup_key=f"ticket:{number}:client").text
    desk = desk_text(signed_in(supervisor()).get(page_of(number)))
    assert shown.replace(" (", ":00 (") in desk
    assert ("hora de Ecuador" in desk) is (zone == "America/Guayaquil")
