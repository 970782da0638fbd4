"""Access control of the portal: from visitor to administrator, and to a ticket (A20, A21)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse

from companies.caller_query import CallerFacts, CompanyFacts
from companies.directory import LINES_OFFERED, caller_facts, directory
from companies.models import Administrator
from otp import session
from tickets.models import Ticket, TicketQuerySet

P = ParamSpec("P")


@dataclass(frozen=True)
class Caller:
    """A verified visitor and the administrator that the directory has for the phone now."""

    visitor: session.Visitor
    administrator: Administrator
    # Only for pages that ask for it with `company_of`; None while one of several must be picked
    of_company: CompanyFacts | None = None


CompanyOf = Callable[[HttpRequest], int | None]
CallerView = Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]


def administrator_required(
    *, on_expired: session.OnExpired | None = None, company_of: CompanyOf | None = None
) -> Callable[[CallerView[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Guard every page about companies and tickets: a verified phone of an administrator.

    The directory is asked at each request, because rights can be withdrawn. `on_expired` is called
    before the redirect when the verification has expired. `company_of` names the company that a
    request is for: then the caller comes with it, or with the only one.
    """

    def decorate(view: CallerView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @session.visitor_required(on_expired=on_expired)
        @wraps(view)
        def gated(
            request: HttpRequest, visitor: session.Visitor, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            found = _ask(request, visitor.phone, company_of)
            if found is None:
                session.sign_out(request)
                return session.to_entry(request)
            return view(request, Caller(visitor, found.administrator, found.of_company), *args, **kwargs)

        return gated

    return decorate


def _ask(request: HttpRequest, phone: str, company_of: CompanyOf | None) -> CallerFacts | None:
    if company_of is None:
        administrator = directory().administrator(phone)
        return CallerFacts(administrator) if administrator else None
    # A post that registers a ticket shows no services
    return caller_facts(phone, company_of(request), 0 if request.method == "POST" else LINES_OFFERED)


def tickets_of(administrator: Administrator) -> TicketQuerySet:
    """Return the tickets of the companies that the administrator acts for now.

    Rights follow the company (A21): tickets of other administrators are included, and a former
    administrator gets none. Each ticket is loaded with the administrator who made it.
    """
    companies = directory().company_ids(administrator)
    return Ticket.objects.of_companies(companies).select_related("administrator")


def ticket_of(administrator: Administrator, number: int) -> Ticket:
    """Return the ticket. Raises Http404 if it does not exist, or is another company's (R4.22)."""
    ticket = tickets_of(administrator).filter(pk=number).first()
    if ticket is None:
        raise Http404
    return ticket
