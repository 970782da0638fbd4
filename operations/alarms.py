"""Tells operations, once, that something holds that should not: a row while it lasts, an e-mail
when it begins (R4.17).

Worker and sweep look once a minute, at the metrics that every app registers; no visitor's request
ever does. One alarm of a kind is open at a time, which the database decides. It is closed when its
cause is gone and may then be raised again, but no more than one e-mail an hour (or a day) leaves
for a kind: that is the message's `dedup_key`.
"""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from jobs.insertion import insert_new
from operations import metrics, operations_mail
from operations.models import Alarm

logger = logging.getLogger(__name__)

Words = str | Promise


@dataclass(frozen=True)
class AlarmKind:
    """An alarm by its name: what it says and what to do. `daily` ones are mailed once a day, others
    once an hour.
    """

    name: str
    title: Words
    advice: Words
    daily: bool = False
    silence: bool = False  # a process is not heard of: judged only by one that has been up for a while


_kinds: dict[str, AlarmKind] = {}


def kind(name: str, title: Words, advice: Words, *, daily: bool = False, silence: bool = False) -> AlarmKind:
    """Name an alarm, where its metrics are."""
    _kinds[name] = AlarmKind(name, title, advice, daily, silence)
    return _kinds[name]


def known(name: str) -> AlarmKind:
    """The kind of that name; one that an earlier version raised goes by its name."""
    return _kinds.get(name) or AlarmKind(name, name, "")


def watch(*, judging: bool) -> None:
    """Raise what holds and close what no longer does. Without `judging` nobody's silence is held
    against them yet.
    """
    reading = metrics.collect()
    holding = {name: metric for metric in reading.metrics for name in metric.alarms}
    for name, metric in holding.items():
        if judging or not known(name).silence:
            raise_alarm(name, f"{metric.label}: {metric.display}")
    if not reading.failed:  # what could not be read may hold still
        Alarm.objects.filter(cleared_at=None).exclude(kind__in=holding).update(cleared_at=timezone.now())


def raise_alarm(name: str, detail: str) -> bool:
    """Open the alarm and owe its e-mail, in one transaction. False: it is open already."""
    if Alarm.objects.filter(kind=name, cleared_at=None).exists():
        return False
    alarm = Alarm(kind=name, detail=detail[:300], raised_at=timezone.now())
    with transaction.atomic():
        inserted = insert_new([alarm])
        if not inserted:
            return False  # the other watcher was first
        alarm.pk = inserted[0]
        _notify(alarm)
    logger.error("alarm %s: %s", name, alarm.detail)
    return True


def _notify(alarm: Alarm) -> None:
    about = known(alarm.kind)
    moment = timezone.localtime(alarm.raised_at)
    period = f"{moment:%Y-%m-%d}" if about.daily else f"{moment:%Y-%m-%dT%H}"
    operations_mail.alarm(alarm, str(about.title), str(about.advice), period)
