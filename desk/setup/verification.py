"""Desk pages of the PIN check: numbers that wait after wrong codes, the audit of portal sign-ins,
the links sent, and the switch of network identity.

Challenges have no page: the code can be derived from a row's nonce, which staff must not see, and
the ticket shows the rest of the row (phone and time).
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from companies import phones
from companies.search_terms import phone_of
from desk.lists import ModelAdmin
from desk.messages.actions import STATE_COLOURS
from desk.read_only import AuditedEventAdmin, ReadOnlyAdmin
from notifications import local_time
from notifications.models import Message
from otp import audit, unlock
from otp.limits import lockout
from otp.models import AuditEvent, Invitation, NetworkSwitch, PhoneLockout


@admin.register(PhoneLockout)
class PhoneLockoutAdmin(ReadOnlyAdmin):
    list_display = ["shown_phone", "failures", "locks", "until"]
    fields = ["shown_phone", "failures", "trusted_failures", "locks", "until"]
    actions = ["unlock"]
    search_fields = ["phone"]
    search_help_text = _("Número móvil")

    @display(description=_("número móvil"))
    def shown_phone(self, row: PhoneLockout) -> str:
        return phones.display(row.phone)

    @display(description=_("en espera hasta"), ordering="locked_until")
    def until(self, row: PhoneLockout) -> str | None:
        if lockout.is_stopped(row, trusted=False):
            return gettext("que alguien levante la espera: 100 fallos seguidos")
        return local_time.short(row.locked_until) if row.locked_until else None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(phone=phone_of(search_term)) if search_term.strip() else queryset), False

    @admin.action(description=_("Levantar la espera"), permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[PhoneLockout]) -> None:
        """End the wait of the selected numbers, with an audit row for each (R1.07)."""
        user = request.user if isinstance(request.user, User) else None
        lifted = sum(unlock.unlock(row.phone, user=user) for row in queryset)
        text = ngettext(
            "Se levantó la espera de %(count)d número.", "Se levantó la de %(count)d números.", lifted
        )
        messages.success(request, text % {"count": lifted})

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("otp.change_phonelockout")


KIND_COLOURS = {
    # All kinds, because for a missing one the theme would show the stored value instead of its
    # label
    **dict.fromkeys(AuditEvent.Kind, "default"),
    AuditEvent.Kind.VERIFIED: "success",
    AuditEvent.Kind.FAILED: "warning",
    AuditEvent.Kind.LOCKED: "danger",
    AuditEvent.Kind.UNLOCKED: "info",
}


@admin.register(AuditEvent)
class AuditEventAdmin(AuditedEventAdmin):
    list_display = ["moment", "kind_label", "method", "result", "shown_phone", "reason", "address", "actor"]
    list_filter = ["kind", "at"]
    fields = ["at", "kind", "method", "result", "shown_phone", "session_hash", "address"]
    fields += ["shown_user", "actor", "reason"]
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


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """The links sent; the action that sends one is on the list of administrators."""

    list_display = ["sent", "shown_phone", "channel", "actor", "message_label", "expires", "used"]
    list_filter = ["channel", "created_at"]
    fields = ["created_at", "shown_phone", "channel", "actor", "message_label", "expires_at", "used_at"]
    search_fields = ["phone"]
    search_help_text = _("Número móvil completo, en cualquier forma")

    @display(description=_("número móvil"))
    def shown_phone(self, invitation: Invitation) -> str:
        return f"…{phones.tail(invitation.phone)}"

    @display(description=_("enviada"), ordering="created_at")
    def sent(self, invitation: Invitation) -> str:
        return local_time.short(invitation.created_at)

    @display(description=_("vence"), ordering="expires_at")
    def expires(self, invitation: Invitation) -> str:
        return local_time.short(invitation.expires_at)

    @display(description=_("primer ingreso con ella"), ordering="used_at")
    def used(self, invitation: Invitation) -> str | None:
        return local_time.short(invitation.used_at) if invitation.used_at else None

    @display(description=_("mensaje"), label=STATE_COLOURS)
    def message_label(self, invitation: Any) -> tuple[str, str] | None:
        state = invitation.message_state
        return (state, str(Message.State(state).label)) if state else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Annotate the state of each link's message, or of the newest if it was sent again."""
        reference = Concat(Value("invitation:"), Cast(OuterRef("pk"), CharField()))
        newest = Message.objects.filter(subject_ref=reference).order_by("-pk").values("state")[:1]
        listed: QuerySet[Any] = super().get_queryset(request).annotate(message_state=Subquery(newest))
        return listed

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(phone=phone_of(search_term)) if search_term.strip() else queryset), False


@admin.register(NetworkSwitch)
class NetworkSwitchAdmin(ModelAdmin):
    """The page of the one row (R2.13). Django's history shows who changed it and when."""

    list_display = ["__str__", "enabled"]
    fields = ["enabled"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
