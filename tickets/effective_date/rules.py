"""Rules of the effective date as data, and the function that applies one (A12b, D6, F2).

Pure functions: no clock, database or settings. Raise `VERSION` when a rule's results change, so
that a stored date can be explained by the code that computed it.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from tickets.effective_date.calendar import DAY, Calendar

VERSION = 1
CUT_DAYS = range(1, 32)


class RuleKind(TextChoices):
    """How a rule finds the date; the notice days are calendar or working days."""

    NONE = "none", _("Sin fecha efectiva")
    NOTICE_DATE = "notice_date", _("El día de la solicitud")
    NOTICE_DAYS = "notice_days", _("Un número de días después de la solicitud")
    BILLING_CUT = "billing_cut", _("Corte de facturación con días de anticipación")


class Missing(TextChoices):
    """The reason why a date cannot be computed, so that staff set it (P6)."""

    ACCOUNT = "account", _("No hay cuenta de facturación")
    CUT_DAY = "cut_day", _("La cuenta no tiene día de corte")


@dataclass(frozen=True)
class Rule:
    """The rule of a request type. Raises ValueError for an unknown kind or negative days."""

    kind: RuleKind
    days: int = 0  # of notice; `NONE` and `NOTICE_DATE` ignore them
    working_days: bool = False  # whether `days` are working days; else calendar days
    ceiling_days: int | None = None  # the most calendar days from the notice to the date

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", RuleKind(self.kind))
        if self.days < 0 or (self.ceiling_days or 0) < 0:
            raise ValueError("days are not negative")

    @property
    def needs_cut_day(self) -> bool:
        return self.kind == RuleKind.BILLING_CUT

    @property
    def has_date(self) -> bool:
        return self.kind != RuleKind.NONE

    @property
    def uses_calendar(self) -> bool:
        """Whether holidays can change the date."""
        counted = (RuleKind.NOTICE_DAYS, RuleKind.BILLING_CUT)
        return self.working_days and self.days > 0 and self.kind in counted


@dataclass(frozen=True)
class Outcome:
    """The result of a rule: a date, or the reason why none. Neither for the kind `NONE`."""

    effective_date: date | None = None
    missing: Missing | None = None
    uncapped_date: date | None = None  # the rule's own date, where the ceiling was earlier
    # If working days were counted: the first day after the counted ones, and the counted days that
    # differ from their weekday (holidays from Monday to Friday, weekend days on which people work)
    counted_until: date | None = None
    exceptions: tuple[date, ...] = ()

    @property
    def is_capped(self) -> bool:
        return self.uncapped_date is not None


def effective_date(rule: Rule, notice: date, cut_day: int | None, calendar: Calendar) -> Outcome:
    """Apply a rule to a request of the local day `notice`, for an account billed on `cut_day`.

    A rule that needs a cut day gives no date if it is missing or outside 1-31. It does not give
    the ceiling either, because the cut might be earlier.
    """
    if not rule.has_date:
        return Outcome()
    if rule.needs_cut_day and cut_day not in CUT_DAYS:
        return Outcome(missing=Missing.CUT_DAY)
    own, start, end = _uncapped(rule, notice, cut_day, calendar)
    ceiling = own if rule.ceiling_days is None else notice + DAY * rule.ceiling_days
    return Outcome(
        effective_date=min(own, ceiling),
        uncapped_date=own if ceiling < own else None,
        counted_until=end if rule.uses_calendar else None,
        exceptions=calendar.exceptions(start, end) if rule.uses_calendar else (),
    )


def _uncapped(rule: Rule, notice: date, cut_day: int | None, calendar: Calendar) -> tuple[date, date, date]:
    """Return the rule's own date, and the interval in which it counts the days of notice."""
    if rule.kind == RuleKind.BILLING_CUT and cut_day is not None:
        earliest = earliest_cut(rule, notice, calendar)
        return first_cut(earliest, cut_day), notice, earliest
    days = 0 if rule.kind == RuleKind.NOTICE_DATE else rule.days
    day = calendar.add_working_days(notice, days) if rule.working_days else notice + DAY * days
    return day, notice + DAY, day + DAY


def earliest_cut(rule: Rule, notice: date, calendar: Calendar) -> date:
    """Return the first day E on which a cut is late enough: [notice, E) has the days of notice.

    The day of notice counts and the day of the cut does not, as when one counts the days back from
    the cut: with 3 working days, a cut on a Thursday takes requests of the Monday before it.
    """
    if rule.working_days:
        return calendar.end_of_working_days(notice, rule.days)
    return notice + DAY * rule.days


def first_cut(earliest: date, cut_day: int) -> date:
    """Return the first billing cut on or after the day `earliest`."""
    cut = _cut_of_month(earliest.year, earliest.month, cut_day)
    if cut >= earliest:
        return cut
    following = earliest.replace(day=1) + timedelta(days=31)  # always in the next month
    return _cut_of_month(following.year, following.month, cut_day)


def billing_cut(notice_date: date, cut_day: int, notice_days: int) -> date:
    """Return the first billing cut at least `notice_days` calendar days after the notice (A12b)."""
    return first_cut(notice_date + timedelta(days=notice_days), cut_day)


def _cut_of_month(year: int, month: int, cut_day: int) -> date:
    """Return the cut date; days 29 to 31 become the last day of a shorter month (A12b)."""
    return date(year, month, min(cut_day, monthrange(year, month)[1]))
