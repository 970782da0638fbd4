"""Scans documents with the antivirus: claim, scan, record (R3.18).

Each app registers its model of documents, and what it does about an infected one. While the
antivirus is unavailable a document stays pending; one that cannot be scanned is tried five times
and then left to the staff. No transaction is open while the store or clamd is awaited.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from operator import itemgetter
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from attachments import clamd
from attachments.models import DocumentEvent, ScannedDocument
from jobs import leases

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any scan: a task is killed after 60 s
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  # between the attempts
ATTEMPTS = len(WAITS) + 1  # R3.18
UNAVAILABLE_WAIT = timedelta(minutes=1)  # for all documents, when clamd does not answer
WORKER_GRACE = timedelta(seconds=5)  # the worker has this long before the sweep scans
BATCH_SIZE = 50  # documents that a sweep takes at most
# Seconds after which a sweep begins no further scan. That scan may take clamd's whole time limit,
# 30 s, and a task has 45 s (CELERY_TASK_SOFT_TIME_LIMIT)
BATCH_SECONDS = 10

Scan = ScannedDocument.Scan
What = DocumentEvent.What
Model = type[ScannedDocument]
Documents = models.QuerySet[Any]  # of a registered model

# What each registered model's app does about an infected document
_on_infected: dict[Model, Callable[[Any], None]] = {}


class ScanOutcome(StrEnum):
    """What a call did with the document."""

    CLEAN = "clean"
    INFECTED = "infected"
    ERROR = "error"
    AGAIN = "again"  # it will be tried again
    SKIPPED = (
        "not_ours"  # not due, scanned already, claimed by another process, or no antivirus is configured
    )


class ChecksumMismatch(Exception):
    """The stored file is not the one that was received."""


def register(model: Model, on_infected: Callable[[Any], None]) -> None:
    """Scan the documents of this model. `on_infected` is called in the transaction of the verdict.

    If it raises, the verdict is not written, and the document is scanned again when its lease has
    run out.
    """
    _on_infected[model] = on_infected


def registered() -> list[Model]:
    return list(_on_infected)


def scan_each(documents: Documents) -> Counter[ScanOutcome]:
    """Scan those documents of one model that are due. Ends after 50 documents or 10 seconds."""
    return _scan_each([documents & documents.model.objects.to_scan(timezone.now())])


def scan_due(grace: timedelta = timedelta(0)) -> Counter[ScanOutcome]:
    """Scan the documents of every model that have been due for `grace`, oldest first.

    Ends after 50 documents or 10 seconds.
    """
    return _scan_each(model.objects.to_scan(timezone.now() - grace) for model in registered())


def sweep_documents() -> int:
    """Scan what the worker did not scan in time. Returns how many documents were handled."""
    counts = scan_due(WORKER_GRACE)
    return counts.total() - counts[ScanOutcome.SKIPPED]


def scan_again(documents: Documents, *, actor: str) -> int:
    """Let documents be scanned as if they were new, and record who asked. Returns how many.

    A document that is being scanned is left alone.
    """
    count, now = 0, timezone.now()
    for document in documents.only("pk"):
        unleased = documents.filter(leases.free(now), pk=document.pk)
        with transaction.atomic():
            if unleased.update(
                scan=Scan.PENDING, scan_attempts=0, next_scan_at=now, leased_until=None, lease_token=""
            ):
                document.events.create(at=now, what=What.RESCAN, actor=actor[:150])
                count += 1
    return count


def scan(document: ScannedDocument) -> ScanOutcome:
    """Scan one document, if it is due and no other process is scanning it. A second call scans
    nothing.
    """
    return _scan(type(document), document.pk)[0]


def _scan_each(due: Iterable[Documents]) -> Counter[ScanOutcome]:
    if settings.CLAMD is None:
        return Counter()
    return leases.work_through(_oldest(due), lambda found: _scan(*found), seconds=BATCH_SECONDS)


def _oldest(due: Iterable[Documents]) -> list[tuple[Model, Any]]:
    """Return the 50 documents, of all models together, that have waited longest."""
    found = [
        (at, pk, documents.model)
        for documents in due
        for at, pk in documents.order_by("next_scan_at", "pk").values_list("next_scan_at", "pk")[:BATCH_SIZE]
    ]
    return [(model, pk) for _at, pk, model in sorted(found, key=itemgetter(0))[:BATCH_SIZE]]


def _scan(model: Model, pk: Any) -> tuple[ScanOutcome, bool]:
    """Claim and scan one document. Also returns whether the antivirus is available for the next
    one.
    """
    if settings.CLAMD is None:
        return ScanOutcome.SKIPPED, True
    # Counted in the claim, so that a process that dies while scanning has counted
    due = model.objects.to_scan(timezone.now())
    document = leases.claim(due, pk, LEASE, scan_attempts=F("scan_attempts") + 1)
    if document is None:
        return ScanOutcome.SKIPPED, True
    if document.scan_attempts > ATTEMPTS:  # the process of the last attempt recorded nothing
        return _give_up(document, "no outcome"), True
    return _scan_content(settings.CLAMD, document)


def _scan_content(server: clamd.Server, document: ScannedDocument) -> tuple[ScanOutcome, bool]:
    try:
        result = clamd.scan(server, _content(document))
    except SoftTimeLimitExceeded:
        raise  # the worker is being stopped: the document is scanned when its lease has run out
    except clamd.Unavailable as error:
        # The attempt does not count: the document did not cause it
        logger.error("the antivirus is away (%s): documents wait", error)  # noqa: TRY400  a traceback adds nothing
        next_at = timezone.now() + UNAVAILABLE_WAIT
        leases.record(document, scan_attempts=document.scan_attempts - 1, next_scan_at=next_at)
        _postpone_all()
        return ScanOutcome.AGAIN, False
    except clamd.ScanFailed as error:
        available = not isinstance(error, clamd.Timeout)
        if not available:
            _postpone_all()
        return _try_again(document, str(error)), available
    except Exception as error:
        logger.exception("%s cannot be read for the antivirus", document.name_in_logs)
        return _try_again(document, type(error).__name__), True
    if result.infected:
        return _quarantine(document, result.signature), True
    leases.record(document, scan=Scan.CLEAN, signature="", scanned_at=timezone.now())
    return ScanOutcome.CLEAN, True


def _content(document: ScannedDocument) -> Iterator[bytes]:
    """Read the stored file in pieces. Raises ChecksumMismatch at its end if it is not the received
    one.
    """
    digest = hashlib.sha256()
    with document.file.open("rb") as file:
        for chunk in file.chunks():
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != document.sha256:
        raise ChecksumMismatch


def _quarantine(document: ScannedDocument, signature: str) -> ScanOutcome:
    """Record the verdict and, in the same transaction, what the app of the document does about it
    (R4.01).
    """
    name = "".join(character for character in signature if character.isprintable())[:200]
    with transaction.atomic():
        if leases.record(document, scan=Scan.INFECTED, signature=name, scanned_at=timezone.now()):
            document.signature = name
            _on_infected[type(document)](document)
    logger.warning("%s of %s is infected and quarantined", document.name_in_logs, document.owner_in_logs)
    return ScanOutcome.INFECTED


def _try_again(document: ScannedDocument, reason: str) -> ScanOutcome:
    if document.scan_attempts >= ATTEMPTS:
        return _give_up(document, reason)
    logger.warning("%s, scan %d: %s", document.name_in_logs, document.scan_attempts, reason)
    leases.record(document, next_scan_at=timezone.now() + WAITS[document.scan_attempts - 1])
    return ScanOutcome.AGAIN


def _give_up(document: ScannedDocument, reason: str) -> ScanOutcome:
    logger.error("%s could not be scanned in %d tries: %s", document.name_in_logs, ATTEMPTS, reason)
    leases.record(document, scan=Scan.ERROR)
    return ScanOutcome.ERROR


def _postpone_all() -> None:
    """Postpone every due document of every model: the next one would meet the same unavailable
    server.
    """
    now = timezone.now()
    for model in registered():
        model.objects.to_scan(now).update(next_scan_at=now + UNAVAILABLE_WAIT)
