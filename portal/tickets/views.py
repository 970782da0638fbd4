"""Pages for verified visitors: company picker, ticket, list of tickets (A6, A14, A20, A21)."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from companies.directory import directory
from otp import session
from portal import current_company
from portal.access import Caller, administrator_required, ticket_of, tickets_of
from portal.request import current_type
from portal.request.forms import CompanyForm
from tickets.emails import confirmation_status, emails
from tickets.models import Attachment
from tickets.offer import current_offer

SEE_OTHER = 303
MAX_LISTED = 100  # the newest tickets; customers ask the advisor for older ones


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required()
def company(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Pick one of several companies; with only one, go to the form."""
    companies = directory().companies(caller.administrator)
    if len(companies) == 1:
        return redirect(current_type.start(request, current_offer()))
    form = CompanyForm(request.POST if request.method == "POST" else None, companies=companies)
    if form.is_valid():
        current_company.pick(request, form.chosen())
        session.delete_draft(request)  # the input was for another company
        return HttpResponseRedirect(current_type.start(request, current_offer()), status=SEE_OTHER)
    context = {"form": form, "companies": companies}
    return render(request, "portal/request/company.html", context, status=422 if form.is_bound else 200)


@require_safe
@administrator_required()
def ticket(request: HttpRequest, caller: Caller, number: int) -> HttpResponse:
    """Show a ticket: its status, or the result screen to the caller who just confirmed it."""
    found = ticket_of(caller.administrator, number)
    by_caller = found.administrator_id == caller.administrator.pk
    context = {
        "ticket": found,
        "terms": found.terms,
        "attachments": found.documents,
        "lines": list(found.lines.all()),
        "by_caller": by_caller,
        "undelivered": confirmation_status.undelivered_among([number]).get(number),
        "withheld": emails.withheld(found),
    }
    if by_caller and request.GET.get("creado") == "1":
        registered = caller.administrator.email  # also mailed if the form has another address (A15)
        other = registered if registered.casefold() != found.email.casefold() else ""
        return render(request, "portal/tickets/created.html", {**context, "registered_email": other})
    quarantined = any(document.scan == Attachment.Scan.INFECTED for document in found.documents)
    return render(
        request,
        "portal/tickets/ticket.html",
        {**context, "events": found.events.all(), "quarantined": quarantined},
    )


@require_safe
@administrator_required()
def ticket_list(request: HttpRequest, caller: Caller) -> HttpResponse:
    """List the newest tickets of the caller's companies, of any administrator (A21)."""
    tickets = list(tickets_of(caller.administrator)[:MAX_LISTED])
    undelivered = confirmation_status.undelivered_among(ticket.number for ticket in tickets)
    context = {"tickets": tickets, "caller": caller.administrator, "undelivered": undelivered}
    return render(request, "portal/tickets/list.html", context)
