"""Changing a ticket's status at the desk. A note typed is never lost to somebody else's change."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from desk.tickets.messages import notice_result
from desk.tickets.page import COLOURS, Step, step
from tickets import workflow
from tickets.models import Ticket


class StatusForm(forms.Form):
    """The note, and the version of the ticket that the advisor was looking at (R5.08)."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Nota interna"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "aria-describedby": "note-hint"}),
        error_messages={"required": _("Escriba la nota: queda en el historial y explica el cambio.")},
    )

    tell = forms.BooleanField(
        label=_("Avisar al cliente por correo"), required=False, widget=UnfoldBooleanWidget
    )
    customer_note = forms.CharField(
        label=_("Nota para el cliente"),
        max_length=1000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "aria-describedby": "customer-note-hint"}),
    )

    def __init__(self, *args: Any, needs_note: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = needs_note

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("customer_note") and not values.get("tell"):
            self.add_error(
                "tell", _("Marque esta casilla para que la nota llegue al cliente, o borre la nota.")
            )
        return values

    def notice(self) -> workflow.Notice | None:
        return workflow.Notice(self.cleaned_data["customer_note"]) if self.cleaned_data["tell"] else None


@dataclass(frozen=True)
class StatusChange:
    """One request to take a ticket to a status, by somebody who may. `page` is what every page of
    the desk needs.
    """

    request: HttpRequest
    user: User
    ticket: Ticket
    to: str
    page: dict[str, Any]

    def respond(self) -> HttpResponse:
        """GET asks for the note; POST makes the change."""
        found = step(self.ticket.status, self.to)
        if self.request.method == "POST":
            return self._change(found)
        if found is None:
            return self._not_allowed()
        # A step that needs no note is taken from the ticket's page itself; whoever comes here for
        # one chose to tell
        initial = {"version": self.ticket.version, "tell": not found.needs_note}
        form = StatusForm(needs_note=found.needs_note, initial=initial)
        return self._form(found, form)

    def _change(self, found: Step | None) -> HttpResponse:
        form = StatusForm(self.request.POST, needs_note=found is not None and found.needs_note)
        valid = form.is_valid()
        if valid and form.cleaned_data["version"] != self.ticket.version:
            return self._conflict(form.cleaned_data)
        if found is None:
            return self._not_allowed()
        if not valid:
            return self._form(found, form, status=422)
        try:
            workflow.change_status(self.ticket, self.to, self.user, form.cleaned_data["note"], form.notice())
        except workflow.Conflict:
            self.ticket.refresh_from_db()
            return self._conflict(form.cleaned_data)
        told = gettext("La solicitud quedó en estado «%s».")
        messages.success(self.request, told % self.ticket.get_status_display())
        if form.cleaned_data["tell"]:
            messages.success(self.request, notice_result(self.ticket))
        return self._to_ticket()

    def _conflict(self, typed: dict[str, Any]) -> HttpResponse:
        """Tell what happened; where something was typed, give it back on a form that fits the new
        state.
        """
        told = gettext(
            "Otra persona cambió esta solicitud mientras usted la leía: ahora está en estado «%s»."
        )
        messages.error(self.request, told % self.ticket.get_status_display())
        if not typed["note"] and not typed["tell"]:
            return self._to_ticket()
        form = StatusForm(needs_note=True, initial={**typed, "version": self.ticket.version})
        return self._form(step(self.ticket.status, self.to), form, status=409)

    def _not_allowed(self) -> HttpResponse:
        told = gettext("Ese cambio no corresponde: la solicitud está en estado «%s».")
        messages.error(self.request, told % self.ticket.get_status_display())
        return self._to_ticket()

    def _form(self, found: Step | None, form: StatusForm, status: int = 200) -> HttpResponse:
        label = found.label if found else _("Sin cambios")
        context = {
            **self.page,
            "title": gettext("%(label)s: ticket n.º %(number)s")
            % {"label": label, "number": self.ticket.number},
            "original": self.ticket,
            "ticket": self.ticket,
            "status_colour": COLOURS[Ticket.Status(self.ticket.status)],
            "step": found,
            "form": form,
        }
        return TemplateResponse(self.request, "desk/status.html", context, status=status)

    def _to_ticket(self) -> HttpResponse:
        return redirect("admin:tickets_ticket_change", self.ticket.number)
