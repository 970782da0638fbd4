"""Repeated requests: an equal one needs the customer's consent (A23), a similar one is only shown.

Two requests are the same if company, request type, reason, details, answers, lines and documents
are equal. Names, e-mail and phone do not count: another administrator or device may send others.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from companies.models import Company
from tickets.models import LatestRequest, Reason, RequestType, Ticket

WINDOW = timedelta(hours=24)  # A23
MAX_SHOWN = 3
TABLE = LatestRequest._meta.db_table  # noqa: SLF001  Django's public `_meta`
# One statement on both engines: of two simultaneous requests, the second waits for the first, then
# finds its row and cannot change it. A customer's consent to repeat a ticket works once, because
# the row then names the new ticket.
CLAIM = f"""
    INSERT INTO {TABLE} (company_id, request_type_id, content, ticket_id, at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (company_id, request_type_id, content)
    DO UPDATE SET ticket_id = excluded.ticket_id, at = excluded.at
    WHERE {TABLE}.at <= %s OR {TABLE}.ticket_id = %s
"""  # noqa: S608  the name of a table, no input

SIMILAR = f"""
    SELECT number FROM {Ticket._meta.db_table}
    WHERE company_id = %s AND request_type_id = %s AND registered_at >= %s AND status <> %s
    AND (%s = '' OR reason_text = %s)
    ORDER BY number DESC LIMIT {MAX_SHOWN}
"""  # noqa: S608, SLF001  the name of a table, no input


def content_of(
    reason: Reason | None,
    details: str,
    documents: Iterable[str],
    answers: Iterable[Mapping[str, str]] = (),
    lines: Iterable[list[str]] = (),
) -> str:
    """Return the digest of what is requested. `documents` are SHA-256 digests of their content.

    Case, line ends and spaces in the details and in a new holder's name do not count, because phone
    keyboards change them.
    """
    content: list[Any] = [reason.pk if reason else None, _plain(details), sorted(set(documents))]
    given = sorted([answer["name"], answer["value"]] for answer in answers)
    asked = sorted([_plain(text) for text in line] for line in lines)
    if given or asked:
        content.append(given)
    if asked:
        content.append(asked)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def claim(ticket: Ticket, content: str, repeats: int | None) -> bool:
    """Record the ticket as the latest one of its content; False if the last 24 hours have another.

    `repeats` is the number of that other ticket, if the customer saw it and repeats it anyway. Runs
    in the ticket's transaction.
    """
    at = connection.ops.adapt_datetimefield_value
    values: list[Any] = [
        ticket.company_id,
        ticket.request_type_id,
        content,
        ticket.pk,
        at(ticket.registered_at),
    ]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [*values, at(ticket.registered_at - WINDOW), repeats])
        return bool(cursor.rowcount == 1)


def last_of(company: Company, request_type: RequestType, content: str) -> QuerySet[Ticket]:
    """Return a query of the latest ticket of this content."""
    found = Ticket.objects.filter(latest_of__company=company, latest_of__request_type=request_type)
    return found.filter(latest_of__content=content).select_related("administrator")


def similar_to(
    company: Company, request_type: RequestType, reason: str, open_tickets: Iterable[int] = ()
) -> list[Ticket]:
    """Return up to three similar open requests of this type; they never prevent a new one.

    A request is similar if it has some of the same lines (`open_tickets`), or if it is of today and
    has the same reason. An empty `reason` stands for any.
    """
    today = datetime.combine(timezone.localdate(), time.min, tzinfo=timezone.get_current_timezone())
    at = connection.ops.adapt_datetimefield_value(today)
    with connection.cursor() as cursor:
        # Plain SQL, because each form runs it and most find nothing: composing Django's query took
        # a quarter of the page's time
        cursor.execute(SIMILAR, [company.pk, request_type.pk, at, Ticket.Status.CLOSED.value, reason, reason])
        numbers = [*open_tickets, *(row[0] for row in cursor.fetchall())]
    if not numbers:
        return []
    same_type = Ticket.objects.filter(pk__in=numbers, request_type=request_type)
    found = same_type.select_related("administrator").in_bulk()
    return [found[number] for number in dict.fromkeys(numbers) if number in found][:MAX_SHOWN]


def delete_old(now: datetime) -> int:
    """Delete the rows older than 24 hours. Returns their number."""
    return LatestRequest.objects.filter(at__lte=now - WINDOW).delete()[0]
