"""Effective dates: holidays, rules, the dates of a request, and the dates that a form showed.

Pure functions without clock, database or settings. They contain no sentences for customers, which
belong to the request type.
"""

from tickets.effective_date.calendar import Calendar, ChangedDay
from tickets.effective_date.holidays import Holiday, holidays_in
from tickets.effective_date.recomputation import Difference, recompute
from tickets.effective_date.rules import (
    VERSION,
    Missing,
    Outcome,
    Rule,
    RuleKind,
    billing_cut,
    effective_date,
)
from tickets.effective_date.shown import DateChange, ShownTerms, TermsChange
from tickets.effective_date.terms import (
    Account,
    MissingDate,
    RequestDates,
    Term,
    dates_for,
    touched_accounts,
)

__all__ = [
    "VERSION",
    "Account",
    "Calendar",
    "ChangedDay",
    "DateChange",
    "Difference",
    "Holiday",
    "Missing",
    "MissingDate",
    "Outcome",
    "RequestDates",
    "Rule",
    "RuleKind",
    "ShownTerms",
    "Term",
    "TermsChange",
    "billing_cut",
    "dates_for",
    "effective_date",
    "holidays_in",
    "recompute",
    "touched_accounts",
]
