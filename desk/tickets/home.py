"""*Inicio* at the desk: what waits for somebody to take it, what the advisor took, what did not
arrive.

As many queries for a full desk as for an empty one; a list ends where an advisor's eye would, and
its link goes on.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import Message
from operations import queue_metrics
from tickets.emails import confirmation_status
from tickets.models import Ticket, TicketEvent

Status = Ticket.Status
MOST = 10
SOON = timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """An open ticket, and how pressing its effective date is."""

    ticket: Ticket
    mark: str | Promise
    colour: str
    lacks_proof: bool


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme's hook (UNFOLD, DASHBOARD_CALLBACK). Who may not see tickets gets the list of pages
    alone.
    """
    if request.user.has_perm("tickets.view_ticket"):
        context["home"] = _home(request.user)
    return context


def _home(user: User | AnonymousUser) -> dict[str, Any]:
    new = list(_pressing_first(Ticket.objects.filter(status=Status.NEW))[:MOST])
    mine = list(_pressing_first(_taken_by(user))[:MOST])
    lacking = confirmation_status.undelivered_among(ticket.number for ticket in (*new, *mine))
    may_see_messages = user.has_perm("notifications.view_message")
    stuck, held = queue_metrics.count_stuck_and_held() if may_see_messages else (0, 0)
    return {
        **_counts(),
        "new": [_row(ticket, lacking) for ticket in new],
        "mine": [_row(ticket, lacking) for ticket in mine],
        "lacking_count": confirmation_status.undelivered_confirmations()
        .order_by()
        .values("subject_ref")
        .distinct()
        .count(),
        "held_count": held,
        "stuck_count": stuck,
    }


def _counts() -> dict[str, int]:
    open_tickets = Ticket.objects.filter(status__in=[Status.NEW, Status.IN_PROGRESS])
    return open_tickets.aggregate(
        new_count=Count("pk", filter=Q(status=Status.NEW)),
        in_progress_count=Count("pk", filter=Q(status=Status.IN_PROGRESS)),
        overdue_count=Count("pk", filter=Q(effective_date__lt=timezone.localdate())),
    )


def _taken_by(user: User | AnonymousUser) -> QuerySet[Ticket]:
    """Those in progress that this user took, or reopened, and nobody after."""
    taken = TicketEvent.objects.filter(ticket=OuterRef("pk"), to_status=Status.IN_PROGRESS).exclude(
        from_status=Status.IN_PROGRESS
    )
    taker = Subquery(taken.order_by("-pk").values("actor")[:1])
    return Ticket.objects.filter(status=Status.IN_PROGRESS).alias(taker=taker).filter(taker=user.pk)


def _pressing_first(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """One without a date first: somebody has to set it. Of those of one day the oldest."""
    ordered = tickets.order_by(F("effective_date").asc(nulls_first=True), "number")
    return ordered.defer("details", "effective_terms")


def _row(ticket: Ticket, lacking: dict[int, Message]) -> Row:
    mark: str | Promise = ""
    colour, today = "", timezone.localdate()
    if ticket.effective_date is None:
        mark, colour = _("Sin fecha"), "warning"
    elif ticket.effective_date < today:
        mark, colour = _("Ya pasó"), "danger"
    elif ticket.effective_date <= today + SOON:
        mark, colour = _("En 7 días o menos"), "warning"
    return Row(ticket, mark, colour, ticket.number in lacking)
