"""Desk pages of request types (with their questions, documents, reasons and texts), reasons, areas
and calendar days.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import ManyToManyField, Model, ProtectedError, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from desk.directory.inlines import LabelledInline
from desk.lists import ModelAdmin
from desk.tickets.request_type_form import (
    GROUPS,
    PREFIX,
    QuestionForm,
    QuestionFormSet,
    RequestTypeForm,
    shown_words,
)
from tickets.models import (
    Area,
    CalendarDay,
    Reason,
    RequestField,
    RequestType,
    RequiredDocument,
    Ticket,
)


class DeleteUnusedOnly(ModelAdmin):
    """Base for rows that tickets refer to. A row in use can be deactivated but not deleted (A8)."""

    def in_use(self, obj: Model) -> bool:
        """Return whether a ticket refers to the row."""
        raise NotImplementedError

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse a row in use here, because Django's page would list every ticket that uses it."""
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_delete_permission(request, obj):
            return super().delete_view(request, object_id, extra_context)
        try:
            if not self.in_use(obj):
                return super().delete_view(request, object_id, extra_context)
        except ProtectedError:  # a ticket began to use it after the check
            pass
        messages.error(
            request,
            _(
                "«%s» está en uso en solicitudes registradas y no se puede eliminar. Para retirarlo, deje de ofrecerlo."
            )
            % obj,
        )
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)


class ReasonInline(LabelledInline):
    model = Reason
    extra = 0
    can_delete = False  # a reason is deleted on its page, which checks whether tickets use it


class QuestionInline(StackedInline):
    """Questions can be retired but not deleted, because conditions and drafts may name them."""

    model = RequestField
    form = QuestionForm
    formset = QuestionFormSet
    extra = 0
    can_delete = False
    fields = [
        "label",
        ("name", "position"),
        ("kind", "choices"),
        "hint",
        ("shown_if", "shown_values"),
        ("is_required", "is_active"),
        "is_personal",
    ]


class DocumentInline(LabelledInline):
    model = RequiredDocument  # nothing refers to one, so it can be deleted
    extra = 0


@admin.register(Area)
class AreaAdmin(ModelAdmin):
    """Areas of the operator that a request type notifies besides the advisor (D6).

    Deactivate an area to stop its notices. It is not deleted, because messages refer to it.
    """

    list_display = ["name", "email", "is_active"]
    list_filter = ["is_active"]


@admin.register(RequestType)
class RequestTypeAdmin(DeleteUnusedOnly):
    form = RequestTypeForm
    list_display = ["name", "family", "offered", "effective_rule"]
    list_filter = ["family", "in_portal"]
    inlines = [QuestionInline, DocumentInline, ReasonInline]
    formfield_overrides = {ManyToManyField: {"widget": UnfoldAdminCheckboxSelectMultipleWidget}}
    fieldsets = [
        (None, {"fields": [("name", "code"), ("family", "position"), "description"]}),
        (_("Quién la pide"), {"fields": ["in_portal", "in_public_form", "in_desk"]}),
        (_("Qué se pide"), {"fields": ["asks_reason", "asks_lines", "allows_prepaid"]}),
        (
            _("Fecha efectiva"),
            {"fields": ["effective_rule", ("notice_days", "working_days"), "ceiling_days"]},
        ),
        (
            _("Tiempos de atención"),
            {
                "fields": [("first_response_hours", "next_response_hours", "resolution_hours")],
                "description": _("En horas laborables. Vacío: sin plazo."),
            },
        ),
        (_("Áreas que se avisan"), {"fields": ["areas"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the texts of the type: a field for each, or plain text if the page is read-only."""
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            return [*self.fieldsets, (_("Textos"), {"fields": ["shown_words"]})]
        texts = [
            (title, {"fields": [PREFIX + key for key in keys], "classes": ["collapse"]})
            for title, keys in GROUPS
        ]
        return [*self.fieldsets, *texts]

    @display(description=_("se ofrece en"))
    def offered(self, request_type: RequestType) -> str | None:
        return ", ".join(request_type.offered_in) or None

    @display(description=_("textos"))
    def shown_words(self, request_type: RequestType) -> str:
        return shown_words(request_type)

    def in_use(self, obj: Model) -> bool:
        return Ticket.objects.filter(Q(request_type=obj.pk) | Q(reason__request_type=obj.pk)).exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Other records and programs refer to the type by its code
        return ["code", "shown_words"] if obj else ["shown_words"]


@admin.register(Reason)
class ReasonAdmin(DeleteUnusedOnly):
    list_display = ["text", "request_type", "is_active", "position"]
    list_select_related = ["request_type"]
    list_filter = ["is_active", "request_type"]

    def in_use(self, obj: Model) -> bool:
        return Ticket.objects.filter(reason=obj.pk).exists()


@admin.register(CalendarDay)
class CalendarDayAdmin(ModelAdmin):
    """Days that operations or supervisors add to the law's calendar, or take from it (F8)."""

    list_display = ["shown_day", "is_working", "reason"]
    list_filter = ["is_working"]
    search_fields = ["reason"]

    @display(description=_("día"), ordering="day")
    def shown_day(self, row: CalendarDay) -> str:
        return date_format(row.day, r"l j \d\e F \d\e Y")
