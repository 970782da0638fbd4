"""Working days: Monday to Friday, except the law's holidays and the days that staff changed (F8).

Pure functions. Intervals are half-open: they include the first day and exclude the last one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol, Self

from tickets.effective_date.holidays import SATURDAY, days_off

DAY = timedelta(days=1)


class ChangedDay(Protocol):
    """A day that staff made a holiday or a working day."""

    @property
    def day(self) -> date: ...

    @property
    def is_working(self) -> bool: ...


@dataclass(frozen=True)
class Calendar:
    """The working days. The days that staff changed override weekends and the law's holidays.

    A day in both sets is a holiday: a deadline that is a day late costs the customer less than
    one on a day without staff.
    """

    holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()

    @classmethod
    def of(cls, days: Iterable[ChangedDay]) -> Self:
        """Build the calendar from the days that staff changed; it knows the law's holidays."""
        changed = list(days)
        return cls(
            holidays=frozenset(each.day for each in changed if not each.is_working),
            working_days=frozenset(each.day for each in changed if each.is_working),
        )

    def is_working_day(self, day: date) -> bool:
        if day in self.holidays:
            return False
        if day in self.working_days:
            return True
        return day.weekday() < SATURDAY and day not in days_off(day.year)

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days of [start, end). Raises ValueError if `end` is before `start`."""
        if end < start:
            raise ValueError(f"{end} is before {start}")
        return sum(self.is_working_day(start + DAY * offset) for offset in range((end - start).days))

    def end_of_working_days(self, start: date, count: int) -> date:
        """Return the first day E with `count` working days in [start, E); `start` if 0.

        Raises ValueError for a negative count.
        """
        if count < 0:
            raise ValueError(f"{count} is negative")
        day = start
        while count:
            count -= self.is_working_day(day)
            day += DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after a day, which is not counted itself.

        Zero gives the day itself, working or not. Raises ValueError for a negative count.
        """
        return self.end_of_working_days(day + DAY, count) - DAY

    def exceptions(self, start: date, end: date) -> tuple[date, ...]:
        """Return the days of [start, end) that differ from their weekday, in order.

        These are holidays from Monday to Friday, and weekend days on which people work.
        """
        days = (start + DAY * offset for offset in range((end - start).days))
        return tuple(day for day in days if self.is_working_day(day) != (day.weekday() < SATURDAY))
