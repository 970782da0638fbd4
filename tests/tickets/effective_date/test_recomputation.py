"""Stored dates against those that their inputs give today."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.effective_date.test_request_dates import Account
from tests.tickets.effective_date.test_rules import CUT_DAYS, RULES
from tests.tickets.effective_date.test_working_days import DAYS, calendar_of, changes_near
from tickets.effective_date import Calendar, Difference, Rule, RuleKind, dates_for, recompute

NOTICE = date(2026, 12, 1)
WORKING = Rule(RuleKind.NOTICE_DAYS, 2, working_days=True)


def record(**values: Any) -> dict[str, Any]:
    (term,) = dates_for(WORKING, [Account("A-1", 15)], NOTICE, Calendar()).terms
    return {**term.as_record(), **values}


@given(RULES, DAYS, CUT_DAYS, st.data())
def test_the_same_inputs_give_the_same_date(
    rule: Rule, notice: date, cut_day: int, data: st.DataObject
) -> None:
    calendar = calendar_of(data.draw(changes_near(notice)))
    found = dates_for(rule, [Account("A-1", cut_day)], notice, calendar)
    assert list(recompute([(1, [term.as_record() for term in found.terms])], calendar)) == []


def test_a_holiday_decreed_since_is_named() -> None:
    """The date moves past a weekend, whose days did not change and so are not reported."""
    decreed = Calendar(holidays=frozenset({date(2026, 12, 2), date(2026, 12, 3)}))
    expected = Difference(
        ticket=7,
        account="A-1",
        version=1,
        stored=date(2026, 12, 3),
        recomputed=date(2026, 12, 7),
        changed_days=(date(2026, 12, 2), date(2026, 12, 3)),
    )
    assert list(recompute([(7, [record()])], decreed)) == [expected]


def test_a_holiday_that_only_the_later_date_reaches_has_not_changed() -> None:
    """25 December was a holiday already when the stored date, which is before it, was computed."""
    (term,) = dates_for(WORKING, [], date(2026, 12, 22), Calendar()).terms
    (found,) = recompute([(7, [term.as_record()])], Calendar(holidays=frozenset({date(2026, 12, 24)})))
    assert (found.stored, found.recomputed) == (date(2026, 12, 24), date(2026, 12, 28))
    assert found.changed_days == (date(2026, 12, 24),)


def test_a_date_of_another_version_is_reported_with_its_version() -> None:
    old = record(version=0, effective_date="2026-12-02")
    (found,) = recompute([(7, [record(), old])], Calendar())
    assert (found.version, found.stored, found.recomputed) == (0, date(2026, 12, 2), date(2026, 12, 3))
    assert found.changed_days == ()
    assert found.is_readable


@pytest.mark.parametrize(
    "unreadable",
    [
        record(rule="whenever"),
        record(notice_date="yesterday"),
        record(notice_date=None),
        record(surprise=1),
        {"account": "A-1"},
        "A-1",
        None,
    ],
)
def test_an_unreadable_record_is_reported_and_stops_no_other(unreadable: Any) -> None:
    wrong = record(effective_date="2026-12-04")
    first, second = recompute([(7, [unreadable]), (8, [wrong])], Calendar())
    assert (first.ticket, first.is_readable, first.recomputed) == (7, False, None)
    assert (second.ticket, second.stored, second.recomputed) == (8, date(2026, 12, 4), date(2026, 12, 3))
