"""Set a ticket's effective date at the desk, if the rules could not compute it (P6)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from desk.tickets.messages import notice_result
from tickets import workflow
from tickets.models import Ticket

MAX_DELAY = timedelta(days=366)  # after the confirmation; in a later date the year is mistyped


class DateForm(forms.Form):
    """The date, its reason, and the version of the ticket that the advisor was reading (R5.08)."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    day = forms.DateField(
        label=_("Fecha efectiva"),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date", "aria-describedby": "day-hint"}),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"required": _("Elija la fecha."), "invalid": _("Escriba la fecha así: 31/12/2026.")},
    )
    note = forms.CharField(
        label=_("Motivo"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "aria-describedby": "note-hint"}),
        error_messages={"required": _("Escriba el motivo: queda en el historial y explica la fecha.")},
    )
    customer_note = forms.CharField(
        label=_("Nota para el cliente"),
        max_length=1000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-describedby": "customer-note-hint"}),
    )

    def __init__(self, ticket: Ticket, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earliest = timezone.localdate(ticket.registered_at)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not self.earliest <= day <= self.earliest + MAX_DELAY:
            raise forms.ValidationError(
                _("La fecha va desde el día en que se confirmó la solicitud hasta un año después.")
            )
        return day


@dataclass(frozen=True)
class DateChange:
    """One HTTP request to set a ticket's date, by a user with the permission.

    `page` is the context that every page of the desk needs.
    """

    request: HttpRequest
    user: User
    ticket: Ticket
    page: dict[str, Any]

    def respond(self) -> HttpResponse:
        """Show the form on GET; set the date on POST."""
        if not workflow.may_set_date(self.ticket):
            messages.error(self.request, gettext("La fecha efectiva de esta solicitud no se puede fijar."))
            return self._to_ticket()
        if self.request.method == "POST":
            return self._set_date()
        initial = {"version": self.ticket.version, "day": _iso(self.ticket.effective_date)}
        return self._form(DateForm(self.ticket, initial=initial))

    def _set_date(self) -> HttpResponse:
        form = DateForm(self.ticket, self.request.POST)
        if not form.is_valid():
            return self._form(form, status=422)
        typed = form.cleaned_data
        if typed["version"] != self.ticket.version:
            return self._conflict(typed)
        notice = workflow.Notice(typed["customer_note"])
        try:
            workflow.set_effective_date(self.ticket, typed["day"], self.user, typed["note"], notice)
        except workflow.WorkflowError:
            self.ticket.refresh_from_db()
            return self._conflict(typed)
        messages.success(
            self.request, f"{gettext('La fecha efectiva quedó fijada.')} {notice_result(self.ticket)}"
        )
        return self._to_ticket()

    def _conflict(self, typed: dict[str, Any]) -> HttpResponse:
        """Report that another user has changed the ticket. The form keeps what was typed."""
        text = gettext(
            "Otra persona cambió esta solicitud mientras usted la leía. Revísela y guarde otra vez."
        )
        messages.error(self.request, text)
        initial = {**typed, "day": _iso(typed["day"]), "version": self.ticket.version}
        return self._form(DateForm(self.ticket, initial=initial), status=409)

    def _form(self, form: DateForm, status: int = 200) -> HttpResponse:
        context = {
            **self.page,
            "title": gettext("Fecha efectiva: ticket n.º %s") % self.ticket.number,
            "original": self.ticket,
            "ticket": self.ticket,
            "form": form,
        }
        return TemplateResponse(self.request, "desk/date.html", context, status=status)

    def _to_ticket(self) -> HttpResponse:
        return redirect("admin:tickets_ticket_change", self.ticket.number)


def _iso(day: date | None) -> str:
    """Format a date for the value of a browser's date field."""
    return day.isoformat() if day else ""
