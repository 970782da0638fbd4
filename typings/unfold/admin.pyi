# The part of django-unfold that is used here: it ships no types, and its admin classes are Django's
# with another look.

from typing import Any

from django.contrib import admin

class ModelAdmin(admin.ModelAdmin[Any]):
    compressed_fields: bool
    list_filter_sheet: bool
    list_filter_submit: bool
    change_form_show_cancel_button: bool

class TabularInline(admin.TabularInline[Any, Any]):
    hide_title: bool
    per_page: int | None
    show_count: bool
    tab: bool

class StackedInline(admin.StackedInline[Any, Any]):
    hide_title: bool
    per_page: int | None
    show_count: bool
    tab: bool
