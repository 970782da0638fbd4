"""Messages at a standstill, oldest first, and queueing them again (R4.08, R4.18)."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications import actions
from notifications.models import GIVEN_UP, Message
from operations import queue_metrics

State = Message.State
STUCK = "detenidos"


class StuckFilter(admin.SimpleListFilter):
    title = _("detenidos")
    parameter_name = STUCK

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("si", _("Detenidos, del más antiguo al más nuevo"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queue_metrics.stuck(queryset) if self.value() == "si" else queryset


def ordering(request: HttpRequest) -> list[str]:
    """Oldest first in the list of those; else newest first, by the key: it is the same order, and
    needs no sorting.
    """
    return ["created_at", "pk"] if request.GET.get(STUCK) else ["-pk"]


class Retrying:
    """The action of the list of messages."""

    @admin.action(description=_("Volver a intentar ahora"), permissions=["resend"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """What was given up is queued again, what waits goes now; what was sent stays as it is."""
        if not isinstance(request.user, User):
            raise PermissionDenied
        actor = actions.Actor.of(request.user)
        chosen = queryset.count()  # before: what is queued again leaves a list of those at a standstill
        waiting = queryset.filter(state__in=[State.QUEUED, *GIVEN_UP])
        done = sum(_retried(message, actor) for message in waiting.order_by("created_at", "pk"))
        told = ngettext("%(count)d mensaje vuelve a la cola.", "%(count)d mensajes vuelven a la cola.", done)
        messages.success(request, told % {"count": done})
        left = chosen - done
        if left:
            told = ngettext(
                "%(count)d quedó como estaba: ya se envió, se está enviando o su dirección no es válida.",
                "%(count)d quedaron como estaban: ya se enviaron, se están enviando o su dirección no es válida.",
                left,
            )
            messages.warning(request, told % {"count": left})

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.resend_message")


def _retried(message: Message, actor: actions.Actor) -> bool:
    try:
        actions.resend(message, actor, actions.serial_of(message))
    except actions.ActionRefused:
        return False
    return True
