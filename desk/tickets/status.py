"""Change a ticket's status at the desk. The note is kept if another user changed it first."""

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
    """The notes, and the version of the ticket that the advisor was reading (R5.08)."""

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
    """One HTTP request to change a ticket's status, by a user with the permission.

    `page` is the context that every page of the desk needs.
    """

    request: HttpRequest
    user: User
    ticket: Ticket
    to: str
    page: dict[str, Any]

    def respond(self) -> HttpResponse:
        """Show the form on GET; change the status on POST."""
        offered = step(self.ticket.status, self.to)
        if self.request.method == "POST":
            return self._change_status(offered)
        if offered is None:
            return self._not_allowed()
        # A step that needs no note has a button on the ticket's page that takes it at once. The
        # link from there to this form promises a notice to the customer, so the box is ticked
        initial = {"version": self.ticket.version, "tell": not offered.needs_note}
        form = StatusForm(needs_note=offered.needs_note, initial=initial)
        return self._form(offered, form)

    def _change_status(self, offered: Step | None) -> HttpResponse:
        form = StatusForm(self.request.POST, needs_note=offered is not None and offered.needs_note)
        valid = form.is_valid()
        if valid and form.cleaned_data["version"] != self.ticket.version:
            return self._conflict(form.cleaned_data)
        if offered is None:
            return self._not_allowed()
        if not valid:
            return self._form(offered, form, status=422)
        try:
            workflow.change_status(self.ticket, self.to, self.user, form.cleaned_data["note"], form.notice())
        except workflow.Conflict:
            self.ticket.refresh_from_db()
            return self._conflict(form.cleaned_data)
        text = gettext("La solicitud quedó en estado «%s».")
        messages.success(self.request, text % self.ticket.get_status_display())
        if form.cleaned_data["tell"]:
            messages.success(self.request, notice_result(self.ticket))
        return self._to_ticket()

    def _conflict(self, typed: dict[str, Any]) -> HttpResponse:
        """Report that another user has changed the ticket. A new form keeps what was typed."""
        text = gettext(
            "Otra persona cambió esta solicitud mientras usted la leía: ahora está en estado «%s»."
        )
        messages.error(self.request, text % self.ticket.get_status_display())
        if not typed["note"] and not typed["tell"]:
            return self._to_ticket()
        form = StatusForm(needs_note=True, initial={**typed, "version": self.ticket.version})
        return self._form(step(self.ticket.status, self.to), form, status=409)

    def _not_allowed(self) -> HttpResponse:
        text = gettext("Ese cambio no corresponde: la solicitud está en estado «%s».")
        messages.error(self.request, text % self.ticket.get_status_display())
        return self._to_ticket()

    def _form(self, offered: Step | None, form: StatusForm, status: int = 200) -> HttpResponse:
        label = offered.label if offered else _("Sin cambios")
        context = {
            **self.page,
            "title": gettext("%(label)s: ticket n.º %(number)s")
            % {"label": label, "number": self.ticket.number},
            "original": self.ticket,
            "ticket": self.ticket,
            "status_colour": COLOURS[Ticket.Status(self.ticket.status)],
            "step": offered,
            "form": form,
        }
        return TemplateResponse(self.request, "desk/status.html", context, status=status)

    def _to_ticket(self) -> HttpResponse:
        return redirect("admin:tickets_ticket_change", self.ticket.number)
