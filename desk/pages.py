"""Pagination of a long list within a page of the desk: it shows the latest 50 rows first."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from desk.keys import may_be_key

PAGE_LENGTH = 50  # rows


@dataclass(frozen=True)
class RowsBefore:
    """Part of the list, in the order of primary keys: the latest rows, or those before a key."""

    rows: list[Any]
    earlier: int | None  # the key to continue from; None if no earlier rows exist
    latest: bool  # whether these are the latest rows


def rows_before(rows: QuerySet[Any, Any], key: str | None) -> RowsBefore:
    """Return up to 50 rows before `key`, from the query string, or the latest ones without it."""
    before = int(key) if key and may_be_key(key) else None
    chosen = rows if before is None else rows.filter(pk__lt=before)
    found: list[Model] = list(chosen.order_by("-pk")[: PAGE_LENGTH + 1])
    shown = found[:PAGE_LENGTH][::-1]
    return RowsBefore(shown, shown[0].pk if len(found) > PAGE_LENGTH else None, latest=before is None)
