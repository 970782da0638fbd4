"""The effective dates that a form showed, carried by its signed key: what was shown is what is
registered (A22).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from django.utils import timezone

from companies.directory import directory
from companies.models import Company
from tickets.effective_date import Term, terms_for
from tickets.models import RequestType


def terms_at(at: datetime, company: Company, request_type: RequestType) -> list[Term]:
    """When a request confirmed then would take effect, by billing account (A12). The day is that of
    `TIME_ZONE`.
    """
    accounts = directory().billing_accounts(company)
    return terms_for(request_type.effective_rule, request_type.notice_days, accounts, timezone.localdate(at))


@dataclass(frozen=True)
class ShownTerms:
    """The day, the date of each billing account, and a digest of
    all that those were computed from.
    """

    digest: str
    day: str = ""  # of the notice, in ISO 8601; empty without accounts
    dates: tuple[tuple[str, str], ...] = ()  # account and effective date

    @classmethod
    def of(cls, terms: Sequence[Term]) -> Self:
        """The cut days and the rule count too: a date that stays the same for another reason is
        asked about again.
        """
        records = [term.as_record() for term in terms]
        digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
        day = terms[0].notice_date.isoformat() if terms else ""
        return cls(digest, day, tuple((term.account, term.effective_date.isoformat()) for term in terms))

    @classmethod
    def from_token(cls, packed: Any) -> Self:
        """What `for_token` packed. Raises ValueError or TypeError for anything else."""
        digest, day, dates = packed
        return cls(digest, day, tuple((account, effective) for account, effective in dates))

    def for_token(self) -> list[Any]:
        return [self.digest, self.day, [list(pair) for pair in self.dates]]


@dataclass(frozen=True)
class DateChange:
    """One billing account whose date is not the one shown; no `before`: it is new; no `now`: it is
    gone.
    """

    account: str
    before: date | None
    now: date | None


@dataclass(frozen=True)
class TermsChange:
    """What differs between the dates a form showed and those that hold now, for the page to say in
    words.
    """

    dates: tuple[DateChange, ...]
    day_before: date | None  # set where the day of confirmation is another one
    day_now: date | None

    @classmethod
    def between(cls, shown: ShownTerms | None, terms: Sequence[Term]) -> "TermsChange | None":
        """None where nothing was shown yet, or nothing changed since."""
        now = ShownTerms.of(terms)
        if shown is None or shown == now:
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
        """Whether one date took another's place, which a single sentence can say."""
        return len(self.dates) == 1 and self.dates[0].before is not None and self.dates[0].now is not None


def _date(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None
