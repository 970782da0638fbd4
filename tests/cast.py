"""The people of the tests: Ana administers Acme, Bruno another company, Carla is an advisor."""

from collections.abc import Sequence
from itertools import count

from django.contrib.auth.models import User

from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine

ANA_PHONE = "+593991234567"
BRUNO_PHONE = "+593987654321"
NOBODY_PHONE = "+593960000000"  # well-formed, and registered by nobody

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
    """A company with one billing account a cut day; `lines` mobile lines on the first of them."""
    number = next(_serial)
    company = Company.objects.create(legal_name=name, tax_id=tax_id or f"179{number:07}001", city=city, advisor=advisor)
    accounts = [
        BillingAccount.objects.create(company=company, number=f"T{number:05}-{position}", cut_day=cut_day)
        for position, cut_day in enumerate(cut_days, start=1)
    ]
    if accounts:
        ServiceLine.objects.bulk_create(
            ServiceLine(account=accounts[0], number=f"09{number % 100:02}{line:06}") for line in range(1, lines + 1)
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
    """Ana, of the companies given, or else of Acme (one billing cut, the 15th)."""
    return make_administrator(*(companies or [make_company()]))


def bruno(*companies: Company) -> Administrator:
    """Bruno, who has nothing to do with Ana's companies."""
    return make_administrator(
        *(companies or [make_company("Bruno e Hijos Cía. Ltda.", city="Cuenca")]),
        phone=BRUNO_PHONE,
        names="Bruno Salazar",
        email="bruno@bruno.example",
    )


def carla() -> User:
    """An advisor: staff, no superuser."""
    return User.objects.create_user("carla", email="carla@operadora.example", first_name="Carla", is_staff=True)
