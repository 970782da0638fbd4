"""Who may see what on the portal: the administrator behind a visitor, and the one door to a ticket
(A20, A21).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse

from companies.directory import directory
from companies.models import Administrator
from otp import session
from tickets.models import Ticket, TicketQuerySet

P = ParamSpec("P")


@dataclass(frozen=True)
class Caller:
    """A verified visitor and the administrator that the directory says it is, now."""

    visitor: session.Visitor
    administrator: Administrator


CallerView = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]


def administrator_required(
    *, on_expired: session.OnExpired | None = None
) -> Callable[[CallerView[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """The gate for every page about companies and tickets. Asks the directory each time: rights can
    be withdrawn.
    """

    def decorate(view: CallerView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @session.visitor_required(on_expired=on_expired)
        @wraps(view)
        def gated(
            request: HttpRequest, visitor: session.Visitor, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            administrator = directory().administrator(visitor.phone)
            if administrator is None:
                session.sign_out(request)
                return session.to_entry(request)
            return view(request, Caller(visitor, administrator), *args, **kwargs)

        return gated

    return decorate


def tickets_of(administrator: Administrator) -> TicketQuerySet:
    """The requests of the companies that the administrator acts for now, each with the
    administrator who made it.

    Rights follow the company (A21): the directory is asked each time, so a former administrator
    sees none.
    """
    companies = directory().company_ids(administrator)
    return Ticket.objects.of_companies(companies).select_related("administrator")


def ticket_of(administrator: Administrator, number: int) -> Ticket:
    """The ticket of that number. Raises Http404 alike for
    another company's and for none (R4.22).
    """
    ticket = tickets_of(administrator).filter(pk=number).first()
    if ticket is None:
        raise Http404
    return ticket
