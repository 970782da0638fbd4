"""The antivirus scans each document once, and no document is clean without a verdict (R3.18)."""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from threading import Barrier

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from attachments import clamd, scanning
from attachments.clamd import Server
from attachments.models import DocumentEvent, ScannedDocument, private_storage
from attachments.scanning import ATTEMPTS, ScanOutcome, scan
from demo.broker import free_port
from jobs import sweep
from tests import cast
from tests.antivirus import EICAR, Clamd, FakeClamd, clamd_running, fake_clamd
from tests.tickets.portal_client import PDF, filled_form, pdf, visitor
from tickets.models import Attachment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.loopback]
Scan = Attachment.Scan


@pytest.fixture
def antivirus(settings: Settings) -> Iterator[Clamd]:
    with clamd_running() as running:
        settings.CLAMD = running.server
        yield running


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeClamd]:
    with fake_clamd() as standing:
        settings.CLAMD = standing.server
        yield standing


def document(content: bytes = PDF, ticket: Ticket | None = None) -> Attachment:
    return Attachment.objects.create(
        ticket=ticket or Ticket.objects.first() or cast.make_ticket(),
        original_name="sustento.pdf",
        content_type="application/pdf",
        size=len(content),
        sha256=sha256(content).hexdigest(),
        file=private_storage().save("aa/bb", ContentFile(content)),
    )


def fresh(attachment: Attachment) -> Attachment:
    return Attachment.objects.get(pk=attachment.pk)


def due_now() -> None:
    Attachment.objects.update(next_scan_at=timezone.now())


def test_a_clean_document_is_not_scanned_again(antivirus: Clamd) -> None:
    attachment = document()
    assert not attachment.is_deliverable
    assert (scan(attachment), scan(attachment)) == (ScanOutcome.CLEAN, ScanOutcome.SKIPPED)
    after = fresh(attachment)
    assert after.is_deliverable
    assert after.scanned_at
    assert (after.leased_until, after.lease_token) == (None, "")


def test_a_document_with_a_virus_is_infected(antivirus: Clamd) -> None:
    attachment = document(PDF + EICAR)
    assert scan(attachment) == ScanOutcome.INFECTED
    after = fresh(attachment)
    assert (after.scan, after.signature, after.is_deliverable) == (
        Scan.INFECTED,
        "Local.Eicar.UNOFFICIAL",
        False,
    )
    assert private_storage().exists(str(after.file.name))  # quarantined, and kept for the record


def test_without_an_antivirus_documents_are_delivered_and_stay_pending(settings: Settings) -> None:
    attachment = document()
    assert (scan(attachment), scanning.sweep_documents()) == (ScanOutcome.SKIPPED, 0)
    assert (fresh(attachment).scan, fresh(attachment).shown_scan) == (Scan.PENDING, "unscanned")
    assert fresh(attachment).is_deliverable
    with clamd_running() as antivirus:
        settings.CLAMD = antivirus.server
        assert not fresh(attachment).is_deliverable
        assert scanning.scan_due() == {ScanOutcome.CLEAN: 1}


def test_an_infected_document_is_not_delivered_after_the_antivirus_is_removed(
    antivirus: Clamd, settings: Settings
) -> None:
    attachment = document(EICAR)
    scan(attachment)
    settings.CLAMD = None
    assert not fresh(attachment).is_deliverable


def test_while_the_antivirus_is_unavailable_documents_wait_and_no_attempt_counts(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CLAMD = Server(host="127.0.0.1", port=free_port())
    first, second = document(), document()
    for _ in range(2 * ATTEMPTS):
        due_now()
        # The second is postponed with the first, without a request to clamd
        assert scanning.scan_due() == {ScanOutcome.AGAIN: 1}
    assert [fresh(one).scan_attempts for one in (first, second)] == [0, 0]
    assert scanning.scan_due() == {}
    assert {fresh(one).scan for one in (first, second)} == {Scan.PENDING}
    assert "the antivirus is away" in caplog.text
    with clamd_running() as antivirus:
        settings.CLAMD = antivirus.server
        due_now()
        assert scanning.scan_due() == {ScanOutcome.CLEAN: 2}


def test_a_document_whose_scan_is_killed_is_scanned_again(antivirus: Clamd, settings: Settings) -> None:
    attachment = document(bytes(500_000))
    read = scanning._content

    def killed_at_work(document: Attachment) -> Iterator[bytes]:
        for chunk in read(document):
            yield chunk
            antivirus.kill()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "_content", killed_at_work)
        assert scan(attachment) == ScanOutcome.AGAIN
    assert (fresh(attachment).scan, fresh(attachment).scan_attempts) == (Scan.PENDING, 1)
    due_now()
    assert scan(attachment) == ScanOutcome.AGAIN  # clamd is unavailable: this attempt does not count
    assert fresh(attachment).scan_attempts == 1
    antivirus.start()
    due_now()
    assert scan(attachment) == ScanOutcome.CLEAN


def test_a_mute_antivirus_costs_one_attempt_per_minute_for_all_documents(
    antivirus: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_scan = clamd.scan
    monkeypatch.setattr(clamd, "scan", lambda server, chunks: real_scan(server, chunks, seconds=0.2))
    documents = [document() for _ in range(3)]
    antivirus.signal(signal.SIGSTOP)
    assert scanning.scan_due() == {ScanOutcome.AGAIN: 1}
    assert scanning.scan_due() == {}
    assert sorted(fresh(one).scan_attempts for one in documents) == [0, 0, 1]
    antivirus.signal(signal.SIGCONT)
    due_now()
    assert scanning.scan_due() == {ScanOutcome.CLEAN: 3}


@pytest.mark.parametrize(
    "answer", [b"stream: Heuristics ERROR\0", b"INSTREAM size limit exceeded. ERROR\0", b"", b"OK"]
)
def test_a_document_without_a_verdict_is_tried_five_times_and_then_reported(
    fake: FakeClamd, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    fake.answer = answer
    attachment = document()
    outcomes, waits = [], []
    for _ in range(ATTEMPTS):
        due_now()
        outcomes.append(scan(attachment))
        waits.append(round((fresh(attachment).next_scan_at - timezone.now()).total_seconds() / 60))
    assert outcomes == [ScanOutcome.AGAIN] * 4 + [ScanOutcome.ERROR]
    assert waits[:4] == [1, 5, 15, 60]
    assert (fresh(attachment).scan, fresh(attachment).is_deliverable) == (Scan.ERROR, False)
    assert [record.levelname for record in caplog.records if "could not be scanned" in record.message] == [
        "ERROR"
    ]
    assert scan(attachment) == ScanOutcome.SKIPPED
    assert fake.connections == ATTEMPTS


def test_a_document_that_kills_its_processes_is_given_up_r4_12(fake: FakeClamd) -> None:
    attachment = document()
    Attachment.objects.update(scan_attempts=ATTEMPTS, leased_until=timezone.now() - timedelta(seconds=1))
    assert scan(attachment) == ScanOutcome.ERROR
    assert fake.connections == 0


def test_a_missing_or_changed_file_is_not_clean(fake: FakeClamd) -> None:
    """The antivirus may find an empty or other file clean, but it is not the customer's."""
    swapped, gone = document(), document()
    Attachment.objects.filter(pk=swapped.pk).update(sha256="0" * 64)
    private_storage().delete(str(gone.file.name))
    assert {scan(swapped), scan(gone)} == {ScanOutcome.AGAIN}
    assert {fresh(swapped).scan, fresh(gone).scan} == {Scan.PENDING}


def test_a_verdict_after_the_lease_was_lost_is_not_recorded(
    fake: FakeClamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = document()
    real_scan = clamd.scan

    def claimed_meanwhile(server: Server, chunks: Iterator[bytes]) -> clamd.ScanResult:
        Attachment.objects.update(lease_token="of another process")
        return real_scan(server, chunks)

    monkeypatch.setattr(clamd, "scan", claimed_meanwhile)
    scan(attachment)
    assert (fresh(attachment).scan, fresh(attachment).lease_token) == (Scan.PENDING, "of another process")


def test_a_document_that_another_process_scans_is_skipped(fake: FakeClamd) -> None:
    attachment = document()
    Attachment.objects.update(leased_until=timezone.now() + timedelta(seconds=100))
    assert scan(attachment) == ScanOutcome.SKIPPED
    assert fake.connections == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_scan_a_document_once(fake: FakeClamd) -> None:
    documents = [document() for _ in range(5)]
    together = Barrier(2)

    def work(_number: int) -> Counter[ScanOutcome]:
        together.wait()
        try:
            return Counter(scan(each) for each in documents)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        counts = sum(pool.map(work, range(2)), Counter[ScanOutcome]())
    assert counts == {ScanOutcome.CLEAN: 5, ScanOutcome.SKIPPED: 5}
    assert fake.connections == 5


def test_a_request_is_registered_with_the_antivirus_down_and_its_documents_wait(
    settings: Settings,
) -> None:
    """P2: the antivirus must not delay a request."""
    settings.CLAMD = Server(path="/nonexistent/clamd.ctl")
    assert filled_form(visitor(cast.ana())).post(attachments=pdf()).status_code == 303
    attachment = Attachment.objects.get()
    assert attachment.scan == Scan.PENDING
    assert scanning.scan_each(attachment.ticket.attachments.all()) == {ScanOutcome.AGAIN: 1}


def test_a_ticket_with_documents_enqueues_one_scan_and_none_without_an_antivirus(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueued: list[int] = []

    def enqueue(task: str, pk: int) -> None:
        if task == "tickets.tasks.scan_documents":
            enqueued.append(pk)

    monkeypatch.setattr("jobs.enqueue.enqueue_on_commit", enqueue)
    client = visitor(cast.ana())
    filled_form(client).post(attachments=[pdf("a.pdf"), pdf("b.pdf", PDF + b"\n")])
    assert enqueued == []
    settings.CLAMD = Server(path="/nonexistent/clamd.ctl")
    filled_form(client, details="Otra línea").post(attachments=[pdf("a.pdf"), pdf("b.pdf", PDF + b"\n")])
    filled_form(client).post()
    assert enqueued == [Ticket.objects.order_by("pk")[1].pk]


def test_the_sweep_scans_documents_that_no_worker_scanned_in_time(antivirus: Clamd) -> None:
    assert "antivirus" in sweep.names()
    attachment = document()
    assert sweep.run("antivirus") == 0  # the worker has five seconds first
    Attachment.objects.update(next_scan_at=timezone.now() - timedelta(minutes=1))
    assert sweep.run("antivirus") == 1
    assert fresh(attachment).scan == Scan.CLEAN


def test_a_rescan_clears_a_false_alarm_and_skips_a_document_being_scanned(antivirus: Clamd) -> None:
    alarm, busy = document(), document()
    Attachment.objects.filter(pk=alarm.pk).update(scan=Scan.INFECTED, signature="False.Alarm")
    Attachment.objects.filter(pk=busy.pk).update(leased_until=timezone.now() + timedelta(seconds=100))
    assert scanning.scan_again(Attachment.objects.all(), actor="operaciones") == 1
    assert scan(alarm) == ScanOutcome.CLEAN
    assert fresh(alarm).signature == ""
    assert [(event.what, event.actor) for event in alarm.events.all()] == [("rescan", "operaciones")]
    assert not busy.events.exists()


def test_every_model_of_scanned_documents_is_registered_with_its_audit() -> None:
    """Only registered models are scanned: the documents of another one would stay pending. Without
    `events` a virus could not be recorded.
    """
    kept = [model for model in apps.get_models() if issubclass(model, ScannedDocument)]
    assert set(scanning.registered()) == set(kept) >= {Attachment}
    for model in kept:
        assert ["scan", "next_scan_at"] in [index.fields for index in model._meta.indexes]
        [audit] = [
            relation.related_model for relation in model._meta.related_objects if relation.name == "events"
        ]
        assert issubclass(audit, DocumentEvent)
        assert model().owner_in_logs


def test_the_documents_of_all_models_are_scanned_in_the_order_of_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model with many due documents does not keep those of another waiting."""
    monkeypatch.setattr(scanning, "BATCH_SIZE", 3)
    now, made = timezone.now(), [document() for _ in range(5)]
    for age, each in enumerate(made):
        Attachment.objects.filter(pk=each.pk).update(next_scan_at=now - timedelta(minutes=age))
    odd, even = ([each.pk for each in made[start::2]] for start in (0, 1))
    due = scanning._oldest(Attachment.objects.filter(pk__in=pks) for pks in (odd, even))
    assert due == [(Attachment, each.pk) for each in (made[4], made[3], made[2])]
