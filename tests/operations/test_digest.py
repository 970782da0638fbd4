"""The daily mail to operations."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings

from fidelizacion.celery import app as celery_app
from notifications.models import Message
from notifications.sending import delivery
from operations import digest, tasks
from operations.models import Alarm
from tests.notifications.helpers import queue_email

pytestmark = pytest.mark.django_db

GUAYAQUIL = ZoneInfo("America/Guayaquil")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=GUAYAQUIL)
SEVEN = datetime(2026, 11, 21, 7, 0, tzinfo=GUAYAQUIL)


def yesterday() -> Message:
    """The digest of a day on which two mails left, one died and an alarm was raised."""
    with time_machine.travel(NOON):
        for message in (queue_email(), queue_email()):
            delivery.deliver(message.pk)
        dead = queue_email()
        Message.objects.filter(pk=dead.pk).update(state=Message.State.DEAD, tried_at=NOON)
        Alarm.objects.create(
            kind="worker-silent", detail="x", raised_at=NOON, cleared_at=NOON + timedelta(minutes=9)
        )
    with time_machine.travel(SEVEN):
        delivery.deliver(queue_email().pk)  # sent today: not part of yesterday's digest
        tasks.digest()
    return Message.objects.get(dedup_key="digest:2026-11-20")


def test_it_reports_the_day_before() -> None:
    message = yesterday()
    assert message.to == settings.POSTVENTA_EMAIL
    assert message.subject == "Operación: resumen del 20 de noviembre de 2026"
    lines = [line.strip() for line in message.text.splitlines()]
    facts = {label.rstrip(":"): value for label, value in pairwise(lines) if label.endswith(":")}
    assert (facts["Enviados"], facts["Abandonados"], facts["Rechazados por el destino"]) == ("2", "1", "0")
    assert facts["Códigos pedidos"] == "0"
    assert "- El trabajador no da señales: 20 nov 2026, 12:00 – 12:09" in lines
    assert f"{settings.PORTAL_BASE_URL}/admin/operations/heartbeat/" in lines


def test_sent_twice_it_is_queued_once() -> None:
    for _ in range(2):
        digest.send(date(2026, 11, 21))
    assert Message.objects.filter(dedup_key__startswith="digest:").count() == 1


def test_alarms_are_kept_for_a_year() -> None:
    old = Alarm.objects.create(kind="a", detail="x", raised_at=NOON, cleared_at=NOON)
    still_open = Alarm.objects.create(kind="b", detail="x", raised_at=NOON)
    with time_machine.travel(NOON + timedelta(days=370)):
        digest.send()
    assert not Alarm.objects.filter(pk=old.pk).exists()
    assert Alarm.objects.filter(pk=still_open.pk).exists()


def test_it_comes_at_seven_local_time() -> None:
    entry = celery_app.conf.beat_schedule["digest"]
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({7}, {0})
    assert str(celery_app.conf.timezone) == "America/Guayaquil"
