"""Long lists within a page of the desk, 50 rows at a time, the latest first to be seen."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from desk.keys import may_be_key

LENGTH = 50


@dataclass(frozen=True)
class RowsBefore:
    """Rows in the order of their keys: the latest, or those just before a key."""

    rows: list[Any]
    earlier: int | None  # the key before which more rows exist
    latest: bool  # whether no row comes after these


def rows_before(rows: QuerySet[Any, Any], key: str | None) -> RowsBefore:
    """Return up to 50 rows before `key`, a parameter of the address; the latest ones without it."""
    before = int(key) if key and may_be_key(key) else None
    chosen = rows if before is None else rows.filter(pk__lt=before)
    found: list[Model] = list(chosen.order_by("-pk")[: LENGTH + 1])
    shown = found[:LENGTH][::-1]
    return RowsBefore(shown, shown[0].pk if len(found) > LENGTH else None, latest=before is None)
