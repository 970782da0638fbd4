"""The sample directory of the demo: invented companies that cannot be mistaken for real ones.

RUCs are right in form and evidently made up: the counter after the third digit is 9999nn, hundreds
of thousands beyond what the tax office has reached in any province. Companies and public bodies
only: any cédula that adds up could be a person's. Service numbers begin with 0900, a range no
Ecuadorian mobile has, or with DEMO, as account numbers do; e-mails end in `.example` (RFC 2606).
Loaded by `manage.py demo`, never by a migration.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from companies.identity import check_tax_id
from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine
from companies.phones import normalise_mobile

Kind = ServiceLine.Kind
PREFIXES = {
    Kind.MOBILE: "0900",
    Kind.DATA_LINK: "DEMO-ENLACE-",
    Kind.INTERNET: "DEMO-INTERNET-",
    Kind.OTHER: "DEMO-SERVICIO-",
}


@dataclass(frozen=True)
class SampleAccount:
    block: int  # two digits, within its account and service numbers
    cut_day: int
    lines: dict[Kind, int]


@dataclass(frozen=True)
class SampleCompany:
    legal_name: str
    tax_id: str
    city: str
    accounts: tuple[SampleAccount, ...]
    has_advisor: bool = False
    queue_email: str = ""


@dataclass(frozen=True)
class SampleAdministrator:
    phone: str
    names: str
    email: str
    companies: tuple[SampleCompany, ...]


SAMPLE = (
    SampleAdministrator(
        "0991234567",
        "Andrea Ejemplo Muestra",
        "andrea@textiles-ficticios.example",
        (
            SampleCompany(
                "Textiles Ficticios del Valle S. A.",
                "1799999028001",
                "Quito",
                (SampleAccount(11, 15, {Kind.MOBILE: 3, Kind.DATA_LINK: 1, Kind.INTERNET: 1}),),
                has_advisor=True,
            ),
        ),
    ),
    SampleAdministrator(
        "0997654321",
        "Bolívar Prueba Ejemplo",
        "bolivar@grupo-ficticio.example",
        (
            SampleCompany(
                "Camaronera Punta Imaginaria Cía. Ltda.",
                "0999999026001",
                "Guayaquil",
                (
                    SampleAccount(21, 5, {Kind.MOBILE: 8}),
                    SampleAccount(22, 20, {Kind.DATA_LINK: 2}),
                    SampleAccount(23, 31, {Kind.MOBILE: 4, Kind.INTERNET: 1}),
                ),
                has_advisor=True,
            ),
            SampleCompany(
                "Transportes Ruta Inventada S. A.",
                "0199999036001",
                "Cuenca",
                (SampleAccount(24, 10, {Kind.MOBILE: 12}),),
                queue_email="postventa.sur@operadora.example",
            ),
            # Its modulus 11 does not add up: the desk shows the mark of A19
            SampleCompany(
                "Empresa Pública de Aguas Ficticias EP",
                "1769999910001",
                "Quito",
                (SampleAccount(25, 28, {Kind.MOBILE: 2, Kind.OTHER: 1}),),
            ),
        ),
    ),
    SampleAdministrator(
        "0981112233",
        "Carmen Muestra Prueba",
        "carmen@mil-lineas.example",
        (
            SampleCompany(
                "Distribuidora Mil Líneas de Ejemplo S. A.",
                "1799999036001",
                "Quito",
                (SampleAccount(31, 25, {Kind.MOBILE: 5_000}),),
                has_advisor=True,
            ),
        ),
    ),
)


@transaction.atomic
def load_sample_directory(advisor: User | None = None) -> None:
    """Add what is missing of the sample; what is there stays as it is. `advisor` follows up some of
    the companies.
    """
    for sample in SAMPLE:
        administrator, _created = Administrator.objects.get_or_create(
            phone=normalise_mobile(sample.phone), defaults={"names": sample.names, "email": sample.email}
        )
        for sample_company in sample.companies:
            company = _company(sample_company, advisor if sample_company.has_advisor else None)
            Administration.objects.get_or_create(administrator=administrator, company=company)


def _company(sample: SampleCompany, advisor: User | None) -> Company:
    tax_id = check_tax_id(sample.tax_id)
    company, created = Company.objects.get_or_create(
        tax_id=tax_id.number,
        defaults={
            "legal_name": sample.legal_name,
            "tax_id_doubtful": tax_id.doubtful,
            "city": sample.city,
            "advisor": advisor,
            "queue_email": sample.queue_email,
        },
    )
    if created:
        for account in sample.accounts:
            _add_account(company, account)
    return company


def _add_account(company: Company, sample: SampleAccount) -> None:
    account = BillingAccount.objects.create(
        company=company, number=f"DEMO-{sample.block}", cut_day=sample.cut_day
    )
    ServiceLine.objects.bulk_create(_lines(account, sample), batch_size=1_000)


def _lines(account: BillingAccount, sample: SampleAccount) -> Iterator[ServiceLine]:
    for kind, total in sample.lines.items():
        for position in range(1, total + 1):
            yield ServiceLine(
                account=account, number=f"{PREFIXES[kind]}{sample.block}{position:04}", kind=kind
            )
