"""`tipo/`: choose among the request types that the portal offers (A7); skipped if there is one."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.access import Caller, administrator_required
from portal.request import current_type, drafts
from portal.request.type_form import TypeForm
from tickets.offer import current_offer


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required(on_expired=drafts.keep)
def request_type(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Show the types by family, or store the chosen one and show its form.

    The request form also posts here when its type is to change: its input becomes a draft.
    """
    offer = current_offer()
    if len(offer.types) < 2:
        return redirect("tickets:request")
    if request.method == "POST" and "submission_key" in request.POST:
        if not drafts.is_untouched(request, caller):
            drafts.keep(request, caller.visitor.phone, cancelled=True)
        return HttpResponseRedirect(reverse("tickets:type"), status=303)
    chosen = current_type.chosen(request, offer) if current_type.was_chosen(request, offer) else None
    if request.method != "POST":
        return render(request, "portal/request/type.html", {"form": TypeForm(offer=offer, chosen=chosen)})
    form = TypeForm(request.POST, offer=offer)
    if not form.is_valid():
        return render(request, "portal/request/type.html", {"form": form}, status=422)
    picked = offer.type_of(form.cleaned_data["request_type"])
    if picked is not None:
        current_type.choose(request, picked)
        drafts.change_type(request, caller, picked.code)
    return HttpResponseRedirect(reverse("tickets:request"), status=303)
