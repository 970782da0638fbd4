"""Admin classes of records that staff read but never edit (R5.07, R5.09)."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from attachments.models import DocumentEvent
from audit.event import AuditedEvent
from desk.lists import LargeListAdmin, ModelAdmin
from notifications import local_time

if TYPE_CHECKING:
    Base = ModelAdmin
else:
    Base = object  # a mixin at run time


class ReadOnly(Base):
    """Mixin that lets no user, not even a superuser, add, change or delete rows at the desk."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, LargeListAdmin):
    """Base for large tables that staff only read."""

    empty_value_display = "—"

    @display(description=_("usuario"))
    def shown_user(self, row: Any) -> str | None:
        """Return the username as text: Django would link to a page that only superusers see."""
        return row.user.get_username() if row.user else None


class AuditedEventAdmin(ReadOnlyAdmin):
    """Base for tables of events, which have their time in `at`."""

    @display(description=_("cuándo"), ordering="at")
    def moment(self, event: AuditedEvent | DocumentEvent) -> str:
        return local_time.short(event.at)
