"""*Operación* at the desk: how processes, messages and codes are doing, on one page, to read only
(R5.06, R4.17).
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from desk.lists import ModelAdmin
from desk.messages.stuck import STUCK
from notifications import labels, message_types
from notifications.models import GIVEN_UP, Message
from operations import alarms, metrics, queue_metrics
from operations.metrics import Level
from operations.models import Alarm, Heartbeat

MOST_STUCK, MOST_ALARMS = 20, 20
COLOURS = {Level.FINE: "success", Level.WARNING: "warning", Level.CRITICAL: "danger"}


@dataclass(frozen=True)
class Row:
    """A metric as the page shows it; only one that is not fine carries a mark."""

    metric: metrics.Metric
    mark: str | Promise
    colour: str
    part: str  # of one, for a bar


@dataclass(frozen=True)
class Stuck:
    """A message that does not get on: what it is and about what, never to whom."""

    message: Message
    title: str
    about: str
    colour: str


@admin.register(Heartbeat)
class OperationsAdmin(ModelAdmin):
    """The list of the signs of life is the page; nobody writes here."""

    actions = None
    fields = ["name", "at", "since"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Operación"),
            **page(),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "desk/operations.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def page() -> dict[str, Any]:
    """Everything the page shows, read now."""
    now, reading = timezone.now(), metrics.collect()
    standing = queue_metrics.stuck(Message.objects.defer("text", "html")).order_by("created_at", "pk")
    return {
        "now": now,
        "version": settings.VERSION,
        "level": metrics.LEVEL_NAMES[reading.level],
        "level_colour": COLOURS[reading.level],
        "unread": reading.failed,
        "groups": {title: [_row(metric) for metric in group] for title, group in reading.groups.items()},
        "stuck": [_stuck(message) for message in standing[:MOST_STUCK]],
        "stuck_count": standing.count(),
        "stuck_query": f"{STUCK}=si",
        "alarms": [
            (alarm, alarms.known(alarm.kind))
            for alarm in Alarm.objects.order_by(F("cleared_at").desc(nulls_first=True), "-raised_at")[
                :MOST_ALARMS
            ]
        ],
    }


def _row(metric: metrics.Metric) -> Row:
    mark = "" if metric.level == Level.FINE else metrics.LEVEL_NAMES[metric.level]
    bar = metric.name.endswith("_ratio") and metric.value is not None
    return Row(metric, mark, COLOURS[metric.level], f"{min(metric.value or 0, 1):.3f}" if bar else "")


def _stuck(message: Message) -> Stuck:
    known = message_types.message_type(message.kind)
    title = str(known.title) if known else message.get_channel_display()
    return Stuck(
        message, title, labels.subject_label(message), "danger" if message.state in GIVEN_UP else "warning"
    )
