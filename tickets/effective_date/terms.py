"""The effective dates of a request: one for each billing account that it touches (A12b)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, Self

from tickets.effective_date.calendar import Calendar
from tickets.effective_date.rules import (
    VERSION,
    Missing,
    Outcome,
    Rule,
    RuleKind,
    effective_date,
)


class Account(Protocol):
    """The fields of a billing account that the rules use."""

    @property
    def number(self) -> str: ...

    @property
    def cut_day(self) -> int | None: ...


@dataclass(frozen=True)
class UnknownAccount:
    """An account that the directory does not have; the number may be empty."""

    number: str
    cut_day: None = None


DATES = ("notice_date", "effective_date", "uncapped_date", "counted_until")


@dataclass(frozen=True)
class Term:
    """The effective date of one billing account, with the inputs of its computation."""

    account: str  # empty if the request touches no account and the rule needs none
    cut_day: int | None  # None: the rule does not use it
    notice_days: int
    notice_date: date  # the day of confirmation, in the zone of `TIME_ZONE`
    effective_date: date
    rule: str  # of `RuleKind`
    version: int = VERSION
    working_days: bool = False
    ceiling_days: int | None = None
    uncapped_date: date | None = None  # the rule's own date, where the ceiling was earlier
    # Copied from `Outcome`
    counted_until: date | None = None
    exceptions: tuple[date, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """Return the term for a JSON field, with dates in ISO 8601."""
        return {
            **vars(self),
            **{name: _iso(getattr(self, name)) for name in DATES},
            "exceptions": [day.isoformat() for day in self.exceptions],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read the result of `as_record`, also of an older version.

        Raises KeyError, TypeError or ValueError for other data.
        """
        dates = {name: date.fromisoformat(record[name]) for name in DATES if record.get(name)}
        exceptions = tuple(date.fromisoformat(day) for day in record.get("exceptions", ()))
        return cls(**{**record, **dates, "exceptions": exceptions})

    def applied_rule(self) -> Rule:
        """Return the rule that gave the date. Raises ValueError if the rule does not exist now."""
        return Rule(RuleKind(self.rule), self.notice_days, self.working_days, self.ceiling_days)

    def again(self, calendar: Calendar) -> Outcome:
        """Apply the same rule to the same inputs and this calendar. Raises ValueError."""
        return effective_date(self.applied_rule(), self.notice_date, self.cut_day, calendar)


@dataclass(frozen=True)
class MissingDate:
    """An account without a date, and the reason; staff set the date (P6)."""

    account: str
    why: Missing


@dataclass(frozen=True)
class RequestDates:
    """The dates of all touched accounts. Both are empty if the rule gives no date."""

    terms: tuple[Term, ...] = ()  # earliest first
    missing: tuple[MissingDate, ...] = ()

    @property
    def earliest(self) -> date | None:
        """The date of the request as a whole, by which staff must have carried it out."""
        return self.terms[0].effective_date if self.terms else None

    @property
    def latest(self) -> date | None:
        return self.terms[-1].effective_date if self.terms else None

    @property
    def is_one_date(self) -> bool:
        """Whether every touched account has a date, and all have the same."""
        return bool(self.terms) and not self.missing and self.earliest == self.latest

    def by_account(self) -> dict[str, date]:
        return {term.account: term.effective_date for term in self.terms}


def touched_accounts(accounts: Iterable[Account], chosen: Collection[str]) -> list[Account]:
    """Return the billing accounts that a request touches.

    `accounts` are those with a line in service; the others have nothing to end. `chosen` holds the
    account numbers of the requested lines. A request without lines may concern every account.
    """
    known = {account.number: account for account in accounts}
    wanted = sorted(set(chosen)) if chosen else known
    return [known.get(number) or UnknownAccount(number) for number in wanted]


def dates_for(rule: Rule, accounts: Iterable[Account], notice: date, calendar: Calendar) -> RequestDates:
    """Return each account's date by a rule. `notice` is the local day of the request.

    Without accounts, a rule that needs no cut day gives one term without an account.
    """
    if not rule.has_date:
        return RequestDates()
    touched = list(accounts)
    if not touched and rule.needs_cut_day:
        return RequestDates(missing=(MissingDate("", Missing.ACCOUNT),))
    terms, missing = [], []
    for account in touched or [UnknownAccount("")]:
        outcome = effective_date(rule, notice, account.cut_day, calendar)
        if outcome.effective_date is None:
            why = Missing.CUT_DAY if account.number else Missing.ACCOUNT
            missing.append(MissingDate(account.number, why))
        else:
            terms.append(_term(rule, account, notice, outcome, outcome.effective_date))
    terms.sort(key=lambda term: (term.effective_date, term.account))
    return RequestDates(tuple(terms), tuple(missing))


def _term(rule: Rule, account: Account, notice: date, outcome: Outcome, day: date) -> Term:
    return Term(
        account=account.number,
        cut_day=account.cut_day if rule.needs_cut_day else None,
        notice_days=rule.days,
        notice_date=notice,
        effective_date=day,
        rule=rule.kind.value,
        working_days=rule.working_days,
        ceiling_days=rule.ceiling_days,
        uncapped_date=outcome.uncapped_date,
        counted_until=outcome.counted_until,
        exceptions=outcome.exceptions,
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
