"""The PIN check at the desk: who is made to wait after too many wrong codes, to read; and the network's switch.

Challenges are not shown at all: a nonce and the pepper make the code, and what is left of a row once they are out
(a number, a time) tells staff nothing about a person that the ticket does not.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from companies import phones
from companies.search_terms import phone_of
from otp.models import NetworkSwitch, PhoneGuard


@admin.register(PhoneGuard)
class PhoneGuardAdmin(ModelAdmin):
    list_display = ["shown_phone", "failures", "locks", "locked_until"]
    fields = ["shown_phone", "failures", "locks", "locked_until"]
    list_per_page = 50
    paginator = InfinitePaginator
    show_full_result_count = False
    actions = None
    search_fields = ["phone"]
    search_help_text = _("Número móvil")

    @display(description=_("número móvil"))
    def shown_phone(self, guard: PhoneGuard) -> str:
        return phones.display(guard.phone)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.filter(phone=phone_of(search_term)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(NetworkSwitch)
class NetworkSwitchAdmin(ModelAdmin):
    """One row, to switch on and off (R2.13); the record's own history tells who did, and when."""

    list_display = ["__str__", "enabled"]
    fields = ["enabled"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
