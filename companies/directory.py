"""The interface through which the portal looks up administrators and companies.

`COMPANY_DIRECTORY` names the class that implements it. An implementation that asks an operator's
CRM saves what it gets as rows of `companies.models` and returns those rows: tickets reference them,
and the desk searches them.
"""

from functools import lru_cache
from typing import Protocol, cast

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Window
from django.utils.module_loading import import_string

from companies import caller_query
from companies.caller_query import CallerFacts, CompanyFacts, Services
from companies.models import Administrator, BillingAccount, Company, ServiceLine

__all__ = [
    "LINES_OFFERED",
    "SERVICES_SHOWN",
    "CallerFacts",
    "Directory",
    "LocalDirectory",
    "Services",
    "caller_facts",
    "directory",
]

SERVICES_SHOWN = 5  # A6
LINES_OFFERED = 20  # a request form offers each line of a company that has no more of them


class Directory(Protocol):
    """Look-ups of the portal. Every call answers with the current state; callers cache nothing.

    A directory may also have a method `caller_facts` like that of LocalDirectory, which returns all
    that the request form needs in one call. Without it, the other methods are called one by one.
    """

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

    def services(self, company: Company, limit: int = SERVICES_SHOWN) -> Services:
        """Return the first `limit` services that are not cancelled, and how many there are."""

    def billing_accounts(self, company: Company) -> list[BillingAccount]:
        """Return the accounts with a service that is not cancelled, in order of number.

        A request cannot end anything in the other accounts, so their cut days do not count.
        """


class LocalDirectory:
    """The directory in this application's own tables."""

    def administrator(self, phone: str) -> Administrator | None:
        return Administrator.objects.entitled().filter(phone=phone).first()

    def companies(self, administrator: Administrator) -> list[Company]:
        # Ordered explicitly, because Django ignores Meta.ordering in a query that aggregates
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

    def services(self, company: Company, limit: int = SERVICES_SHOWN) -> Services:
        lines = ServiceLine.objects.in_service().filter(account__company=company)
        # One query for both: the number of queries of the form page is limited by a test
        with_total = lines.annotate(total=Window(Count("*")))
        first = list(with_total.values_list("number", "account__number", "total")[:limit])
        numbers = [number for number, _account, _total in first]
        accounts = [account for _number, account, _total in first]
        return Services(numbers, total=first[0][2] if first else 0, accounts=accounts)

    def billing_accounts(self, company: Company) -> list[BillingAccount]:
        lines = ServiceLine.objects.in_service().filter(account=OuterRef("pk"))
        return list(company.billing_accounts.filter(Exists(lines)))

    def caller_facts(
        self, phone: str, company_id: int | None = None, services: int = SERVICES_SHOWN
    ) -> CallerFacts | None:
        """Return what `companies.directory.caller_facts` does, in one query."""
        if type(self) is not LocalDirectory:  # a subclass answers with the methods that it overrides
            return _call_one_by_one(self, phone, company_id, services)
        found = caller_query.run(phone, company_id, services)
        if found is None and company_id is not None:  # the administrator may have lost only this company
            found = caller_query.run(phone, None, services)
        return found


def caller_facts(
    phone: str, company_id: int | None = None, services: int = SERVICES_SHOWN
) -> CallerFacts | None:
    """Return the active administrator with this number, and the company of the request.

    The company is the one with this id if the administrator acts for it, else their only one, or
    None if they have several. It comes with its accounts and its first services. Returns None if
    no active administrator has the number.
    """
    current = directory()
    in_one_call = getattr(current, "caller_facts", None)
    if in_one_call is None:
        return _call_one_by_one(current, phone, company_id, services)
    return cast("CallerFacts | None", in_one_call(phone, company_id, services))


def _call_one_by_one(
    current: Directory, phone: str, company_id: int | None, services: int
) -> CallerFacts | None:
    administrator = current.administrator(phone)
    if administrator is None:
        return None
    company = current.company(administrator, company_id) if company_id is not None else None
    company = company or current.only_company(administrator)
    if company is None:
        return CallerFacts(administrator)
    shown = current.services(company, services) if services else Services([], 0)
    return CallerFacts(administrator, CompanyFacts(company, current.billing_accounts(company), shown))


def directory() -> Directory:
    """Return the directory that `COMPANY_DIRECTORY` names."""
    return _instance(settings.COMPANY_DIRECTORY)


@lru_cache(maxsize=8)
def _instance(path: str) -> Directory:
    return cast("Directory", import_string(path)())
