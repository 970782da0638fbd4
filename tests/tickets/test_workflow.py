"""Only `workflow` changes a status, each change once, and the history records it (R5.08)."""

import pytest
from django.db import IntegrityError, transaction

from audit.append_only import AppendOnlyError
from tests import cast
from tickets.models import Ticket, TicketEvent
from tickets.workflow import Conflict, NotAllowed, allowed_from, change_status

pytestmark = pytest.mark.django_db
NEW, IN_PROGRESS, CLOSED = Ticket.Status.NEW, Ticket.Status.IN_PROGRESS, Ticket.Status.CLOSED
STEPS = [(NEW, IN_PROGRESS), (NEW, CLOSED), (IN_PROGRESS, CLOSED), (CLOSED, IN_PROGRESS)]


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_an_allowed_change_is_made_and_recorded(before: str, after: str) -> None:
    ticket, carla = cast.make_ticket(status=before), cast.carla()
    change_status(ticket, after, carla, "Hablé con la cliente")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.version) == (after, 1)
    event = ticket.events.get()
    assert (event.from_status, event.to_status, event.note) == (before, after, "Hablé con la cliente")
    assert (event.actor, event.actor_name) == (carla, "Carla")


@pytest.mark.parametrize(
    ("before", "after"), [(a, b) for a in Ticket.Status for b in (*Ticket.Status, "x") if (a, b) not in STEPS]
)
def test_r5_08_any_other_change_is_refused(before: str, after: str) -> None:
    ticket = cast.make_ticket(status=before)
    with pytest.raises(NotAllowed):
        change_status(ticket, after, cast.carla())
    ticket.refresh_from_db()
    assert (ticket.status, ticket.events.count()) == (before, 0)


def test_r5_08_the_second_of_two_advisors_gets_a_conflict() -> None:
    carla, number = cast.carla(), cast.make_ticket().number
    first, second = Ticket.objects.get(pk=number), Ticket.objects.get(pk=number)
    change_status(first, CLOSED, carla)
    with pytest.raises(Conflict):
        change_status(second, CLOSED, carla)
    assert second.events.count() == 1


def test_r5_08_a_ticket_reopened_meanwhile_is_not_the_one_that_was_read() -> None:
    """Closing and reopening restores the status, but not the version."""
    carla, number = cast.carla(), cast.make_ticket(status=IN_PROGRESS).number
    stale, current = Ticket.objects.get(pk=number), Ticket.objects.get(pk=number)
    change_status(current, CLOSED, carla)
    change_status(current, IN_PROGRESS, carla)
    with pytest.raises(Conflict):
        change_status(stale, CLOSED, carla)


def test_the_statuses_that_may_follow_are_listed() -> None:
    assert allowed_from(NEW) == (IN_PROGRESS, CLOSED)
    assert allowed_from("unheard of") == ()


def test_history_is_never_rewritten() -> None:
    change_status(cast.make_ticket(), CLOSED, cast.carla())
    event = TicketEvent.objects.get()
    event.note = "otra cosa"
    rewriting = (
        event.save,
        event.delete,
        TicketEvent.objects.all().delete,
        lambda: TicketEvent.objects.update(note=""),
        lambda: TicketEvent.objects.bulk_update([event], ["note"]),
    )
    for attempt in rewriting:
        with pytest.raises(AppendOnlyError):
            attempt()
    twin = TicketEvent(pk=event.pk, ticket=event.ticket, at=event.at, actor_name="otra", to_status=CLOSED)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()
    assert (TicketEvent.objects.get().note, TicketEvent.objects.get().actor_name) == ("", event.actor_name)
