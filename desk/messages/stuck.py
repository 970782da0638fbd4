"""The list of stuck messages, and the action that puts them back in the queue (R4.08, R4.18)."""

from contextlib import suppress
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
from operations.sources import queue_metrics

State = Message.State
STUCK = "detenidos"  # the parameter in the query string


class StuckFilter(admin.SimpleListFilter):
    title = _("detenidos")
    parameter_name = STUCK

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("si", _("Detenidos, del más antiguo al más nuevo"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queue_metrics.stuck(queryset) if self.value() == "si" else queryset


def ordering(request: HttpRequest) -> list[str]:
    """Return the order: oldest first for stuck messages, else newest first by the primary key,
    which has an index.
    """
    return ["created_at", "pk"] if request.GET.get(STUCK) else ["-pk"]


class RetryAction:
    """Mixin for the admin of messages: put the selected messages back in the queue."""

    @admin.action(description=_("Volver a intentar ahora"), permissions=["resend"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Queue given-up messages again and send queued ones now; others stay unchanged."""
        if not isinstance(request.user, User):
            raise PermissionDenied
        actor = actions.Actor.of(request.user)
        chosen = queryset.count()  # counted first: a message queued again no longer matches the filter
        retriable = queryset.filter(state__in=[State.QUEUED, *GIVEN_UP])
        done = 0
        for message in retriable.order_by("created_at", "pk"):
            with suppress(actions.ActionRefused):
                actions.resend(message, actor, actions.serial_of(message))
                done += 1
        text = ngettext("%(count)d mensaje vuelve a la cola.", "%(count)d mensajes vuelven a la cola.", done)
        messages.success(request, text % {"count": done})
        left = chosen - done
        if left:
            text = ngettext(
                "%(count)d quedó como estaba: ya se envió, se está enviando o su dirección no es válida.",
                "%(count)d quedaron como estaban: ya se enviaron, se están enviando o su dirección no es válida.",
                left,
            )
            messages.warning(request, text % {"count": left})

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.resend_message")
