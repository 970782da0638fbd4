"""Rows of a table at the desk whose every cell says what it is: the theme names only the columns
(WCAG 1.3.1).
"""

from typing import Any

from django import forms
from django.db.models import Field
from django.http import HttpRequest
from unfold.admin import TabularInline

from desk.autocomplete import AutocompleteMixin


class LabelledInline(AutocompleteMixin, TabularInline):
    """A table of related rows. A column's heading is no label to a screen reader, so each control
    carries its own.
    """

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            # A related row's control is wrapped in the buttons beside it
            control: Any = getattr(field.widget, "widget", field.widget)
            control.attrs["aria-label"] = field.label
        return field
