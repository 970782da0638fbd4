"""The PIN check at the desk: who waits after too many wrong codes, what happened at the door, and the network's switch.

Challenges are not shown at all: a nonce and the pepper make the code, and what is left of a row once they are out
(a number, a time) tells staff nothing about a person that the ticket does not.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from companies import phones
from companies.search_terms import phone_of
from otp import audit, unlocking
from otp.models import AuditEvent, NetworkSwitch, PhoneGuard


class ReadOnlyAdmin(ModelAdmin):
    """For rows that only the PIN check writes."""

    list_per_page = 50
    paginator = InfinitePaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PhoneGuard)
class PhoneGuardAdmin(ReadOnlyAdmin):
    list_display = ["shown_phone", "failures", "locks", "locked_until"]
    fields = ["shown_phone", "failures", "locks", "locked_until"]
    actions = ["unlock"]
    search_fields = ["phone"]
    search_help_text = _("Número móvil")

    @display(description=_("número móvil"))
    def shown_phone(self, guard: PhoneGuard) -> str:
        return phones.display(guard.phone)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(phone=phone_of(search_term)) if search_term.strip() else queryset), False

    @admin.action(description=_("Levantar la espera"), permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[PhoneGuard]) -> None:
        """R1.07, with an audit row for each number."""
        user = request.user if isinstance(request.user, User) else None
        lifted = sum(unlocking.unlock(guard.phone, user=user) for guard in queryset)
        told = ngettext("Se levantó la espera de %(count)d número.", "Se levantó la de %(count)d números.", lifted)
        messages.success(request, told % {"count": lifted})

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("otp.change_phoneguard")


KIND_COLOURS = {
    AuditEvent.Kind.VERIFIED: "success",
    AuditEvent.Kind.FAILED: "warning",
    AuditEvent.Kind.LOCKED: "danger",
    AuditEvent.Kind.UNLOCKED: "info",
}


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind_label", "method", "result", "shown_phone", "reason", "address", "actor"]
    list_filter = ["kind", "at"]
    actions = None
    fields = ["at", "kind", "method", "result", "shown_phone", "session_hash", "address", "user", "actor", "reason"]
    search_fields = ["phone_hash"]
    search_help_text = _("Número móvil completo, en cualquier forma")

    @display(description=_("qué"), ordering="kind", label=KIND_COLOURS)
    def kind_label(self, event: AuditEvent) -> tuple[str, str]:
        return event.kind, event.get_kind_display()

    @display(description=_("número móvil"))
    def shown_phone(self, event: AuditEvent) -> str:
        return f"…{event.phone_tail}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        phone = phone_of(search_term)
        return (queryset.filter(audit.of_phone(phone)) if phone else queryset.none()), False


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
