"""The people of the tests: Ana administers Acme, Bruno another company, Carla is an advisor."""

from collections.abc import Sequence
from importlib import import_module
from itertools import count
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone

from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine
from tickets.models import Reason, RequestType, Ticket

ANA_PHONE = "+593991234567"
BRUNO_PHONE = "+593987654321"
NOBODY_PHONE = "+593960000000"  # well-formed and not registered

_serial = count(1)


def make_company(
    name: str = "Acme del Ecuador S. A.",
    *,
    cut_days: Sequence[int] = (15,),
    lines: int = 2,
    tax_id: str = "",
    city: str = "Quito",
    advisor: User | None = None,
) -> Company:
    """Create a company with one billing account per cut day, and `lines` mobile lines on them in
    turn; an account has at least one, unless `lines` is 0.
    """
    number = next(_serial)
    company = Company.objects.create(
        legal_name=name, tax_id=tax_id or f"1799{number:06}001", city=city, advisor=advisor
    )
    accounts = [
        BillingAccount.objects.create(company=company, number=f"T{number:05}-{position}", cut_day=cut_day)
        for position, cut_day in enumerate(cut_days, start=1)
    ]
    if accounts:
        ServiceLine.objects.bulk_create(
            ServiceLine(account=accounts[(line - 1) % len(accounts)], number=f"09{number % 100:02}{line:06}")
            for line in range(1, (max(lines, len(accounts)) if lines else 0) + 1)
        )
    return company


def make_administrator(
    *companies: Company,
    phone: str = ANA_PHONE,
    names: str = "Ana Pérez",
    email: str = "ana@acme.example",
    is_active: bool = True,
) -> Administrator:
    administrator = Administrator.objects.create(phone=phone, names=names, email=email, is_active=is_active)
    for company in companies:
        Administration.objects.create(administrator=administrator, company=company)
    return administrator


def ana(*companies: Company) -> Administrator:
    """Create Ana, administrator of the companies, by default of Acme (one account, cut day 15)."""
    return make_administrator(*(companies or [make_company()]))


def bruno(*companies: Company) -> Administrator:
    """Create Bruno as administrator of the companies, by default of one that is not Ana's."""
    return make_administrator(
        *(companies or [make_company("Bruno e Hijos Cía. Ltda.", city="Cuenca")]),
        phone=BRUNO_PHONE,
        names="Bruno Salazar",
        email="bruno@bruno.example",
    )


def carla() -> User:
    """Create Carla, an advisor: a staff user without superuser rights."""
    return User.objects.create_user(
        "carla", email="carla@operadora.example", first_name="Carla", is_staff=True
    )


def make_request_type() -> RequestType:
    """Return the request type that the migration creates (A7, A8), and create it and its reasons
    again if a test's flush has deleted them.
    """
    migration = import_module("tickets.migrations.0001_initial")
    migration.load(apps, None)
    return RequestType.objects.get(code=migration.CODE)


def a_reason(position: int = 2) -> Reason:
    """Return a reason of that request type; by default the second, an unused service."""
    return make_request_type().reasons.get(position=position)


def make_ticket(administrator: Administrator | None = None, **changes: Any) -> Ticket:
    """Create a ticket, without history or messages, as confirmed by the administrator; by default
    by the first one that exists, or Ana.
    """
    administrator = administrator or Administrator.objects.first() or ana()
    company = administrator.companies.order_by("pk")[0]
    reason = a_reason()
    at = changes.get("registered_at") or timezone.now()
    values: dict[str, Any] = {
        "request_type": reason.request_type,
        "request_type_name": reason.request_type.name,
        "reason": reason,
        "reason_text": reason.text,
        "company": company,
        "company_name": company.legal_name,
        "company_tax_id": company.tax_id,
        "administrator": administrator,
        "verified_phone": str(administrator.phone),
        "verified_by": Ticket.Method.PIN,
        "requester_name": administrator.names,
        "email": administrator.email,
        "contact_phone": str(administrator.phone),
        "effective_rule": RequestType.Rule.BILLING_CUT,
        "details": "La línea 0991112223",
        "notice_at": at,
        "registered_at": at,
        "submission_key": uuid4(),
        "submission_digest": "0" * 64,
    }
    return Ticket.objects.create(**{**values, **changes})
