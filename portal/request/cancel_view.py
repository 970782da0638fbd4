"""*Cancelar* and *Salir* on the request form: leave, or ask first if input would be lost (A13)."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from otp import session
from portal.access import Caller, administrator_required
from portal.entry.views import sign_out
from portal.request import drafts


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required(on_expired=drafts.keep)
def cancel(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Sign out, or keep the form's input as a draft and ask.

    Continuing with the request restores the draft.
    """
    if request.method == "POST":
        if drafts.is_untouched(request, caller):
            return sign_out(request)
        drafts.keep(request, caller.visitor.phone, cancelled=True)
        return HttpResponseRedirect(reverse("tickets:cancel"), status=303)
    if session.load_draft(request, caller.visitor) is None:
        return redirect("tickets:request")
    return render(request, "portal/request/cancel.html")
