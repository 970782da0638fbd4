"""Alarms: an open row while a problem lasts, and an e-mail to operations when it begins (R4.17).

Once a minute the worker and the sweep check the metrics that every app registers; a visitor's
request never does. A unique constraint allows one open alarm per kind. The alarm closes when its
cause is gone and can then be raised again, but each kind sends at most one e-mail an hour (or a
day): the period is part of the message's `dedup_key`.
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

Text = str | Promise


@dataclass(frozen=True)
class AlarmKind:
    """A kind of alarm: name, title and advice. It is mailed at most once an hour, or once a day."""

    name: str
    title: Text
    advice: Text
    daily: bool = False
    silence: bool = False  # raised when a process writes no heartbeat; `watch` may ignore it


_kinds: dict[str, AlarmKind] = {}


def kind(name: str, title: Text, advice: Text, *, daily: bool = False, silence: bool = False) -> AlarmKind:
    """Register a kind of alarm. The module whose metrics raise it calls this at import."""
    _kinds[name] = AlarmKind(name, title, advice, daily, silence)
    return _kinds[name]


def kind_of(name: str) -> AlarmKind:
    """Return the kind with this name. For a kind that was removed from the code, the title is its
    name.
    """
    return _kinds.get(name) or AlarmKind(name, name, "")


def watch(*, judge_silence: bool) -> None:
    """Read the metrics, raise the alarms that they name, and close the others.

    `judge_silence` is false until the watching process has run for five minutes, because the other
    processes may still be starting (heartbeats.py).
    """
    snapshot = metrics.collect()
    active = {name: metric for metric in snapshot.metrics for name in metric.alarms}
    for name, metric in active.items():
        if judge_silence or not kind_of(name).silence:
            raise_alarm(name, f"{metric.label}: {metric.display}")
    if not snapshot.failed:  # the cause of an alarm may be in a source that failed
        Alarm.objects.filter(cleared_at=None).exclude(kind__in=active).update(cleared_at=timezone.now())


def raise_alarm(name: str, detail: str) -> bool:
    """Open the alarm and queue its mail, in one transaction. Return False if it is already open."""
    if Alarm.objects.filter(kind=name, cleared_at=None).exists():
        return False
    alarm = Alarm(kind=name, detail=detail[:300], raised_at=timezone.now())
    with transaction.atomic():
        inserted = insert_new([alarm])
        if not inserted:
            return False  # another process inserted it first
        alarm.pk = inserted[0]
        alarm_kind, moment = kind_of(name), timezone.localtime(alarm.raised_at)
        period = f"{moment:%Y-%m-%d}" if alarm_kind.daily else f"{moment:%Y-%m-%dT%H}"
        operations_mail.alarm(alarm, str(alarm_kind.title), str(alarm_kind.advice), period)
    logger.error("alarm %s: %s", name, alarm.detail)
    return True
