"""What the database demands of each channel, and of a line that becomes prepaid (A10)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests import cast
from tickets.models import Ticket, TicketLine

pytestmark = pytest.mark.django_db

PROSPECT = {
    "relation": "prospect",
    "administrator": None,
    "company": None,
    "verified_phone": "",
    "verified_by": "email",
}


def refused(**changes: Any) -> bool:
    try:
        with transaction.atomic():
            cast.make_ticket(**changes)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    "changes",
    [
        {"administrator": None},
        {"company": None},
        {"verified_phone": ""},
        {"verified_by": ""},
        {"verified_by": "email"},
        {"relation": "holder"},  # with a verified phone, but not as an administrator
        {**PROSPECT, "verified_by": ""},
        {**PROSPECT, "relation": "administrator"},
        {**PROSPECT, "verified_phone": cast.NOBODY_PHONE},
    ],
    ids=str,
)
def test_a_portal_ticket_is_of_a_verified_person(changes: dict[str, Any]) -> None:
    cast.ana()
    changes = {**changes}
    if changes.get("administrator", 0) is None:
        changes["administrator_id"] = changes.pop("administrator")
    assert refused(**changes)


def test_an_administrator_and_a_prospect_may_ask_in_the_portal() -> None:
    assert not refused()
    assert not refused(**{**PROSPECT, "administrator_id": PROSPECT["administrator"]})


@pytest.mark.parametrize("channel", ["phone", "email", "centre"])
def test_staff_who_register_a_ticket_are_on_record(channel: str) -> None:
    asks = {"channel": channel, "relation": "holder", "verified_phone": "", "verified_by": ""}
    assert refused(**asks)
    assert not refused(**asks, registered_by=User.objects.create_user("carla"))


def test_only_prospects_and_third_persons_have_no_company() -> None:
    asks = {"channel": "api", "company": None, "verified_phone": "", "verified_by": ""}
    for relation in Ticket.Relation.values:
        assert refused(**asks, relation=relation) == (relation not in {"prospect", "third_party"})


def test_notice_is_not_given_after_the_ticket_is_registered() -> None:
    now = timezone.now()
    assert refused(registered_at=now, notice_at=now + timedelta(seconds=1))
    assert not refused(registered_at=now, notice_at=now - timedelta(days=2))


def test_a_line_is_in_a_ticket_once_and_a_prepaid_one_has_a_holder() -> None:
    ticket = cast.make_ticket()
    line = TicketLine.objects.create(ticket=ticket, position=1, number="0991112223")
    prepaid = {"ticket": ticket, "position": 2, "number": "0991112224", "action": "prepaid"}
    for wrong in (
        {"ticket": ticket, "position": 2, "number": line.number},
        prepaid,
        {**prepaid, "holder_tax_id": "1710034065"},
        {**prepaid, "holder_name": "Eva Mora"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            TicketLine.objects.create(**wrong)
    TicketLine.objects.create(**prepaid, holder_tax_id="1710034065", holder_name="Eva Mora")
