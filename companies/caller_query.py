"""The one query behind the request form: an administrator, a company, its accounts and services.

Plain SQL, because compiling five queries with Django took longer than the rest of the page. The
statement is the same on PostgreSQL and SQLite, except for the names of the JSON functions.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model

from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine

M = TypeVar("M", bound=Model)

# The aggregate that makes a JSON list of all rows, and the function that lists one row's values
JSON_FUNCTIONS = {
    "postgresql": ("json_agg", "json_build_array"),
    "sqlite": ("json_group_array", "json_array"),
}

ADMINISTRATOR = ("id", "phone", "names", "email", "is_active")
COMPANY = (
    "id",
    "legal_name",
    "tax_id",
    "tax_id_doubtful",
    "city",
    "advisor_id",
    "queue_email",
    "status",
    "status_reason",
)
ADVISOR = ("id", "username", "first_name", "last_name", "email", "is_active")
BOOLEANS = frozenset({"is_active", "tax_id_doubtful"})  # SQLite returns them as 0 or 1


@dataclass(frozen=True)
class Services:
    """The first service numbers of a company, and the total number of its services (A6)."""

    numbers: list[str]
    total: int
    # The number of the billing account of each; empty if the directory does not say
    accounts: list[str] = field(default_factory=list, compare=False)


@dataclass(frozen=True)
class CompanyFacts:
    """What the request form shows of the company: itself, its accounts, its services."""

    company: Company  # with its advisor
    accounts: Sequence[BillingAccount]  # those with a service that is not cancelled, by number
    services: Services


@dataclass(frozen=True)
class CallerFacts:
    """The administrator who makes a request, and its company: None while the administrator has
    several and has not picked one.
    """

    administrator: Administrator
    of_company: CompanyFacts | None = None


def run(phone: str, company_id: int | None, services: int) -> CallerFacts | None:
    """Return the administrator with this company, or with their only one if `company_id` is None.

    Returns None if the administrator is unknown or does not act for that company.
    """
    limits, ids = [services] if services else [], [] if company_id is None else [company_id]
    with connection.cursor() as cursor:
        cursor.execute(
            _sql(connection.vendor, with_company=company_id is not None, with_services=services > 0),
            [*limits, str(phone), True, *ids],
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    *columns, accounts = rows[0]
    administrator = _instance(Administrator, ADMINISTRATOR, columns)
    if len(rows) > 1:
        return CallerFacts(administrator)
    company = _instance(Company, COMPANY, columns[len(ADMINISTRATOR) :])
    company.advisor = (
        _instance(User, ADVISOR, columns[len(ADMINISTRATOR) + len(COMPANY) :])
        if company.advisor_id is not None
        else None
    )
    of_accounts = json.loads(accounts or "[]")
    of_company = CompanyFacts(
        company,
        [
            BillingAccount(pk=pk, company=company, number=number, cut_day=cut_day)
            for pk, number, cut_day, in_service, *_services in of_accounts
            if in_service
        ],
        _services(of_accounts, services),
    )
    return CallerFacts(administrator, of_company)


def _services(of_accounts: Sequence[Sequence[Any]], limit: int) -> Services:
    """Merge the first numbers of all accounts, and add up their totals."""
    if not limit:
        return Services([], 0)
    # PostgreSQL nests the inner list; SQLite may return it as text
    first = sorted(
        (number, account)
        for _pk, account, *_facts, each, _count in of_accounts
        for number in (json.loads(each) if isinstance(each, str) else each or ())
    )[:limit]
    return Services(
        [number for number, _account in first],
        sum(count for *_account, count in of_accounts),
        [account for _number, account in first],
    )


def _instance(model: type[M], names: Sequence[str], values: Sequence[Any]) -> M:
    """Return a model instance. Fields that the query did not read are deferred."""
    fields = [bool(value) if name in BOOLEANS else value for name, value in zip(names, values, strict=False)]
    return model.from_db(connection.alias, list(names), fields)


@lru_cache(maxsize=8)
def _sql(vendor: str, *, with_company: bool, with_services: bool) -> str:
    rows, row = JSON_FUNCTIONS[vendor]
    columns = ", ".join(
        f"{alias}.{name}"
        for alias, names in (("a", ADMINISTRATOR), ("c", COMPANY), ("u", ADVISOR))
        for name in names
    )
    # The first numbers are read per account, because an index holds each account's numbers in
    # order. Reading the first five of all accounts together would need a sort, or a scan of the
    # numbers of all companies
    in_service = f"""
        FROM {_table(ServiceLine)} s
        WHERE s.account_id = b.id AND NOT (s.status = '{ServiceLine.Status.CANCELLED}')
    """
    first = f"""
        (SELECT {rows}(f.number)
         FROM (SELECT s.number {in_service} ORDER BY s.number LIMIT %s) f)
    """  # noqa: S608  names of tables and columns, no input
    services = f", {first}, (SELECT COUNT(*) {in_service})" if with_services else ""
    any_service = f"EXISTS (SELECT 1 {in_service})"
    return f"""
        SELECT {columns},
            (SELECT CAST({rows}({row}(b.id, b.number, b.cut_day, {any_service}{services})) AS text)
             FROM (SELECT id, number, cut_day FROM {_table(BillingAccount)}
                   WHERE company_id = c.id ORDER BY number) b)
        FROM {_table(Administrator)} a
        JOIN {_table(Administration)} x ON x.administrator_id = a.id
        JOIN {_table(Company)} c ON c.id = x.company_id
        LEFT JOIN {_table(User)} u ON u.id = c.advisor_id
        WHERE a.phone = %s AND a.is_active = %s {"AND c.id = %s" if with_company else ""}
        LIMIT 2
    """  # noqa: S608  names of tables and columns, no input


def _table(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001  Django's public `_meta`
