"""Metrics of the documents: free disk space and the antivirus queue (R3.20, R4.17)."""

import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import Storage
from django.utils import timezone
from pytest_django import Settings

from attachments import clamd, storage
from operations.metrics import Level, Metric
from operations.sources import document_metrics as metrics
from tests import cast
from tickets.models import Attachment

pytestmark = pytest.mark.django_db

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  as shutil has it


def found() -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics.metrics()}


@pytest.mark.parametrize(
    ("free", "level", "held"),
    [(20, Level.FINE, ()), (12, Level.WARNING, ()), (9, Level.CRITICAL, ("disk-full",))],
)
def test_a_disk_below_its_reserve_is_an_alarm(
    monkeypatch: pytest.MonkeyPatch, free: int, level: Level, held: tuple[str, ...]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 100 - free, free))
    metric = found()["attachments_disk_free_ratio"]
    assert (metric.value, metric.level, metric.alarms) == (free / 100, level, held)


def test_a_file_system_without_a_known_size_raises_no_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(0, 0, 0))
    assert found()["attachments_disk_free_ratio"].level == Level.FINE


def test_a_remote_store_has_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "private_storage", Storage)  # one without paths
    assert "attachments_disk_free_ratio" not in found()


def test_without_an_antivirus_it_has_no_metrics(settings: Settings) -> None:
    settings.CLAMD = None
    assert not [name for name in found() if name.startswith("antivirus")]


def test_an_antivirus_that_is_late_or_fails_is_an_alarm(settings: Settings) -> None:
    settings.CLAMD = clamd.parse_url("tcp://127.0.0.1:3310")
    document = Attachment.objects.create(
        ticket=cast.make_ticket(), original_name="a.pdf", size=1, sha256="0", file="aa/bb"
    )
    assert found()["antivirus_oldest_age_seconds"].level == Level.FINE
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert found()["antivirus_oldest_age_seconds"].alarms == ("antivirus-failing",)
    Attachment.objects.filter(pk=document.pk).update(scan=Attachment.Scan.ERROR)
    assert found()["antivirus_errors"].alarms == ("antivirus-failing",)


def test_pending_and_quarantined_documents_are_counted(settings: Settings) -> None:
    settings.CLAMD = clamd.parse_url("tcp://127.0.0.1:3310")
    ticket = cast.make_ticket()
    for scan in ("pending", "pending", "infected", "clean"):
        Attachment.objects.create(
            ticket=ticket, original_name="a.pdf", size=1, sha256="0", file="aa/bb", scan=scan
        )
    counted = {name: metric.value for name, metric in found().items() if name.startswith("antivirus")}
    assert counted.items() >= {"antivirus_pending": 2, "antivirus_errors": 0, "antivirus_infected": 1}.items()
