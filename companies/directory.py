"""The seam through which the portal asks who is who: today the local tables, later an operator's
CRM.

An implementation is named by `COMPANY_DIRECTORY`. Whatever it asks elsewhere, it answers with saved
rows of `companies.models`, refreshed first: tickets point to those rows, and the desk searches
them.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

from django.conf import settings
from django.db.models import Count, Window
from django.utils.module_loading import import_string

from companies.models import Administrator, BillingAccount, Company, ServiceLine


@dataclass(frozen=True)
class Services:
    """The first service numbers of a company and how many there are in all (A6)."""

    numbers: list[str]
    total: int


class Directory(Protocol):
    """What the portal needs to know. Answers are about now: nothing is to be remembered between
    calls.
    """

    def administrator(self, phone: str) -> Administrator | None:
        """Who may request cancellations from this E.164 number:
        active, with at least one company.
        """

    def companies(self, administrator: Administrator) -> list[Company]:
        """The companies to choose from, by name, each with `service_count`."""

    def only_company(self, administrator: Administrator) -> Company | None:
        """The company of an administrator who has no other: there is nothing to choose."""

    def company_ids(self, administrator: Administrator) -> list[int]:
        """The keys of the companies this administrator acts for now: what decides which requests
        may be seen (A21).
        """

    def company(self, administrator: Administrator, company_id: int) -> Company | None:
        """The one door to a company for a visitor: none unless this administrator acts for it."""

    def services(self, company: Company, limit: int = 5) -> Services:
        """Services that can still be cancelled."""

    def billing_accounts(self, company: Company) -> list[BillingAccount]:
        """Its billing accounts, by number, each with its cut day."""


class LocalDirectory:
    """The tables of this application are the directory."""

    def administrator(self, phone: str) -> Administrator | None:
        return Administrator.objects.entitled().filter(phone=phone).first()

    def companies(self, administrator: Administrator) -> list[Company]:
        # Counting drops the model's own order
        return list(Company.objects.run_by(administrator).with_service_count().order_by("legal_name", "pk"))

    def only_company(self, administrator: Administrator) -> Company | None:
        first = list(Company.objects.run_by(administrator).order_by()[:2])
        return first[0] if len(first) == 1 else None

    def company_ids(self, administrator: Administrator) -> list[int]:
        return list(administrator.administrations.values_list("company_id", flat=True))

    def company(self, administrator: Administrator, company_id: int) -> Company | None:
        return Company.objects.run_by(administrator).select_related("advisor").filter(pk=company_id).first()

    def services(self, company: Company, limit: int = 5) -> Services:
        lines = ServiceLine.objects.in_service().filter(account__company=company)
        # Counted in the query that lists the first ones: the form page has few to spend
        first = list(lines.annotate(total=Window(Count("*"))).values_list("number", "total")[:limit])
        return Services(numbers=[number for number, _total in first], total=first[0][1] if first else 0)

    def billing_accounts(self, company: Company) -> list[BillingAccount]:
        return list(company.billing_accounts.all())


def directory() -> Directory:
    """The directory that `COMPANY_DIRECTORY` names."""
    return _built(settings.COMPANY_DIRECTORY)


@lru_cache(maxsize=8)
def _built(path: str) -> Directory:
    return cast("Directory", import_string(path)())
