"""Scans documents with the antivirus: claim, scan, record (R3.18), as the outbox does with
messages.

Each app registers its model of documents, and what it does about an infected one. While the
antivirus is away a document stays pending; one that the antivirus cannot judge is tried five times
and then left to the staff. No transaction is open while the store or clamd is awaited.
"""

import hashlib
import logging
import secrets
import time
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
from jobs import sweep

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any scan: a task ends after 60 s
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  # between the tries
ATTEMPTS = len(WAITS) + 1  # R3.18
AWAY_WAIT = timedelta(minutes=1)  # for everything there is to scan, when nobody answers
WORKER_GRACE = timedelta(seconds=5)  # what the sweep leaves to the worker
BATCH_SIZE = 50  # documents a sweep takes at once
# And for how long: one more may take the antivirus's whole time limit, and a task ends after 45 s
BATCH_SECONDS = 10

Scan = ScannedDocument.Scan
What = DocumentEvent.What
Model = type[ScannedDocument]
Documents = models.QuerySet[Any]  # of a registered model

# The models that are scanned, and what follows on a virus
_on_infected: dict[Model, Callable[[Any], None]] = {}


class ScanOutcome(StrEnum):
    """What a call did for the document."""

    CLEAN = "clean"
    INFECTED = "infected"
    ERROR = "error"
    AGAIN = "again"  # it will be tried again
    SKIPPED = "not_ours"  # not due, judged already, taken by somebody else, or no antivirus is configured


class ChecksumMismatch(Exception):
    """The stored file is not the one that was received."""


def register(model: Model, on_infected: Callable[[Any], None]) -> None:
    """Scan the documents of this model. `on_infected` gets an infected document in the transaction
    of its verdict.

    If it raises, the verdict is not written, and the document is scanned again when its lease has
    run out.
    """
    _on_infected[model] = on_infected


def registered() -> list[Model]:
    return list(_on_infected)


def scan_each(documents: Documents) -> Counter[ScanOutcome]:
    """Scan those of these documents, of one model, that are due;
    50 of them or 10 seconds at most.
    """
    return _scan_each([documents & documents.model.objects.to_scan(timezone.now())])


def scan_due(head_start: timedelta = timedelta(0)) -> Counter[ScanOutcome]:
    """Scan what has been due for `head_start`, oldest first, of every model; 50 documents or 10
    seconds at most.
    """
    return _scan_each(model.objects.to_scan(timezone.now() - head_start) for model in registered())


def sweep_documents() -> int:
    """Scan what the worker did not scan in time. Returns how many documents it handled."""
    counts = scan_due(WORKER_GRACE)
    return counts.total() - counts[ScanOutcome.SKIPPED]


def scan_again(documents: Documents, *, actor: str) -> int:
    """Let documents be scanned as if they were new; whoever asks is written down. One being scanned
    is left alone.
    """
    asked, now = 0, timezone.now()
    for document in documents.only("pk"):
        free = documents.filter(pk=document.pk).exclude(leased_until__gt=now)
        with transaction.atomic():
            if free.update(
                scan=Scan.PENDING, scan_attempts=0, next_scan_at=now, leased_until=None, lease_token=""
            ):
                document.events.create(at=now, what=What.RESCAN, actor=actor[:150])
                asked += 1
    return asked


def scan(document: ScannedDocument) -> ScanOutcome:
    """Scan one document, if it is its turn and nobody is at it. Calling it twice scans once."""
    return _scan(type(document), document.pk)[0]


def _scan_each(due: Iterable[Documents]) -> Counter[ScanOutcome]:
    counts: Counter[ScanOutcome] = Counter()
    if settings.CLAMD is None:
        return counts
    ends = time.monotonic() + BATCH_SECONDS
    for model, pk in _oldest(due):
        if sweep.stopping() or time.monotonic() > ends:
            break
        outcome, answers = _scan(model, pk)
        counts[outcome] += 1
        if not answers:
            break
    return counts


def _oldest(due: Iterable[Documents]) -> list[tuple[Model, Any]]:
    """The documents, of all models together, that have waited longest; `BITE` of them."""
    found = [
        (at, pk, documents.model)
        for documents in due
        for at, pk in documents.order_by("next_scan_at", "pk").values_list("next_scan_at", "pk")[:BATCH_SIZE]
    ]
    return [(model, pk) for _at, pk, model in sorted(found, key=itemgetter(0))[:BATCH_SIZE]]


def _scan(model: Model, pk: Any) -> tuple[ScanOutcome, bool]:
    """Also says whether the antivirus answers: where it does not, a batch ends."""
    server = settings.CLAMD
    document = _claim(model, pk) if server is not None else None
    if server is None or document is None:
        return ScanOutcome.SKIPPED, True
    if document.scan_attempts > ATTEMPTS:  # process after process ended while at it
        return _give_up(document, "no outcome"), True
    return _scan_content(server, document)


def _scan_content(server: clamd.Server, document: ScannedDocument) -> tuple[ScanOutcome, bool]:
    try:
        verdict = clamd.scan(server, _content(document))
    except SoftTimeLimitExceeded:
        raise  # the worker is being stopped: the lease runs out and the document is scanned then
    except clamd.Unavailable as error:
        # No fault of the document's: it does not count
        logger.error("the antivirus is away (%s): documents wait", error)  # noqa: TRY400  a traceback tells no more
        _record(document, scan_attempts=document.scan_attempts - 1, next_scan_at=timezone.now() + AWAY_WAIT)
        _postpone_all()
        return ScanOutcome.AGAIN, False
    except clamd.ScanFailed as error:
        answers = not isinstance(error, clamd.Timeout)
        if not answers:
            _postpone_all()
        return _try_again(document, str(error)), answers
    except Exception as error:
        logger.exception("%s cannot be read for the antivirus", document.name_in_logs)
        return _try_again(document, type(error).__name__), True
    return (_quarantine(document, verdict.signature) if verdict.infected else _clear(document)), True


def _claim(model: Model, pk: Any) -> ScannedDocument | None:
    now = timezone.now()
    token = secrets.token_hex(16)
    claimed = model.objects.to_scan(now).filter(pk=pk)
    # Counted before it is read, so that a process that dies of it has counted
    if not claimed.update(leased_until=now + LEASE, lease_token=token, scan_attempts=F("scan_attempts") + 1):
        return None
    return model.objects.filter(pk=pk, lease_token=token).first()


def _content(document: ScannedDocument) -> Iterator[bytes]:
    """The stored file in pieces; at the end, whether it was the one that the row tells of. Raises
    ChecksumMismatch.
    """
    digest = hashlib.sha256()
    with document.file.open("rb") as file:
        for chunk in file.chunks():
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != document.sha256:
        raise ChecksumMismatch


def _clear(document: ScannedDocument) -> ScanOutcome:
    _record(document, scan=Scan.CLEAN, signature="", scanned_at=timezone.now())
    return ScanOutcome.CLEAN


def _quarantine(document: ScannedDocument, signature: str) -> ScanOutcome:
    """Record the verdict, and in the same transaction what the app of the document does about it
    (R4.01).
    """
    name = "".join(character for character in signature if character.isprintable())[:200]
    with transaction.atomic():
        if _record(document, scan=Scan.INFECTED, signature=name, scanned_at=timezone.now()):
            document.signature = name
            _on_infected[type(document)](document)
    logger.warning("%s of %s is infected and set apart", document.name_in_logs, document.owner_in_logs)
    return ScanOutcome.INFECTED


def _try_again(document: ScannedDocument, reason: str) -> ScanOutcome:
    if document.scan_attempts >= ATTEMPTS:
        return _give_up(document, reason)
    logger.warning("%s, scan %d: %s", document.name_in_logs, document.scan_attempts, reason)
    _record(document, next_scan_at=timezone.now() + WAITS[document.scan_attempts - 1])
    return ScanOutcome.AGAIN


def _give_up(document: ScannedDocument, reason: str) -> ScanOutcome:
    logger.error("%s could not be scanned in %d tries: %s", document.name_in_logs, ATTEMPTS, reason)
    _record(document, scan=Scan.ERROR)
    return ScanOutcome.ERROR


def _postpone_all() -> None:
    """Put off whatever else is due, in every process: the next one would fare no better."""
    now = timezone.now()
    for model in registered():
        model.objects.to_scan(now).update(next_scan_at=now + AWAY_WAIT)


def _record(document: ScannedDocument, **values: object) -> bool:
    """Write what became of it, unless the lease ran out and
    somebody else took the document since.
    """
    mine = type(document).objects.filter(pk=document.pk, scan=Scan.PENDING, lease_token=document.lease_token)
    if mine.update(leased_until=None, lease_token="", **values):
        return True
    logger.warning("%s: the lease ran out before the outcome was known", document.name_in_logs)
    return False
