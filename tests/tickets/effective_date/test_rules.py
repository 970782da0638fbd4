"""Each rule of the effective date, for any calendar, against a search day by day (A12b, D6, F2)."""

from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.effective_date.law import is_working
from tests.tickets.effective_date.test_working_days import DAYS, calendar_of, changes_near
from tickets.effective_date import Calendar, Missing, Outcome, Rule, RuleKind, effective_date

DAY = timedelta(days=1)
RULES = st.builds(
    Rule,
    kind=st.sampled_from(RuleKind),
    days=st.integers(0, 40),
    working_days=st.booleans(),
    ceiling_days=st.none() | st.integers(0, 60),
)
CUT_DAYS = st.integers(1, 31)
NOTICE = date(2026, 11, 30)


def closes(day: date, cut_day: int) -> bool:
    is_last = (day + DAY).month != day.month
    return day.day == cut_day or (is_last and day.day < cut_day)


def searched(rule: Rule, notice: date, cut_day: int, changes: dict[date, bool]) -> date:
    """Return the rule's own date by trying one day after another."""

    def counts(day: date) -> bool:
        return is_working(day, changes) if rule.working_days else True

    passed = 0  # days of notice before `day`, the day of notice included
    for day in (notice + DAY * offset for offset in count()):
        if rule.kind == RuleKind.NOTICE_DATE:
            return day
        if rule.kind == RuleKind.BILLING_CUT and passed >= rule.days and closes(day, cut_day):
            return day
        arrived = passed - counts(notice) + counts(day) if day > notice else 0
        if rule.kind == RuleKind.NOTICE_DAYS and arrived == rule.days:
            return day
        passed += counts(day)
    raise AssertionError


@given(RULES, DAYS, CUT_DAYS, st.data())
def test_f2_a_rule_gives_the_date_that_a_search_finds(
    rule: Rule, notice: date, cut_day: int, data: st.DataObject
) -> None:
    changes = data.draw(changes_near(notice))
    outcome = effective_date(rule, notice, cut_day, calendar_of(changes))
    if rule.kind == RuleKind.NONE:
        assert outcome == Outcome()
        return
    own = searched(rule, notice, cut_day, changes)
    ceiling = date.max if rule.ceiling_days is None else notice + DAY * rule.ceiling_days
    assert outcome.effective_date == min(own, ceiling)
    assert outcome.uncapped_date == (own if ceiling < own else None)
    assert outcome.is_capped == (ceiling < own)


@given(RULES, DAYS, CUT_DAYS, st.data())
def test_no_request_takes_effect_before_it_is_made_or_before_an_earlier_one(
    rule: Rule, notice: date, cut_day: int, data: st.DataObject
) -> None:
    calendar = calendar_of(data.draw(changes_near(notice)))
    today, tomorrow = (effective_date(rule, day, cut_day, calendar) for day in (notice, notice + DAY))
    if today.effective_date and tomorrow.effective_date:
        assert notice <= today.effective_date <= tomorrow.effective_date


def near(first: date) -> list[date]:
    return [first + DAY * offset for offset in range(300)]


@given(RULES, DAYS, CUT_DAYS, st.data())
def test_the_days_on_record_alone_explain_the_date(
    rule: Rule, notice: date, cut_day: int, data: st.DataObject
) -> None:
    """A calendar that differs from the weekdays only on the recorded days gives the same date."""
    changes = data.draw(changes_near(notice))
    outcome = effective_date(rule, notice, cut_day, calendar_of(changes))
    if outcome.counted_until is None:
        assert outcome.exceptions == ()
        return
    first = notice if rule.kind == RuleKind.BILLING_CUT else notice + DAY
    differ = {day for day in near(first) if is_working(day, changes) != (day.isoweekday() <= 5)}
    assert set(outcome.exceptions) == {day for day in differ if day < outcome.counted_until}
    days = [notice + DAY * offset for offset in range((outcome.counted_until - notice).days)]
    worked = {day: (day.isoweekday() <= 5) != (day in outcome.exceptions) for day in days}
    again = effective_date(rule, notice, cut_day, calendar_of(worked))
    assert again.effective_date == outcome.effective_date


@pytest.mark.parametrize("cut_day", [None, 0, -1, 32])
def test_p6_without_a_possible_cut_day_there_is_no_date_even_with_a_ceiling(cut_day: int | None) -> None:
    rule = Rule(RuleKind.BILLING_CUT, 15, ceiling_days=15)
    assert effective_date(rule, NOTICE, cut_day, Calendar()) == Outcome(missing=Missing.CUT_DAY)


@pytest.mark.parametrize("kind", [RuleKind.NOTICE_DATE, RuleKind.NOTICE_DAYS])
def test_d6_other_rules_need_no_cut_day(kind: RuleKind) -> None:
    assert effective_date(Rule(kind), NOTICE, None, Calendar()).effective_date == NOTICE


def test_a_rule_that_cannot_be_is_an_error() -> None:
    with pytest.raises(ValueError, match="whenever"):
        Rule("whenever")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative"):
        Rule(RuleKind.NOTICE_DAYS, -1)
    with pytest.raises(ValueError, match="negative"):
        Rule(RuleKind.NOTICE_DAYS, 1, ceiling_days=-1)


def test_the_kind_of_a_rule_is_read_from_its_code() -> None:
    assert Rule("billing_cut", 15).kind is RuleKind.BILLING_CUT  # type: ignore[arg-type]
