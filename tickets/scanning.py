"""Has the antivirus look at each document: claim, scan, record (R3.18), as the outbox does with messages.

With nobody to ask, a document stays pending for as long as it takes; what the antivirus cannot judge is tried five
times and then left to the staff. No transaction is open while the store or clamd is awaited.
"""

import hashlib
import logging
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from attachments import clamd
from jobs import courier, sweep
from tickets import workflow
from tickets.emails import mails
from tickets.models import Attachment, AttachmentEvent, AttachmentQuerySet, Ticket

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any scan: a task ends after 60 s
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  # between the tries
ATTEMPTS = len(WAITS) + 1  # R3.18
AWAY_WAIT = timedelta(minutes=1)  # for everything there is to scan, when nobody answers
HEAD_START = timedelta(seconds=5)  # what the sweep leaves to the worker
BITE = 50  # documents a sweep takes at once
BITE_SECONDS = 10  # and for how long: one more may take the antivirus's whole time limit, and a task ends after 45 s

Scan = Attachment.Scan
What = AttachmentEvent.What


class Outcome(StrEnum):
    """What a call did for the document."""

    CLEAN = "clean"
    INFECTED = "infected"
    ERROR = "error"
    AGAIN = "again"  # it will be tried again
    NOT_OURS = "not_ours"  # not due, judged already, taken by somebody else, or no antivirus is configured


class NotWhatWasSent(Exception):
    """The stored file is not the one that was received."""


def ask_on_commit(ticket: Ticket) -> None:
    """Tell the worker of a new ticket's documents once they are committed; the sweep sees to what it never hears of."""
    if settings.CLAMD is not None:
        courier.nudge_on_commit("tickets.tasks.scan_documents", ticket.pk)


def scan_ticket(number: int) -> Counter[Outcome]:
    """Scan what there is to scan of one ticket."""
    return _scan_each(Attachment.objects.to_scan(timezone.now()).filter(ticket=number))


def scan_due(head_start: timedelta = timedelta(0)) -> Counter[Outcome]:
    """Scan what is due and has been for `head_start`, oldest first; a bite of it."""
    return _scan_each(Attachment.objects.to_scan(timezone.now() - head_start))


def sweep_documents() -> int:
    """The sweep of this app: what the worker did not scan in time. Returns how many documents it handled."""
    counts = scan_due(HEAD_START)
    return counts.total() - counts[Outcome.NOT_OURS]


def scan_again(documents: AttachmentQuerySet, *, actor: str) -> int:
    """Let documents be scanned as if they were new; whoever asks is written down. One being scanned is left alone."""
    asked, now = 0, timezone.now()
    for pk in documents.values_list("pk", flat=True):
        free = documents.filter(pk=pk).exclude(leased_until__gt=now)
        with transaction.atomic():
            if free.update(scan=Scan.PENDING, scan_attempts=0, next_scan_at=now, leased_until=None, lease_token=""):
                AttachmentEvent.objects.create(attachment_id=pk, at=now, what=What.RESCAN, actor=actor[:150])
                asked += 1
    return asked


def scan(pk: int) -> Outcome:
    """Scan one document, if it is its turn and nobody is at it. Calling it twice scans once."""
    return _scan(pk)[0]


def _scan_each(documents: AttachmentQuerySet) -> Counter[Outcome]:
    counts: Counter[Outcome] = Counter()
    if settings.CLAMD is None:
        return counts
    ends = time.monotonic() + BITE_SECONDS
    for pk in list(documents.order_by("next_scan_at", "pk").values_list("pk", flat=True)[:BITE]):
        if sweep.stopping() or time.monotonic() > ends:
            break
        outcome, answers = _scan(pk)
        counts[outcome] += 1
        if not answers:
            break
    return counts


def _scan(pk: int) -> tuple[Outcome, bool]:
    """Also says whether the antivirus answers: where it does not, a batch ends."""
    server = settings.CLAMD
    document = _claim(pk) if server is not None else None
    if server is None or document is None:
        return Outcome.NOT_OURS, True
    if document.scan_attempts > ATTEMPTS:  # process after process ended while at it
        return _give_up(document, "no outcome"), True
    return _ask(server, document)


def _ask(server: clamd.Server, document: Attachment) -> tuple[Outcome, bool]:
    try:
        verdict = clamd.scan(server, _content(document))
    except SoftTimeLimitExceeded:
        raise  # the worker is being stopped: the lease runs out and the document is scanned then
    except clamd.ServerAway as error:
        # No fault of the document's: it does not count
        logger.error("the antivirus is away (%s): documents wait", error)  # noqa: TRY400  a traceback tells no more
        _record(document, scan_attempts=document.scan_attempts - 1, next_scan_at=timezone.now() + AWAY_WAIT)
        _all_wait()
        return Outcome.AGAIN, False
    except clamd.ScanFailed as error:
        answers = not isinstance(error, clamd.ServerStuck)
        if not answers:
            _all_wait()
        return _try_again(document, str(error)), answers
    except Exception as error:
        logger.exception("attachment %d cannot be read for the antivirus", document.pk)
        return _try_again(document, type(error).__name__), True
    return (_set_apart(document, verdict.signature) if verdict.infected else _clear(document)), True


def _claim(pk: int) -> Attachment | None:
    now = timezone.now()
    token = secrets.token_hex(16)
    claimed = Attachment.objects.to_scan(now).filter(pk=pk)
    # Counted before it is read, so that a process that dies of it has counted
    if not claimed.update(leased_until=now + LEASE, lease_token=token, scan_attempts=F("scan_attempts") + 1):
        return None
    return Attachment.objects.select_related("ticket__company").filter(pk=pk, lease_token=token).first()


def _content(document: Attachment) -> Iterator[bytes]:
    """The stored file in pieces; at the end, whether it was the one that the row tells of. Raises NotWhatWasSent."""
    digest = hashlib.sha256()
    with document.file.open("rb") as file:
        for chunk in file.chunks():
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != document.sha256:
        raise NotWhatWasSent


def _clear(document: Attachment) -> Outcome:
    _record(document, scan=Scan.CLEAN, signature="", scanned_at=timezone.now())
    return Outcome.CLEAN


def _set_apart(document: Attachment, signature: str) -> Outcome:
    """The verdict, its line in the ticket's history and the messages about it are one transaction (R4.01)."""
    name = "".join(character for character in signature if character.isprintable())[:200]
    with transaction.atomic():
        if _record(document, scan=Scan.INFECTED, signature=name, scanned_at=timezone.now()):
            document.signature = name
            ticket = document.ticket
            note = _("El antivirus apartó el documento «{name}»: {signature}.")
            workflow.record_event(
                ticket,
                ticket.status,
                before=ticket.status,
                actor_name=_("Antivirus"),
                note=note.format(name=document.original_name, signature=name),
            )
            mails.infected_to_advisor(document)
            mails.infected_to_customer(document)
    logger.warning("attachment %d of ticket %d is infected and set apart", document.pk, document.ticket_id)
    return Outcome.INFECTED


def _try_again(document: Attachment, reason: str) -> Outcome:
    if document.scan_attempts >= ATTEMPTS:
        return _give_up(document, reason)
    logger.warning("attachment %d, scan %d: %s", document.pk, document.scan_attempts, reason)
    _record(document, next_scan_at=timezone.now() + WAITS[document.scan_attempts - 1])
    return Outcome.AGAIN


def _give_up(document: Attachment, reason: str) -> Outcome:
    logger.error("attachment %d could not be scanned in %d tries: %s", document.pk, ATTEMPTS, reason)
    _record(document, scan=Scan.ERROR)
    return Outcome.ERROR


def _all_wait() -> None:
    """Put off whatever else is due, in every process: the next one would fare no better."""
    now = timezone.now()
    Attachment.objects.to_scan(now).update(next_scan_at=now + AWAY_WAIT)


def _record(document: Attachment, **values: object) -> bool:
    """Write what became of it, unless the lease ran out and somebody else took the document since."""
    mine = Attachment.objects.filter(pk=document.pk, scan=Scan.PENDING, lease_token=document.lease_token)
    if mine.update(leased_until=None, lease_token="", **values):
        return True
    logger.warning("attachment %d: the lease ran out before the outcome was known", document.pk)
    return False
