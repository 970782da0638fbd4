"""The daily mail to operations about the day before, one section per registered source."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta

from django.db.models import Min, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from notifications import local_time
from notifications.models import GIVEN_UP, Message
from operations import alarms, operations_mail
from operations.metrics import age
from operations.models import Alarm
from operations.operations_mail import Fact
from operations.sources import queue_metrics

KEEP_ALARMS = timedelta(days=366)
State = Message.State
Source = Callable[[datetime, datetime], Iterable[Fact]]

_sources: dict[str, tuple[int, str | Promise, Source]] = {}


def register(name: str, title: str | Promise, source: Source, *, order: int = 50) -> None:
    """Add a section. `source` receives the beginning and the end of the day."""
    _sources[name] = (order, title, source)


def send(today: date | None = None) -> list[Message]:
    """Queue the mail about yesterday. A second call on the same day queues nothing more."""
    day = (today or timezone.localdate()) - timedelta(days=1)
    start = timezone.make_aware(datetime.combine(day, time.min))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    sources = sorted(_sources.values(), key=lambda registered: registered[0])
    groups = {str(title): list(source(start, end)) for _order, title, source in sources}
    Alarm.objects.filter(cleared_at__lt=timezone.now() - KEEP_ALARMS).delete()
    open_that_day = Alarm.objects.filter(Q(cleared_at=None) | Q(cleared_at__gte=start), raised_at__lt=end)
    return operations_mail.digest(
        day, groups, [_describe(alarm) for alarm in open_that_day.order_by("raised_at")]
    )


def messages(start: datetime, end: datetime) -> Iterable[Fact]:
    """Count the messages sent and given up that day, and those pending now."""
    yield Fact(_("Enviados"), [str(Message.objects.filter(sent_at__gte=start, sent_at__lt=end).count())])
    for state in GIVEN_UP:
        ended = Message.objects.filter(state=state).filter(
            Q(tried_at__gte=start, tried_at__lt=end)
            | Q(tried_at=None, created_at__gte=start, created_at__lt=end)
        )
        yield Fact(str(queue_metrics.STATE_LABELS[state]), [str(ended.count())])
    pending = queue_metrics.pending()
    oldest = pending.aggregate(oldest=Min("pending_since"))["oldest"]
    waiting = (timezone.now() - oldest).total_seconds() if oldest else 0
    now = _("{count}; el más antiguo, desde hace {age}").format(count=pending.count(), age=age(waiting))
    yield Fact(_("Por entregar ahora"), [now if oldest else _("ninguno")])


def _describe(alarm: Alarm) -> str:
    raised, ended = local_time.short(alarm.raised_at), _("sigue abierta")
    if alarm.cleared_at:
        ended = local_time.short(alarm.cleared_at)
        day = f"{ended.rpartition(' ')[0]} "
        ended = ended.removeprefix(day) if raised.startswith(day) else ended  # same day: the time is enough
    return _("{title}: {raised} – {ended}").format(
        title=alarms.kind_of(alarm.kind).title, raised=raised, ended=ended
    )
