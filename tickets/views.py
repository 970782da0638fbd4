"""The portal's pages past the gate: pick a company, ask, and see what was asked (A6-A14, A20)."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from companies.directory import directory
from otp import gate
from tickets import choice
from tickets.access import Caller, administrator_required, ticket_of
from tickets.forms import CompanyForm
from tickets.models import Attachment, Ticket

SEE_OTHER = 303
LISTED = 100  # the newest; whoever has more looks an older one up with the advisor


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required()
def company(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Pick one of several companies; with only one there is nothing to pick."""
    companies = directory().companies(caller.administrator)
    if len(companies) == 1:
        return redirect("tickets:request")
    form = CompanyForm(request.POST if request.method == "POST" else None, companies=companies)
    if form.is_valid():
        choice.pick(request, form.chosen())
        gate.drop_kept(request)  # it was typed for another company
        return HttpResponseRedirect(reverse("tickets:request"), status=SEE_OTHER)
    context = {"form": form, "companies": companies}
    return render(request, "tickets/company.html", context, status=422 if form.is_bound else 200)


@require_safe
@administrator_required()
def ticket(request: HttpRequest, caller: Caller, number: int) -> HttpResponse:
    """A ticket of the caller's: the result screen right after confirming, its status later."""
    found = ticket_of(caller.administrator, number)
    context = {"ticket": found, "terms": found.terms, "attachments": found.documents}
    if request.GET.get("creado") == "1":
        registered = caller.administrator.email
        differs = registered.casefold() != found.email.casefold()
        return render(request, "tickets/created.html", {**context, "registered_email": registered if differs else ""})
    set_apart = any(document.scan == Attachment.Scan.INFECTED for document in found.documents)
    return render(request, "tickets/ticket.html", {**context, "events": found.events.all(), "set_apart": set_apart})


@require_safe
@administrator_required()
def ticket_list(request: HttpRequest, caller: Caller) -> HttpResponse:
    tickets = Ticket.objects.of(caller.administrator)[:LISTED]
    return render(request, "tickets/list.html", {"tickets": tickets})
