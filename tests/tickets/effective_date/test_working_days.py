"""Working days, for any days that staff add and remove, against a count day by day."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.effective_date.law import is_working
from tickets.effective_date import Calendar

DAY = timedelta(days=1)
DAYS = st.dates(date(2018, 1, 1), date(2029, 6, 30))
COUNTS = st.integers(0, 60)


@dataclass(frozen=True)
class Changed:
    day: date
    is_working: bool
    reason: str = "Decreto"


@st.composite
def changes_near(draw: st.DrawFn, day: date) -> dict[date, bool]:
    """Draw days of the 100 after a day: holidays (False) and working days (True)."""
    offsets = draw(st.dictionaries(st.integers(0, 100), st.booleans(), max_size=30))
    return {day + DAY * offset: working for offset, working in offsets.items()}


def calendar_of(changes: dict[date, bool]) -> Calendar:
    return Calendar.of(Changed(day, working) for day, working in changes.items())


@given(DAYS, st.data())
def test_f8_a_day_is_what_operations_the_law_or_the_weekday_say(day: date, data: st.DataObject) -> None:
    changes = data.draw(changes_near(day))
    assert calendar_of(changes).is_working_day(day) == is_working(day, changes)


@given(DAYS, COUNTS, st.data())
def test_working_days_between_count_the_first_day_and_not_the_last(
    start: date, length: int, data: st.DataObject
) -> None:
    changes = data.draw(changes_near(start))
    end = start + DAY * length
    expected = [day for offset in range(length) if is_working(day := start + DAY * offset, changes)]
    assert calendar_of(changes).working_days_between(start, end) == len(expected)


@given(DAYS, COUNTS, COUNTS)
def test_intervals_that_meet_add_up(start: date, first: int, second: int) -> None:
    calendar, middle, end = Calendar(), start + DAY * first, start + DAY * (first + second)
    parts = calendar.working_days_between(start, middle) + calendar.working_days_between(middle, end)
    assert parts == calendar.working_days_between(start, end)


@given(DAYS, COUNTS, st.data())
def test_added_working_days_are_those_between(day: date, count: int, data: st.DataObject) -> None:
    calendar = calendar_of(data.draw(changes_near(day)))
    after = calendar.add_working_days(day, count)
    assert calendar.working_days_between(day + DAY, after + DAY) == count
    assert count == 0 or calendar.is_working_day(after)


@given(DAYS, COUNTS, st.data())
def test_the_end_is_the_first_day_with_the_count_before_it(
    start: date, count: int, data: st.DataObject
) -> None:
    calendar = calendar_of(data.draw(changes_near(start)))
    end = calendar.end_of_working_days(start, count)
    assert calendar.working_days_between(start, end) == count
    assert count == 0 or calendar.working_days_between(start, end - DAY) == count - 1


@given(DAYS, COUNTS, st.data())
def test_the_exceptions_explain_the_count(start: date, length: int, data: st.DataObject) -> None:
    changes = data.draw(changes_near(start))
    days = [start + DAY * offset for offset in range(length)]
    found = calendar_of(changes).exceptions(start, start + DAY * length)
    assert list(found) == [day for day in days if is_working(day, changes) != (day.isoweekday() <= 5)]


def test_f8_a_decreed_day_is_off_and_a_day_taken_away_is_worked() -> None:
    calendar = Calendar.of([Changed(date(2026, 1, 2), False), Changed(date(2026, 5, 25), True)])
    assert not calendar.is_working_day(date(2026, 1, 2))
    assert calendar.is_working_day(date(2026, 5, 25))
    assert Calendar().is_working_day(date(2026, 1, 2))
    assert not Calendar().is_working_day(date(2026, 5, 25))


def test_a_day_that_is_both_is_a_holiday() -> None:
    day = date(2026, 6, 1)
    assert not Calendar(frozenset({day}), frozenset({day})).is_working_day(day)


def test_an_interval_or_a_count_backwards_is_an_error() -> None:
    with pytest.raises(ValueError, match="before"):
        Calendar().working_days_between(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(ValueError, match="negative"):
        Calendar().add_working_days(date(2026, 1, 2), -1)
