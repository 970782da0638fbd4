"""Leases: one process at a time works on a row, and the row survives the death of that process.

`claim` marks a due row with a token and an end, by a conditional UPDATE: of two processes, one gets
the row (R4.04). The process then works with no transaction open. `record` writes the outcome and
ends the lease, unless another process has claimed the row meanwhile.

If a process is killed before the claim commits or after the record, nothing is repeated. If it is
killed in between, the work is done again when the lease has run out. A caller that must limit
repetitions counts the attempt in the claim (`values`), so that the attempt of a killed process
counts too.

Messages, codes and scans use leases. Their modules define when a row is due, how often it is tried
and what happens after the last attempt.
"""

import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db import Error as DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs import sweep

logger = logging.getLogger(__name__)


class Leased(models.Model):
    """A row that one process at a time may work on."""

    leased_until = models.DateTimeField(_("tomado hasta"), null=True)
    lease_token = models.CharField(max_length=32, blank=True)

    class Meta:
        abstract = True


R = TypeVar("R", bound=Leased)
T = TypeVar("T")
Outcome = TypeVar("Outcome")


def free(now: datetime) -> models.Q:
    """Rows that no process holds, or whose lease has run out."""
    return models.Q(leased_until=None) | models.Q(leased_until__lte=now)


def claim_each(
    due: "models.QuerySet[R, R]", pks: Sequence[Any], lease: timedelta, **values: object
) -> list[R]:
    """Claim those of the rows that are still due, and write `values` in the same UPDATE. Returns
    them in the order of `pks`.
    """
    pks = list(dict.fromkeys(pks))  # a key named twice is one row
    token = secrets.token_hex(16)
    changes = {"leased_until": timezone.now() + lease, "lease_token": token, **values}
    if not due.filter(pk__in=pks).update(**changes):
        return []
    # Not from `due`: a claimed row is no longer due
    claimed: dict[Any, R] = models.QuerySet(due.model).filter(lease_token=token).in_bulk(pks)
    return [claimed[pk] for pk in pks if pk in claimed]


def claim(due: "models.QuerySet[R, R]", pk: object, lease: timedelta, **values: object) -> R | None:
    """Claim one row. Returns None if it is not due or another process was faster."""
    return next(iter(claim_each(due, [pk], lease, **values)), None)


def held(row: R) -> "models.QuerySet[R, R]":
    """Return a queryset of this row; it is empty once another process has claimed the row."""
    return models.QuerySet(type(row)).filter(pk=row.pk, lease_token=row.lease_token)


def record(row: Leased, **values: object) -> bool:
    """Write the outcome, as plain values, and end the lease. Returns False, with nothing written,
    if the lease was lost.
    """
    changes = {"leased_until": None, "lease_token": "", **values}
    statement, fields = _update_if_held(type(row), tuple(changes))
    compared = {"pk": row.pk, "lease_token": row.lease_token}
    parameters = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields, [*changes.values(), *compared.values()], strict=True)
    ]
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        if cursor.rowcount:
            return True
    name = type(row).__name__.lower()
    logger.warning("%s %s: the lease ran out before the outcome was known", name, row.pk)
    return False


@lru_cache(maxsize=64)
def _update_if_held(
    model: type[Leased], names: tuple[str, ...]
) -> tuple[str, list["models.Field[Any, Any]"]]:
    """Return the UPDATE that sets these fields if the lease is held, and the fields of its values.

    It is composed once for each set of fields: Django takes longer to write an UPDATE than the
    database to run it.
    """
    options, quote = model._meta, connection.ops.quote_name  # noqa: SLF001  public in Django's documentation
    by_name = {field.name: field for field in options.concrete_fields}
    fields = [by_name[name] for name in (*names, options.pk.name, "lease_token")]
    *sets, key, token = (f"{quote(str(field.column))} = %s" for field in fields)
    return f"UPDATE {quote(options.db_table)} SET {', '.join(sets)} WHERE {key} AND {token}", fields  # noqa: S608  our own names


def release(rows: Sequence[R], **values: object) -> None:
    """End the leases of rows that one call of `claim_each` returned and that were not worked on.

    If the database is down, the leases run out instead.
    """
    pks, token = [row.pk for row in rows], rows[0].lease_token
    still_held: models.QuerySet[R, R] = models.QuerySet(type(rows[0])).filter(pk__in=pks, lease_token=token)
    try:
        still_held.update(leased_until=None, lease_token="", **values)
    except DatabaseError as error:
        reason = type(error).__name__
        logger.warning("%d rows wait for their lease to run out: %s", len(rows), reason)


def work_through(
    rows: Iterable[T],
    work: Callable[[T], tuple[Outcome, bool]],
    *,
    limit: int | None = None,
    seconds: float | None = None,
) -> Counter[Outcome]:
    """Call `work` for one row after the other; returns how many had each outcome.

    `work` returns the outcome and whether to go on; False means that a server is down, so the next
    row would fail too. The batch also ends after `limit` rows, after `seconds`, or when the process
    is asked to stop. At least one row is worked on, unless the process is already stopping.
    """
    counts: Counter[Outcome] = Counter()
    deadline = None if seconds is None else time.monotonic() + seconds
    if sweep.stopping():
        return counts
    for row in rows:
        outcome, go_on = work(row)
        counts[outcome] += 1
        limit_reached = limit is not None and counts.total() >= limit
        time_over = deadline is not None and time.monotonic() > deadline
        if not go_on or limit_reached or time_over or sweep.stopping():
            break
    return counts
