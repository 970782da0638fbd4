"""Effective dates: rules, records, and what a form showed of them (A12b, A22).

Pure functions: no clock, database or settings. To add a rule, write a function, add it to `RULES`
and add a choice to `RequestType.Rule`. Raise `VERSION` when a rule's results change, so that a
stored date can be explained by the code that computed it.
"""

import hashlib
import json
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol, Self

VERSION = 1

Rule = Callable[[date, int, int], date]


class Account(Protocol):
    """The fields of a billing account that the rules use."""

    @property
    def number(self) -> str: ...

    @property
    def cut_day(self) -> int: ...


@dataclass(frozen=True)
class Term:
    """The effective date of one billing account, with the inputs of its computation."""

    account: str
    cut_day: int
    notice_days: int
    notice_date: date  # the day of confirmation, in the zone of `TIME_ZONE`
    effective_date: date
    rule: str
    version: int = VERSION

    def as_record(self) -> dict[str, str | int]:
        """Return the term for a JSON field, with dates in ISO 8601."""
        return {
            **vars(self),
            "notice_date": self.notice_date.isoformat(),
            "effective_date": self.effective_date.isoformat(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read the result of `as_record`."""
        dates = {name: date.fromisoformat(record[name]) for name in ("notice_date", "effective_date")}
        return cls(**{**record, **dates})


def billing_cut(notice_date: date, cut_day: int, notice_days: int) -> date:
    """Return the first billing cut at least `notice_days` calendar days after the notice (A12b)."""
    earliest = notice_date + timedelta(days=notice_days)
    cut = _cut_of_month(earliest.year, earliest.month, cut_day)
    if cut >= earliest:
        return cut
    following = earliest.replace(day=1) + timedelta(days=31)  # always in the next month
    return _cut_of_month(following.year, following.month, cut_day)


RULES: dict[str, Rule] = {"billing_cut": billing_cut}


def terms_for(rule: str, notice_days: int, accounts: Iterable[Account], notice_date: date) -> list[Term]:
    """Return a term per account, earliest first. `notice_date` is the local day of confirmation.

    Raises KeyError for an unknown rule.
    """
    compute = RULES[rule]
    terms = [
        Term(
            account=account.number,
            cut_day=account.cut_day,
            notice_days=notice_days,
            notice_date=notice_date,
            effective_date=compute(notice_date, account.cut_day, notice_days),
            rule=rule,
        )
        for account in accounts
    ]
    return sorted(terms, key=lambda term: (term.effective_date, term.account))


def _cut_of_month(year: int, month: int, cut_day: int) -> date:
    """Return the cut date; days 29 to 31 become the last day of a shorter month (A12b)."""
    return date(year, month, min(cut_day, monthrange(year, month)[1]))


@dataclass(frozen=True)
class ShownTerms:
    """What a form showed: notice day, effective dates, and a digest of all their inputs."""

    digest: str
    day: str = ""  # of the notice, in ISO 8601; empty without accounts
    dates: tuple[tuple[str, str], ...] = ()  # account and effective date

    @classmethod
    def of(cls, terms: Sequence[Term]) -> Self:
        """Summarise the terms. The digest includes cut days and rule: their change counts too."""
        records = [term.as_record() for term in terms]
        digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
        day = terms[0].notice_date.isoformat() if terms else ""
        return cls(digest, day, tuple((term.account, term.effective_date.isoformat()) for term in terms))

    @classmethod
    def from_token(cls, packed: Any) -> Self:
        """Read the result of `for_token`. Raises ValueError or TypeError for other data."""
        digest, day, dates = packed
        return cls(digest, day, tuple((account, effective) for account, effective in dates))

    def for_token(self) -> list[Any]:
        return [self.digest, self.day, [list(pair) for pair in self.dates]]


@dataclass(frozen=True)
class DateChange:
    """A billing account whose date changed; `before` is None if it is new, `now` if it is gone."""

    account: str
    before: date | None
    now: date | None


@dataclass(frozen=True)
class TermsChange:
    """Differences between the dates that a form showed and the current ones, for the page."""

    dates: tuple[DateChange, ...]
    day_before: date | None  # set if the day of confirmation changed
    day_now: date | None

    @classmethod
    def between(cls, shown: ShownTerms | None, terms: Sequence[Term]) -> "TermsChange | None":
        """Return the differences; None if there are none, or the form has shown no dates yet."""
        if shown is None or shown == (now := ShownTerms.of(terms)):
            return None
        before_by_account, now_by_account = dict(shown.dates), dict(now.dates)
        changes = tuple(
            DateChange(account, _date(before_by_account.get(account)), _date(now_by_account.get(account)))
            for account in dict.fromkeys([*now_by_account, *before_by_account])
            if before_by_account.get(account) != now_by_account.get(account)
        )
        other_day = shown.day != now.day
        return cls(changes, _date(shown.day if other_day else ""), _date(now.day if other_day else ""))

    @property
    def is_one_account(self) -> bool:
        """Whether a single account's date changed, which the page says in one sentence."""
        return len(self.dates) == 1 and self.dates[0].before is not None and self.dates[0].now is not None


def _date(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None
