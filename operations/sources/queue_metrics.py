"""Metrics of the outbox: pending, oldest pending, given up, held and retried messages (R4.17)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import message_types
from notifications.models import GIVEN_UP, Message
from notifications.outbox import GIVE_UP_AFTER
from operations import alarms
from operations.metrics import Level, Metric, age
from operations.operations_mail import REFERENCE

State = Message.State
PENDING = Q(state__in=[State.QUEUED, State.SENDING])
# Plural, for counts; the labels of Message.State are singular
STATE_LABELS = {
    State.QUEUED: gettext_lazy("Por enviar"),
    State.SENDING: gettext_lazy("Enviando"),
    State.FAILED: gettext_lazy("Rechazados por el destino"),
    State.DEAD: gettext_lazy("Abandonados"),
}
# Ages of the oldest undelivered message that raise the alarms; GOV.UK Notify uses the same (R4.17)
SLOW, STUCK = timedelta(minutes=5), timedelta(minutes=30)
DEAD_ALARM_LASTS = timedelta(hours=1)  # after the last message was given up
DAY = timedelta(hours=24)

SLOW_ALARM = alarms.kind(
    "delivery-slow",
    gettext_lazy("Hay mensajes demorados"),
    gettext_lazy(
        "Revise el servidor de correo, el proveedor de SMS y los procesos; lo pendiente se sigue intentando."
    ),
)
STUCK_ALARM = alarms.kind(
    "delivery-stuck",
    gettext_lazy("Hay mensajes detenidos desde hace más de 30 minutos"),
    gettext_lazy("El último error de cada mensaje, en el escritorio, dice qué falla."),
)
DEAD_ALARM = alarms.kind(
    "message-dead",
    gettext_lazy("Se abandonaron mensajes"),
    gettext_lazy("Corrija la causa y devuélvalos a la cola: manage.py retry_notifications --dead --yes"),
)
REFUSED_ALARM = alarms.kind(
    "staff-refused",
    gettext_lazy("Se rechazaron avisos al equipo"),
    gettext_lazy(
        "Corrija la dirección del asesor, de la cola, del área o de operaciones, y reenvíe los avisos: hasta entonces "
        "nadie atiende esas solicitudes."
    ),
)
HELD_ALARM = alarms.kind(
    "mail-held",
    gettext_lazy("Hay correos que esperan a un asesor"),
    gettext_lazy(
        "Desde un número se confirmaron muchas solicitudes en poco tiempo. Revise esos correos en el escritorio, en "
        "Mensajes, estado «Espera a un asesor», y envíelos o descártelos."
    ),
    daily=True,
)


def held() -> QuerySet[Message]:
    """Return the mails that wait until staff release or drop them (S4)."""
    return Message.objects.filter(state=State.HELD)


def pending() -> QuerySet[Message]:
    """Return the messages neither sent nor given up, each with `pending_since`."""
    return Message.objects.filter(PENDING).annotate(pending_since=pending_since())


def stuck(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Select the messages pending for over 5 minutes, and those given up and not resolved since."""
    return messages.alias(pending_since=pending_since()).filter(_stuck())


def count_stuck_and_held() -> tuple[int, int]:
    """Count the stuck and the held messages, in one query for the desk's home page."""
    is_held = Q(state=State.HELD)
    messages = Message.objects.alias(pending_since=pending_since()).filter(_stuck() | is_held)
    counts = messages.aggregate(all=Count("pk"), held=Count("pk", filter=is_held))
    return counts["all"] - counts["held"], counts["held"]


def _stuck() -> Q:
    """Match stuck messages. The queryset needs the annotation or alias `pending_since`."""
    return (PENDING & Q(pending_since__lte=timezone.now() - SLOW)) | _unresolved(GIVEN_UP)


def _unresolved(states: Iterable[str]) -> Q:
    """Match messages in one of these states, neither sent again as a copy nor resolved."""
    replaced = Exists(Message.objects.filter(copy_of=OuterRef("pk")))
    return Q(state__in=states, resolved_at=None) & ~Q(replaced)


def pending_since() -> Greatest:
    """Return the expression for the time at which a message was last queued.

    Queueing a message again sets a new `give_up_at`, GIVE_UP_AFTER later.
    """
    queued_at = ExpressionWrapper(F("give_up_at") - Value(GIVE_UP_AFTER), output_field=DateTimeField())
    return Greatest(F("created_at"), queued_at)


def metrics() -> Iterator[Metric]:
    """Report the outbox. Every query uses an index that leaves out messages sent long ago."""
    now = timezone.now()
    yield _oldest(now)
    yield from _by_state(now)
    waiting = held().count()
    yield Metric(
        "messages_held",
        _("Esperan a un asesor"),
        waiting,
        str(waiting),
        Level.WARNING if waiting else Level.FINE,
        str(HELD_ALARM.advice) if waiting else "",
        (HELD_ALARM.name,) if waiting else (),
    )
    # A ticket shows its advisor that the customer's address is wrong; none shows a wrong staff
    # address, so it needs an alarm
    refused = Message.objects.filter(
        _unresolved([State.FAILED]), kind__in=message_types.staff_kinds()
    ).count()
    yield Metric(
        "staff_messages_failed",
        _("Avisos al equipo rechazados"),
        refused,
        str(refused),
        Level.CRITICAL if refused else Level.FINE,
        str(REFUSED_ALARM.advice) if refused else "",
        (REFUSED_ALARM.name,) if refused else (),
    )
    retries = Message.objects.filter(tried_at__gt=now - timedelta(minutes=1), attempts__gt=1).count()
    yield Metric("messages_retried_per_minute", _("Reintentos en el último minuto"), retries, str(retries))
    sent = Message.objects.filter(sent_at__gt=now - DAY).count()
    yield Metric("messages_sent_24h", _("Enviados en 24 horas"), sent, str(sent))


def _oldest(now: datetime) -> Metric:
    since = pending().aggregate(oldest=Min("pending_since"))["oldest"]
    seconds = max((now - since).total_seconds(), 0) if since else 0
    level = Level.FINE
    active: tuple[alarms.AlarmKind, ...] = ()
    if seconds >= STUCK.total_seconds():
        level, active = Level.CRITICAL, (SLOW_ALARM, STUCK_ALARM)
    elif seconds >= SLOW.total_seconds():
        level, active = Level.WARNING, (SLOW_ALARM,)
    return Metric(
        "oldest_undelivered_age_seconds",
        _("El más antiguo por entregar"),
        seconds,
        age(seconds) if since else _("ninguno"),
        level,
        str(active[-1].advice) if active else "",
        tuple(kind.name for kind in active),
    )


def _by_state(now: datetime) -> Iterator[Metric]:
    unfinished = [State.QUEUED, State.SENDING, *GIVEN_UP]
    unresolved = Message.objects.unresolved()
    counts = dict(
        unresolved.filter(state__in=unfinished).order_by().values_list("state").annotate(Count("pk"))
    )
    for state in unfinished[:3]:
        count = counts.get(state, 0)
        yield Metric(f"messages_{state}", str(STATE_LABELS[state]), count, str(count))
    dead = unresolved.filter(state=State.DEAD).exclude(subject_ref=REFERENCE)  # no alarm about an alarm
    recent = dead.filter(tried_at__gt=now - DAY).count()
    is_new = dead.filter(tried_at__gt=now - DEAD_ALARM_LASTS).exists()
    yield Metric(
        "messages_dead",
        str(STATE_LABELS[State.DEAD]),
        counts.get(State.DEAD, 0),
        _("{count}, de ellos {recent} en 24 horas").format(count=counts.get(State.DEAD, 0), recent=recent),
        Level.CRITICAL if recent else Level.FINE,
        str(DEAD_ALARM.advice) if recent else "",
        (DEAD_ALARM.name,) if is_new else (),
    )
