"""The dates of a request: touched accounts only, one date or a range, and what is missing."""

import json
from dataclasses import dataclass
from datetime import date

from tickets.effective_date import (
    Calendar,
    Missing,
    MissingDate,
    RequestDates,
    Rule,
    RuleKind,
    ShownTerms,
    Term,
    dates_for,
    touched_accounts,
)

NOTICE = date(2026, 12, 1)
CUT = Rule(RuleKind.BILLING_CUT, 15)


@dataclass(frozen=True)
class Account:
    number: str
    cut_day: int | None


FIVE, TWENTY, ALSO_TWENTY = Account("A-5", 5), Account("A-20", 20), Account("A-21", 20)


def dates(rule: Rule, *accounts: Account, calendar: Calendar | None = None) -> RequestDates:
    return dates_for(rule, accounts, NOTICE, calendar or Calendar())


def test_accounts_with_other_cuts_make_a_range_earliest_first() -> None:
    found = dates(CUT, FIVE, TWENTY)
    assert found.by_account() == {"A-20": date(2026, 12, 20), "A-5": date(2027, 1, 5)}
    assert (found.earliest, found.latest) == (date(2026, 12, 20), date(2027, 1, 5))
    assert not found.is_one_date


def test_accounts_with_one_cut_have_one_date() -> None:
    found = dates(CUT, ALSO_TWENTY, TWENTY)
    assert [term.account for term in found.terms] == ["A-20", "A-21"]
    assert found.is_one_date


def test_f2_a_ceiling_can_make_one_date_of_several_cuts() -> None:
    found = dates(Rule(RuleKind.BILLING_CUT, 15, ceiling_days=15), FIVE, TWENTY)
    assert found.is_one_date
    assert [term.uncapped_date for term in found.terms] == [date(2026, 12, 20), date(2027, 1, 5)]


def test_p6_an_account_without_a_cut_day_is_missing_and_the_others_have_dates() -> None:
    found = dates(CUT, TWENTY, Account("A-0", None))
    assert found.by_account() == {"A-20": date(2026, 12, 20)}
    assert found.missing == (MissingDate("A-0", Missing.CUT_DAY),)
    assert not found.is_one_date


def test_p6_no_account_is_missing_where_the_rule_needs_a_cut() -> None:
    assert dates(CUT) == RequestDates(missing=(MissingDate("", Missing.ACCOUNT),))
    assert dates(CUT).earliest is None
    assert dates(CUT).latest is None


def test_d6_a_rule_without_a_cut_needs_no_account() -> None:
    (term,) = dates(Rule(RuleKind.NOTICE_DATE)).terms
    assert (term.account, term.cut_day, term.effective_date) == ("", None, NOTICE)


def test_a_rule_without_a_cut_does_not_put_one_on_record() -> None:
    assert [term.cut_day for term in dates(Rule(RuleKind.NOTICE_DATE), FIVE, TWENTY).terms] == [None, None]


def test_a_type_without_a_date_has_none_and_misses_none() -> None:
    assert dates(Rule(RuleKind.NONE), TWENTY) == RequestDates()


def test_only_accounts_with_a_service_of_the_request_are_touched() -> None:
    accounts = [FIVE, TWENTY, ALSO_TWENTY]
    assert touched_accounts(accounts, []) == accounts
    assert touched_accounts(accounts, ["A-20", "A-20"]) == [TWENTY]
    assert touched_accounts([], []) == []


def test_p6_a_line_whose_account_is_unknown_has_no_date() -> None:
    touched = touched_accounts([TWENTY], ["A-20", "", "B-1"])
    found = dates_for(CUT, touched, NOTICE, Calendar())
    assert found.by_account() == {"A-20": date(2026, 12, 20)}
    assert found.missing == (MissingDate("", Missing.ACCOUNT), MissingDate("B-1", Missing.CUT_DAY))


def test_the_record_of_every_input_survives_json() -> None:
    rule = Rule(RuleKind.BILLING_CUT, 2, working_days=True, ceiling_days=3)
    calendar = Calendar(holidays=frozenset({date(2026, 12, 2)}))
    (term,) = dates(rule, TWENTY, calendar=calendar).terms
    record = json.loads(json.dumps(term.as_record()))
    assert record == {
        "account": "A-20",
        "cut_day": 20,
        "notice_days": 2,
        "notice_date": "2026-12-01",
        "effective_date": "2026-12-04",
        "rule": "billing_cut",
        "version": 1,
        "working_days": True,
        "ceiling_days": 3,
        "uncapped_date": "2026-12-20",
        "counted_until": "2026-12-04",
        "exceptions": ["2026-12-02"],
    }
    assert Term.from_record(record) == term
    assert term.applied_rule() == rule


def test_a_record_without_the_later_inputs_is_read() -> None:
    record = {
        "account": "A-20",
        "cut_day": 20,
        "notice_days": 15,
        "notice_date": "2026-12-01",
        "effective_date": "2026-12-20",
        "rule": "billing_cut",
        "version": 1,
    }
    assert Term.from_record(record) == dates(CUT, TWENTY).terms[0]


def test_a22_every_part_of_a_rule_changes_what_was_shown() -> None:
    rules = [
        CUT,
        Rule(RuleKind.BILLING_CUT, 16),
        Rule(RuleKind.BILLING_CUT, 11, working_days=True),
        Rule(RuleKind.BILLING_CUT, 15, ceiling_days=30),
    ]
    found = [dates(rule, TWENTY) for rule in rules]
    assert {each.earliest for each in found} == {date(2026, 12, 20)}
    assert len({ShownTerms.of(each.terms) for each in found}) == len(rules)


def test_a22_only_a_holiday_among_the_counted_days_changes_what_was_shown() -> None:
    rule = Rule(RuleKind.BILLING_CUT, 2, working_days=True)
    plain, far, near = (
        ShownTerms.of(dates(rule, TWENTY, calendar=Calendar(holidays=frozenset(days))).terms)
        for days in ([], [date(2026, 12, 3)], [date(2026, 12, 2)])
    )
    assert plain == far
    assert plain != near
