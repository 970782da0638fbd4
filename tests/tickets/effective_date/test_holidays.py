"""F8: the holidays of 2018-2030 against a table written by hand, and each move by its weekday."""

from datetime import MAXYEAR, date

import pytest
from dateutil.easter import easter as dateutil_easter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.effective_date.law import OFF
from tickets.effective_date.holidays import days_off, easter, holidays_in

YEARS = st.integers(1900, 2400)


@pytest.mark.parametrize("year", range(2018, 2031))
def test_f8_the_days_off_are_those_of_the_law(year: int) -> None:
    assert {each.day for each in holidays_in(year)} == OFF[year]
    assert days_off(year) == OFF[year]


def test_easter_is_that_of_dateutil() -> None:
    assert [easter(year) for year in range(1583, 4100)] == [
        dateutil_easter(year) for year in range(1583, 4100)
    ]


@pytest.mark.parametrize(
    ("own_date", "day_off"),
    [
        # 10 August from each weekday, Monday first
        (date(2026, 8, 10), date(2026, 8, 10)),
        (date(2027, 8, 10), date(2027, 8, 9)),
        (date(2022, 8, 10), date(2022, 8, 12)),
        (date(2028, 8, 10), date(2028, 8, 11)),
        (date(2029, 8, 10), date(2029, 8, 10)),
        (date(2030, 8, 10), date(2030, 8, 9)),
        (date(2025, 8, 10), date(2025, 8, 11)),
        # 25 December from each
        (date(2028, 12, 25), date(2028, 12, 25)),
        (date(2029, 12, 25), date(2029, 12, 25)),
        (date(2024, 12, 25), date(2024, 12, 25)),
        (date(2025, 12, 25), date(2025, 12, 25)),
        (date(2026, 12, 25), date(2026, 12, 25)),
        (date(2027, 12, 25), date(2027, 12, 24)),
        (date(2022, 12, 25), date(2022, 12, 26)),
    ],
)
def test_f8_a_single_holiday_moves_by_its_weekday(own_date: date, day_off: date) -> None:
    (found,) = (each for each in holidays_in(day_off.year) if each.own_date == own_date)
    assert found.day == day_off
    assert found.is_moved == (day_off != own_date)


@pytest.mark.parametrize(
    ("year", "off"),
    [
        (2026, (2, 3)),  # Monday and Tuesday stay
        (2027, (1, 2)),  # Tuesday and Wednesday
        (2022, (3, 4)),  # Wednesday and Thursday
        (2028, (2, 3)),  # Thursday and Friday stay
        (2029, (1, 2)),  # Friday and Saturday
        (2030, (1, 4)),  # Saturday and Sunday
        (2025, (3, 4)),  # Sunday and Monday
    ],
)
def test_f8_the_pair_of_november_moves_together(year: int, off: tuple[int, int]) -> None:
    november = [each for each in holidays_in(year) if each.day.month == 11]
    assert tuple(each.day.day for each in november) == off
    assert [each.own_date.day for each in november] == [2, 3]


@given(YEARS)
def test_f8_a_moved_holiday_leaves_its_own_date_a_working_day(year: int) -> None:
    off = days_off(year)
    for each in holidays_in(year):
        if each.is_moved and each.own_date.year == year:
            others = {other.day for other in holidays_in(year) if other != each}
            assert (each.own_date in off) == (each.own_date in others)


@given(YEARS)
def test_f8_a_year_has_its_holidays_on_distinct_working_weekdays(year: int) -> None:
    """Eleven; New Year's Day may fall in the year before, and that of the next year in this one."""
    days = [each.day for each in holidays_in(year)]
    assert days == sorted(set(days))
    new_year = (date(year, 1, 1).isoweekday() == 6, date(year + 1, 1, 1).isoweekday() == 6)
    assert len(days) == 11 - new_year[0] + new_year[1]
    assert all(day.isoweekday() <= 5 and day.year == year for day in days)


@given(YEARS)
def test_f8_carnival_and_good_friday_hang_on_easter(year: int) -> None:
    named = {(each.day - easter(year)).days for each in holidays_in(year)}
    assert {-48, -47, -2} <= named


def test_the_last_year_of_the_calendar_needs_no_next_one() -> None:
    assert holidays_in(MAXYEAR)[-1].own_date == date(MAXYEAR, 12, 25)
