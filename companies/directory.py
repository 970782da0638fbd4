"""The interface through which the portal looks up administrators and companies.

`COMPANY_DIRECTORY` names the class that implements it. An implementation that asks an operator's
CRM saves what it gets as rows of `companies.models` and returns those rows: tickets reference them,
and the desk searches them.
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
    """The first service numbers of a company, and the total number of its services (A6)."""

    numbers: list[str]
    total: int


class Directory(Protocol):
    """Look-ups of the portal. Every call answers with the current state; callers cache nothing."""

    def administrator(self, phone: str) -> Administrator | None:
        """Return the active administrator with this E.164 number and at least one company."""

    def companies(self, administrator: Administrator) -> list[Company]:
        """Return the administrator's companies in order of name, each with `service_count`."""

    def only_company(self, administrator: Administrator) -> Company | None:
        """Return the company of an administrator who has exactly one, else None."""

    def company_ids(self, administrator: Administrator) -> list[int]:
        """Return the primary keys of the administrator's companies: the portal shows the requests
        of these companies and no others (A21).
        """

    def company(self, administrator: Administrator, company_id: int) -> Company | None:
        """Return the company if this administrator acts for it, else None.

        Every company id that a visitor sends is looked up with this method.
        """

    def services(self, company: Company, limit: int = 5) -> Services:
        """Return the first `limit` services that are not cancelled, and how many there are."""

    def billing_accounts(self, company: Company) -> list[BillingAccount]:
        """Return the company's billing accounts in order of number, each with its cut day."""


class LocalDirectory:
    """The directory in this application's own tables."""

    def administrator(self, phone: str) -> Administrator | None:
        return Administrator.objects.entitled().filter(phone=phone).first()

    def companies(self, administrator: Administrator) -> list[Company]:
        # An aggregate query ignores the ordering of the model's Meta
        return list(
            Company.objects.of_administrator(administrator).with_service_count().order_by("legal_name", "pk")
        )

    def only_company(self, administrator: Administrator) -> Company | None:
        first_two = list(Company.objects.of_administrator(administrator).order_by()[:2])
        return first_two[0] if len(first_two) == 1 else None

    def company_ids(self, administrator: Administrator) -> list[int]:
        return list(administrator.administrations.values_list("company_id", flat=True))

    def company(self, administrator: Administrator, company_id: int) -> Company | None:
        companies = Company.objects.of_administrator(administrator)
        return companies.select_related("advisor").filter(pk=company_id).first()

    def services(self, company: Company, limit: int = 5) -> Services:
        lines = ServiceLine.objects.in_service().filter(account__company=company)
        # One query for both: the number of queries of the form page is limited by a test
        first = list(lines.annotate(total=Window(Count("*"))).values_list("number", "total")[:limit])
        return Services(numbers=[number for number, _total in first], total=first[0][1] if first else 0)

    def billing_accounts(self, company: Company) -> list[BillingAccount]:
        return list(company.billing_accounts.all())


def directory() -> Directory:
    """Return the directory that `COMPANY_DIRECTORY` names."""
    return _instance(settings.COMPANY_DIRECTORY)


@lru_cache(maxsize=8)
def _instance(path: str) -> Directory:
    return cast("Directory", import_string(path)())
