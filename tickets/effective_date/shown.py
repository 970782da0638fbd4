"""The effective dates that a form showed, and their changes since (A22)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from tickets.effective_date.terms import Term


@dataclass(frozen=True)
class ShownTerms:
    """The dates that a form showed: notice day, effective dates, and digests of their inputs."""

    day: str = ""  # of the notice, in ISO 8601; empty without accounts
    # Account, effective date, and a digest of rule and inputs, so that a changed cut day counts
    dates: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, terms: Sequence[Term]) -> Self:
        """Summarise the terms."""
        day = terms[0].notice_date.isoformat() if terms else ""
        return cls(
            day, tuple((term.account, term.effective_date.isoformat(), _digest(term)) for term in terms)
        )

    @classmethod
    def from_token(cls, packed: Any) -> Self:
        """Read the result of `for_token`. Raises ValueError or TypeError for other data."""
        day, dates = packed
        return cls(day, tuple((account, effective, digest) for account, effective, digest in dates))

    def for_token(self) -> list[Any]:
        return [self.day, [list(each) for each in self.dates]]

    def covers(self, terms: Sequence[Term], *, of_lines: bool) -> bool:
        """Whether the form showed these dates.

        `of_lines`: they are those of the chosen lines, and may be some of the dates shown.
        """
        now = ShownTerms.of(terms)
        part = of_lines and now.dates and set(now.dates) <= set(self.dates)  # a digest has the day
        return now == self or bool(part)


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
    def between(
        cls, shown: ShownTerms | None, terms: Sequence[Term], *, of_lines: bool = False
    ) -> "TermsChange | None":
        """Return the differences. Return None if nothing differs or the form has shown no dates.

        `of_lines`: the terms are those of the chosen lines. Then added and removed accounts do not
        count, because the customer chose them.
        """
        if shown is None or shown.covers(terms, of_lines=of_lines):
            return None
        now = ShownTerms.of(terms)
        before_by_account, now_by_account = _by_account(shown), _by_account(now)
        if of_lines and shown.day == now.day:
            common = before_by_account.keys() & now_by_account.keys()
            if all(each in now.dates for each in shown.dates if each[0] in common):
                return None
            before_by_account = {account: before_by_account[account] for account in sorted(common)}
            now_by_account = {account: now_by_account[account] for account in sorted(common)}
        changes = tuple(
            DateChange(account, _date(before_by_account.get(account)), _date(now_by_account.get(account)))
            for account in dict.fromkeys([*now_by_account, *before_by_account])
            if before_by_account.get(account) != now_by_account.get(account)
        )
        other_day = shown.day != now.day
        return cls(changes, _date(shown.day if other_day else ""), _date(now.day if other_day else ""))

    @property
    def is_one_account(self) -> bool:
        """Whether exactly one account's date changed; the page then needs one sentence only."""
        return len(self.dates) == 1 and self.dates[0].before is not None and self.dates[0].now is not None


def _by_account(shown: ShownTerms) -> dict[str, str]:
    return {account: day for account, day, _digest in shown.dates}


def _digest(term: Term) -> str:
    record = json.dumps(term.as_record(), sort_keys=True)
    # 48 bits suffice: a form has a few hundred digests, and the customer cannot choose the inputs
    return hashlib.sha256(record.encode()).hexdigest()[:12]


def _date(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None
