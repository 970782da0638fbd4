"""*Inicio*, the desk's home page: new tickets, the user's tickets, counts of what needs attention.

The number of queries does not grow with the number of tickets. Each list is short and ends with a
link to the full one.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.models import Message
from operations.sources import queue_metrics
from staff.models import ContactChange
from tickets.emails import confirmation_status
from tickets.models import Ticket, TicketEvent

Status = Ticket.Status
LIST_LENGTH = 10  # tickets
SOON = timedelta(days=7)
# Larger counts are shown as "more than": counting every row of a long queue takes seconds
EXACT_UP_TO = 1_000
# The conditions of the three counts; the index `ticket_open_by_date` answers each
COUNTED = ("status = %s", "status = %s", "status IN (%s, %s) AND effective_date < %s")


@dataclass(frozen=True)
class TicketRow:
    """An open ticket, the urgency of its effective date, and whether its confirmation failed."""

    ticket: Ticket
    mark: str | Promise
    colour: str
    unconfirmed: bool


@dataclass(frozen=True)
class Count:
    """A number of rows, exact up to `EXACT_UP_TO`."""

    number: int

    def __bool__(self) -> bool:
        return self.number > 0

    def __str__(self) -> str:
        if self.number <= EXACT_UP_TO:
            return number_format(self.number)
        # Translators: in place of a number, as in «más de 1.000 solicitudes»
        return gettext("más de %s") % number_format(EXACT_UP_TO, force_grouping=True)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the content of *Inicio* for a user who may see tickets.

    Other users see only the list of pages. The theme calls this function (DASHBOARD_CALLBACK in
    desk/theme.py).
    """
    user = request.user
    if not user.has_perm("tickets.view_ticket"):
        return context
    new = _most_urgent_first(Ticket.objects.filter(status=Status.NEW))
    mine = _most_urgent_first(_taken_by(user))
    failed = confirmation_status.undelivered_among(ticket.number for ticket in (*new, *mine))
    may_see_messages = user.has_perm("notifications.view_message")
    stuck, held = queue_metrics.count_stuck_and_held() if may_see_messages else (0, 0)
    failed_references = confirmation_status.undelivered_confirmations().order_by().values("subject_ref")
    context["home"] = {
        **_counts(),
        "new": [_row(ticket, failed) for ticket in new],
        "mine": [_row(ticket, failed) for ticket in mine],
        "unconfirmed_count": failed_references.distinct().count(),
        "held_count": held,
        "stuck_count": stuck,
    }
    if user.has_perm("staff.confirm_contactchange"):
        pending = ContactChange.objects.filter(state=ContactChange.State.PENDING)
        # Another person must confirm what this user requested (S11)
        context["home"]["to_confirm_count"] = pending.exclude(requested_by=user.pk).count()
    return context


def _counts() -> dict[str, Count]:
    """Count the new, the open and the overdue tickets in one query, each up to EXACT_UP_TO + 1."""
    table = connection.ops.quote_name(Ticket._meta.db_table)  # noqa: SLF001  Django's public `_meta`
    counted = ", ".join(
        f"(SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE {condition} LIMIT {EXACT_UP_TO + 1}) AS t)"  # noqa: S608
        for condition in COUNTED
    )
    today = connection.ops.adapt_datefield_value(timezone.localdate())
    values = [Status.NEW, Status.IN_PROGRESS, Status.NEW, Status.IN_PROGRESS, today]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counted}", [str(value) for value in values])
        numbers = cursor.fetchone()
    return dict(zip(("new_count", "in_progress_count", "overdue_count"), map(Count, numbers), strict=True))


def _taken_by(user: User | AnonymousUser) -> QuerySet[Ticket]:
    """Return the tickets in progress that this user was the last to take or to reopen."""
    taken = TicketEvent.objects.filter(ticket=OuterRef("pk"), to_status=Status.IN_PROGRESS).exclude(
        from_status=Status.IN_PROGRESS
    )
    taker = Subquery(taken.order_by("-pk").values("actor")[:1])
    return Ticket.objects.filter(status=Status.IN_PROGRESS).alias(taker=taker).filter(taker=user.pk)


def _most_urgent_first(tickets: QuerySet[Ticket]) -> list[Ticket]:
    """Return the first tickets by effective date, then by age; those without a date come first."""
    ordered = tickets.order_by(F("effective_date").asc(nulls_first=True), "number")
    return list(ordered.defer("details", "effective_terms")[:LIST_LENGTH])


def _row(ticket: Ticket, failed: dict[int, Message]) -> TicketRow:
    mark: str | Promise = ""
    colour, today = "", timezone.localdate()
    if ticket.effective_date is None:
        mark, colour = _("Sin fecha"), "warning"
    elif ticket.effective_date < today:
        mark, colour = _("Ya pasó"), "danger"
    elif ticket.effective_date <= today + SOON:
        mark, colour = _("En 7 días o menos"), "warning"
    return TicketRow(ticket, mark, colour, ticket.number in failed)
