"""When a request takes effect: rules over dates, with their inputs on record (A12b).

Pure: no clock, no database, no settings. A rule is a function in `RULES`; a new one is a function,
its entry there and a choice of `RequestType.Rule`. `VERSION` rises whenever a rule begins to answer
differently, so that a stored date can always be explained by the code that computed it.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Protocol, Self

VERSION = 1

Rule = Callable[[date, int, int], date]


class Account(Protocol):
    """What a rule needs of a billing account."""

    @property
    def number(self) -> str: ...

    @property
    def cut_day(self) -> int: ...


@dataclass(frozen=True)
class Term:
    """What was computed for one billing account, and from what."""

    account: str
    cut_day: int
    notice_days: int
    notice_date: date  # the day of confirmation, in the zone of `TIME_ZONE`
    effective_date: date
    rule: str
    version: int = VERSION

    def as_record(self) -> dict[str, str | int]:
        """As JSON keeps it: dates in ISO 8601."""
        return {
            **asdict(self),
            "notice_date": self.notice_date.isoformat(),
            "effective_date": self.effective_date.isoformat(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The term that `as_record` kept."""
        dates = {name: date.fromisoformat(record[name]) for name in ("notice_date", "effective_date")}
        return cls(**{**record, **dates})


def billing_cut(notice_date: date, cut_day: int, notice_days: int) -> date:
    """The first cut that leaves `notice_days` calendar days after the notice: notice + days <= cut
    (A12b).
    """
    earliest = notice_date + timedelta(days=notice_days)
    cut = _cut_of_month(earliest.year, earliest.month, cut_day)
    if cut >= earliest:
        return cut
    following = earliest.replace(day=1) + timedelta(days=31)  # always in the next month
    return _cut_of_month(following.year, following.month, cut_day)


RULES: dict[str, Rule] = {"billing_cut": billing_cut}


def terms_for(rule: str, notice_days: int, accounts: Iterable[Account], notice_date: date) -> list[Term]:
    """One term an account, earliest first. `notice_date` is the local day of confirmation
    (`timezone.localdate`).

    Raises `KeyError` for a rule that does not exist.
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
    """A cut day of 29 to 31 falls on the last day of a shorter month (A12b)."""
    return date(year, month, min(cut_day, monthrange(year, month)[1]))
