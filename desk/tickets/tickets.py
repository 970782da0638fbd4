"""The list and page of tickets at the desk.

What the customer confirmed cannot be edited. The only forms change a ticket's status, and set its
effective date if the rules could not compute it.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from desk.keys import may_be_key
from desk.lists import LargeListAdmin
from desk.read_only import ReadOnly
from desk.tickets import downloads, lines, page, search
from desk.tickets.date import DateChange
from desk.tickets.messages import ConfirmationFilter
from desk.tickets.status import StatusChange
from notifications import local_time
from tickets.emails import confirmation_status
from tickets.models import Ticket


class EffectiveDateFilter(admin.SimpleListFilter):
    """Filter by effective date; a ticket whose date is past should be closed."""

    title = _("fecha efectiva")
    parameter_name = "efectiva"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("pasada", _("Ya pasó")),
            ("vencida", _("Ya pasó, sin cerrar")),
            ("7", _("En los próximos 7 días")),
            ("30", _("En los próximos 30 días")),
            ("sin", _("Sin fecha")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today, chosen = timezone.localdate(), self.value()
        if chosen == "pasada":
            return queryset.filter(effective_date__lt=today)
        if chosen == "vencida":
            return queryset.filter(effective_date__lt=today).exclude(status=Ticket.Status.CLOSED)
        if chosen in {"7", "30"}:
            return queryset.filter(effective_date__range=(today, today + timedelta(days=int(chosen))))
        return queryset.filter(effective_date=None) if chosen == "sin" else queryset


@lru_cache(maxsize=32)
def _status_label(status: str, unconfirmed: bool, _language: str | None) -> str:
    """Render a label, once for all rows that have the same."""
    shown = Ticket.Status(status)
    context = {"status": shown.label, "colour": page.COLOURS[shown], "unconfirmed": unconfirmed}
    return render_to_string("desk/ticket_state.html", context)


@admin.register(Ticket)
class TicketAdmin(ReadOnly, LargeListAdmin):
    list_display = [
        "shown_number",
        "status_label",
        "effective_day",
        "company_name",
        "company_tax_id",
        "requester",
        "reason_text",
        "confirmed",
    ]
    list_display_links = ["shown_number"]
    list_filter = [
        "status",
        ConfirmationFilter,
        "reason",
        "request_type",
        EffectiveDateFilter,
        "registered_at",
    ]
    search_fields = ["number"]
    search_help_text = _("Número, RUC, teléfono, correo o empresa")

    @display(description=_("ticket n.º"), ordering="number")
    def shown_number(self, ticket: Ticket) -> str:
        return str(ticket.number)  # without a thousands separator, as the customer reads it

    @display(description=_("estado"), ordering="status")
    def status_label(self, ticket: Ticket) -> str:
        """Show the status, with a mark if the confirmation failed.

        `get_changelist_instance` sets `unconfirmed`.
        """
        return _status_label(ticket.status, getattr(ticket, "unconfirmed", False), get_language())

    @display(description=_("fecha efectiva"), ordering="effective_date", empty_value="—")
    def effective_day(self, ticket: Ticket) -> str | None:
        return date_format(ticket.effective_date, "j b Y") if ticket.effective_date else None

    @display(description=_("solicitante"), ordering="requester_name")
    def requester(self, ticket: Ticket) -> str:
        return ticket.requester_name

    @display(description=_("confirmada"), ordering="registered_at")
    def confirmed(self, ticket: Ticket) -> str:
        return local_time.short(ticket.registered_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("details", "effective_terms")

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Mark the tickets whose confirmation failed, with one query for the whole page."""
        changelist = super().get_changelist_instance(request)
        listed = list(changelist.result_list)
        failed = confirmation_status.undelivered_among(ticket.number for ticket in listed)
        for ticket in listed:
            ticket.unconfirmed = ticket.number in failed
        changelist.result_list = listed
        return changelist

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search.search(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("adjunto/<int:pk>/", view(downloads.download), name="tickets_attachment_download"),
            path("<int:number>/estado/<slug:to>/", view(self.status_view), name="tickets_ticket_status"),
            path("<int:number>/lineas.xlsx", view(lines.sheet), name="tickets_ticket_lines"),
            path("<int:number>/fecha/", view(self.date_view), name="tickets_ticket_date"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a page without a form instead of Django's, and refuse every POST (R5.07)."""
        if request.method not in {"GET", "HEAD"} or not self.has_view_permission(request):
            raise PermissionDenied
        ticket = self._ticket(object_id)
        context = {
            **self._page(request),
            **page.context(ticket, request.user, request.GET),
            "original": ticket,
            "title": gettext("Ticket n.º %s") % ticket.number,
        }
        return TemplateResponse(request, "desk/ticket.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the history on the ticket's page; Django's own log has no entries for tickets."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect(reverse("admin:tickets_ticket_change", args=[object_id]) + "#historial")

    def status_view(self, request: HttpRequest, number: int, to: str) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        if to not in Ticket.Status.values:
            raise Http404
        return StatusChange(request, user, self._ticket(str(number)), to, self._page(request)).respond()

    def date_view(self, request: HttpRequest, number: int) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        return DateChange(request, user, self._ticket(str(number)), self._page(request)).respond()

    def _page(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    @staticmethod
    def _ticket(number: str) -> Ticket:
        """Return the ticket or raise Http404. The caller must check the user's permission first."""
        if not may_be_key(number):
            raise Http404
        return get_object_or_404(Ticket.objects.select_related("company"), number=int(number))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tickets.view_ticket")
