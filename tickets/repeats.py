"""The same request twice: asked about, not registered in silence (A23); and requests like it, shown
before confirming.

What counts as the same content is what was asked: the reason, the details and the documents, of one
company and request type. Names, e-mail and telephone do not: another administrator, or another
device, sends others with the same request.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from companies.models import Company
from tickets.models import LatestRequest, Reason, RequestType, Ticket

WINDOW = timedelta(hours=24)  # A23
MOST_SHOWN = 3
TABLE = LatestRequest._meta.db_table  # noqa: SLF001  Django's public `_meta`
# One statement on both engines: of two requests at once the second waits for the first, then finds
# its row and may not change it. The number on the button that registers a repeated request works
# once: then the row names another ticket.
CLAIM = f"""
    INSERT INTO {TABLE} (company_id, request_type_id, content, ticket_id, at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (company_id, request_type_id, content)
    DO UPDATE SET ticket_id = excluded.ticket_id, at = excluded.at
    WHERE {TABLE}.at <= %s OR {TABLE}.ticket_id = %s
"""  # noqa: S608  a table's name, nothing that anybody typed


def content_of(reason: Reason, details: str, documents: Iterable[str]) -> str:
    """The digest of what is asked. `documents` are SHA-256 digests: the same file under another
    name is the same.

    Case, line ends and spaces of the details do not count: telephones write them their own way.
    """
    text = " ".join(unicodedata.normalize("NFKC", details).casefold().split())
    return hashlib.sha256(json.dumps([reason.pk, text, sorted(set(documents))]).encode()).hexdigest()


def claim(ticket: Ticket, content: str, repeats: int | None) -> bool:
    """Make this ticket the last one of its content, in its transaction. False: another one of the
    last 24 hours is.

    `repeats` is the number of that other one, where the customer has read it and asks for one more
    anyway.
    """
    at = connection.ops.adapt_datetimefield_value
    values: list[Any] = [
        ticket.company_id,
        ticket.request_type_id,
        content,
        ticket.pk,
        at(ticket.confirmed_at),
    ]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [*values, at(ticket.confirmed_at - WINDOW), repeats])
        return bool(cursor.rowcount == 1)


def last_of(company: Company, request_type: RequestType, content: str) -> QuerySet[Ticket]:
    """The last ticket of this content, if there is one."""
    found = Ticket.objects.filter(latest_of__company=company, latest_of__request_type=request_type)
    return found.filter(latest_of__content=content).select_related("administrator")


def similar_to(company: Company, request_type: RequestType, reason: str) -> list[Ticket]:
    """Open requests of the same day, type and reason: shown, never in the way. Without a reason
    chosen, of any.
    """
    today = datetime.combine(timezone.localdate(), time.min, tzinfo=timezone.get_current_timezone())
    found = Ticket.objects.filter(company=company, request_type=request_type, confirmed_at__gte=today)
    if reason:
        found = found.filter(reason_text=reason)
    return list(found.exclude(status=Ticket.Status.CLOSED).select_related("administrator")[:MOST_SHOWN])


def forget_old(now: datetime) -> int:
    """Delete what stops no request any more. Returns how many rows went."""
    return LatestRequest.objects.filter(at__lte=now - WINDOW).delete()[0]
