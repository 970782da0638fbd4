"""Compare the stored effective dates with those that the same rules give today."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tickets.effective_date.calendar import Calendar
from tickets.effective_date.rules import Outcome
from tickets.effective_date.terms import Term


@dataclass(frozen=True)
class Difference:
    """A stored date that differs from the recomputed one, or a record that cannot be read."""

    ticket: int
    account: str
    version: int | None  # of the rules that computed the stored date; None: unreadable record
    stored: date | None
    recomputed: date | None
    # Counted days that have become, or are no longer, a holiday or a working weekend day
    changed_days: tuple[date, ...] = ()

    @property
    def is_readable(self) -> bool:
        return self.version is not None


def recompute(tickets: Iterable[tuple[int, Sequence[Any]]], calendar: Calendar) -> Iterator[Difference]:
    """Yield the differences of these tickets, given as pairs of a number and its terms' records.

    The inputs are the stored ones (day of notice, cut day, rule) and the present calendar. Nothing
    is changed: the registered date stays the one that the customer saw (A22).
    """
    for number, records in tickets:
        for record in records:
            if difference := _difference(number, record, calendar):
                yield difference


def _difference(number: int, record: Any, calendar: Calendar) -> Difference | None:
    try:
        term = Term.from_record(record)
        outcome = term.again(calendar)
    except (AttributeError, KeyError, TypeError, ValueError):
        account = record.get("account", "") if isinstance(record, Mapping) else ""
        return Difference(number, str(account), None, None, None)
    if outcome.effective_date == term.effective_date:
        return None
    return Difference(
        ticket=number,
        account=term.account,
        version=term.version,
        stored=term.effective_date,
        recomputed=outcome.effective_date,
        changed_days=_changed_days(term, outcome),
    )


def _changed_days(term: Term, outcome: Outcome) -> tuple[date, ...]:
    """Return the days that differ, among those that both computations counted."""
    if term.counted_until is None or outcome.counted_until is None:
        return ()
    end = min(term.counted_until, outcome.counted_until)
    return tuple(sorted(day for day in set(term.exceptions) ^ set(outcome.exceptions) if day < end))
