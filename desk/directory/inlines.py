"""Tables of related rows in which each control has an accessible name (WCAG 1.3.1)."""

from typing import Any

from django import forms
from django.db.models import Field
from django.http import HttpRequest
from unfold.admin import TabularInline

from desk.autocomplete import AutocompleteMixin


class LabelledInline(AutocompleteMixin, TabularInline):
    """Label each control: screen readers do not use the theme's column heading as a label."""

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            # Django wraps the control of a foreign key in a widget that adds buttons
            control: Any = getattr(field.widget, "widget", field.widget)
            control.attrs["aria-label"] = field.label
        return field
