"""The effective date: worked examples of A12b, then properties for any day, cut and notice."""

import json
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.effective_date import VERSION, Calendar, Rule, RuleKind, Term, billing_cut, dates_for
from tickets.models import RequestType

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
CUTS = st.integers(1, 31)
NOTICES = st.integers(0, 60)


@dataclass(frozen=True)
class Account:
    number: str
    cut_day: int


def terms_of(accounts: list[Account], notice: date) -> tuple[Term, ...]:
    return dates_for(Rule(RuleKind.BILLING_CUT, 15), accounts, notice, Calendar()).terms


def previous_cut(cut: date, cut_day: int) -> date:
    last = cut.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(cut_day, last.day))


@pytest.mark.parametrize(
    ("notice", "cut_day", "expected"),
    [
        (date(2026, 11, 30), 15, date(2026, 12, 15)),
        (date(2026, 12, 1), 15, date(2027, 1, 15)),
        (date(2027, 2, 13), 31, date(2027, 2, 28)),
        (date(2027, 2, 14), 31, date(2027, 3, 31)),
        # A leap February, and the end of a year
        (date(2028, 2, 14), 31, date(2028, 2, 29)),
        (date(2028, 2, 15), 31, date(2028, 3, 31)),
        (date(2028, 2, 14), 30, date(2028, 2, 29)),
        (date(2026, 12, 16), 31, date(2026, 12, 31)),
        (date(2026, 12, 17), 31, date(2027, 1, 31)),
        (date(2026, 12, 31), 1, date(2027, 2, 1)),
        (date(2026, 1, 31), 15, date(2026, 2, 15)),
    ],
)
def test_worked_examples_of_a12b(notice: date, cut_day: int, expected: date) -> None:
    assert billing_cut(notice, cut_day, 15) == expected


@pytest.mark.parametrize(("days_before", "makes_it"), [(16, True), (15, True), (14, False)])
def test_a12b_fifteen_days_before_a_cut_are_enough_and_fourteen_are_not(
    days_before: int, makes_it: bool
) -> None:
    cut = date(2026, 12, 20)
    expected = cut if makes_it else date(2027, 1, 20)
    assert billing_cut(cut - timedelta(days=days_before), 20, 15) == expected


@given(DAYS, CUTS, NOTICES)
def test_a12b_the_date_is_a_cut_with_the_whole_notice_before_it(
    notice: date, cut_day: int, days: int
) -> None:
    cut = billing_cut(notice, cut_day, days)
    assert cut.day == min(cut_day, monthrange(cut.year, cut.month)[1])
    assert cut >= notice + timedelta(days=days)


@given(DAYS, CUTS, NOTICES)
def test_a12b_no_earlier_cut_would_have_done(notice: date, cut_day: int, days: int) -> None:
    cut = billing_cut(notice, cut_day, days)
    assert previous_cut(cut, cut_day) < notice + timedelta(days=days)


@given(DAYS, CUTS, NOTICES)
def test_a12b_a_later_notice_never_takes_effect_earlier(notice: date, cut_day: int, days: int) -> None:
    assert billing_cut(notice, cut_day, days) <= billing_cut(notice + timedelta(days=1), cut_day, days)


@pytest.mark.parametrize("notice_date", [date(2026, 11, 30), date(2026, 12, 1)])
def test_a12b_a_term_holds_the_day_it_was_computed_from(notice_date: date) -> None:
    (term,) = terms_of([Account("A-1", 15)], notice_date)
    assert term.notice_date == notice_date
    assert term.effective_date == billing_cut(notice_date, 15, 15)


def test_each_account_has_its_term_and_the_earliest_comes_first() -> None:
    terms = terms_of([Account("A-1", 5), Account("A-2", 20), Account("A-0", 20)], date(2026, 12, 1))
    assert [(term.account, term.effective_date) for term in terms] == [
        ("A-0", date(2026, 12, 20)),
        ("A-2", date(2026, 12, 20)),
        ("A-1", date(2027, 1, 5)),
    ]


def test_a_company_without_billing_accounts_has_no_terms() -> None:
    assert terms_of([], date(2026, 12, 1)) == ()


def test_the_record_holds_every_input_and_survives_json() -> None:
    (term,) = terms_of([Account("A-1", 15)], date(2026, 11, 30))
    assert json.loads(json.dumps(term.as_record())) == {
        "account": "A-1",
        "cut_day": 15,
        "notice_days": 15,
        "notice_date": "2026-11-30",
        "effective_date": "2026-12-15",
        "rule": "billing_cut",
        "version": VERSION,
        "working_days": False,
        "ceiling_days": None,
        "uncapped_date": None,
        "counted_until": None,
        "exceptions": [],
    }


@pytest.mark.parametrize("kind", RuleKind)
def test_every_rule_a_request_type_can_choose_exists(kind: RuleKind) -> None:
    assert RequestType.Rule is RuleKind
    rule = Rule(kind, 15)
    dates = dates_for(rule, [Account("A-1", 15)], date(2026, 12, 1), Calendar())
    assert bool(dates.terms) is rule.has_date
