"""*Operación*: one read-only page on the state of processes, messages and codes (R4.17)."""

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
from desk.read_only import ReadOnly
from notifications import labels, message_types
from notifications.models import CONTENT, GIVEN_UP, Message
from operations import alarms, metrics
from operations.metrics import Level
from operations.models import Alarm, Heartbeat
from operations.sources import queue_metrics

MAX_STUCK, MAX_ALARMS = 20, 20  # rows shown
COLOURS = {Level.FINE: "success", Level.WARNING: "warning", Level.CRITICAL: "danger"}


@dataclass(frozen=True)
class MetricRow:
    """A metric as the page shows it. `mark` is the name of its level, or empty if that is FINE."""

    metric: metrics.Metric
    mark: str | Promise
    colour: str
    share: str  # from 0 to 1, drawn as a bar; empty for other metrics


@dataclass(frozen=True)
class StuckMessage:
    """A stuck message, shown without its recipient: operations staff see no customer data."""

    message: Message
    title: str
    about: str
    colour: str


@admin.register(Heartbeat)
class OperationsAdmin(ReadOnly, ModelAdmin):
    """Replace the list of heartbeats with the operations page."""

    fields = ["name", "at", "since"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Operación"),
            **page_context(),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "desk/operations.html", context)


def page_context() -> dict[str, Any]:
    """Read and return everything that the page shows."""
    now, reading = timezone.now(), metrics.collect()
    stuck = queue_metrics.stuck(Message.objects.defer(*CONTENT)).order_by("created_at", "pk")
    return {
        "now": now,
        "version": settings.VERSION,
        "level": metrics.LEVEL_NAMES[reading.level],
        "level_colour": COLOURS[reading.level],
        "unread": reading.failed,
        "groups": {title: [_row(metric) for metric in group] for title, group in reading.groups.items()},
        "stuck": [_stuck_message(message) for message in stuck[:MAX_STUCK]],
        "stuck_count": stuck.count(),
        "stuck_query": f"{STUCK}=si",
        "alarms": [
            (alarm, alarms.kind_of(alarm.kind))
            for alarm in Alarm.objects.order_by(F("cleared_at").desc(nulls_first=True), "-raised_at")[
                :MAX_ALARMS
            ]
        ],
    }


def _row(metric: metrics.Metric) -> MetricRow:
    mark = "" if metric.level == Level.FINE else metrics.LEVEL_NAMES[metric.level]
    bar = metric.name.endswith("_ratio") and metric.value is not None
    return MetricRow(metric, mark, COLOURS[metric.level], f"{min(metric.value or 0, 1):.3f}" if bar else "")


def _stuck_message(message: Message) -> StuckMessage:
    known = message_types.message_type(message.kind)
    title = str(known.title) if known else message.get_channel_display()
    return StuckMessage(
        message, title, labels.subject_label(message), "danger" if message.state in GIVEN_UP else "warning"
    )
