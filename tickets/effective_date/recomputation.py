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
    """A stored date that is not what its inputs give today, or a record that cannot be read."""

    ticket: int
    account: str
    version: int | None  # of the engine that computed the stored date; None: unreadable
    stored: date | None
    recomputed: date | None
    # Holidays and working weekends that were added or taken away since, among the counted days
    changed_days: tuple[date, ...] = ()

    @property
    def is_readable(self) -> bool:
        return self.version is not None


def recompute(tickets: Iterable[tuple[int, Sequence[Any]]], calendar: Calendar) -> Iterator[Difference]:
    """Yield the differences of these tickets: pairs of a number and the records of its terms.

    The inputs are those on record (day of notice, cut day, rule), except the calendar, which is the
    present one. Nothing is changed: what was shown to the customer stays what is registered (A22).
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
    """Return the days that differ among those that both computations counted."""
    if term.counted_until is None or outcome.counted_until is None:
        return ()
    end = min(term.counted_until, outcome.counted_until)
    return tuple(sorted(day for day in set(term.exceptions) ^ set(outcome.exceptions) if day < end))
