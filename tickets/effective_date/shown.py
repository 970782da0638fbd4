"""What a form showed of the effective dates, and what has changed since (A22)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from tickets.effective_date.terms import Term


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
        """Return the differences. Return None if nothing differs or the form has shown no dates."""
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
