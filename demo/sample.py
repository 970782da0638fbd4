"""The sample directory of the demo: invented companies that cannot be mistaken for real ones.

RUCs are well-formed but recognisably invented: the serial after the third digit is 9999nn, far
beyond the numbers that the tax office has assigned in any province. All of them belong to companies
and public bodies, because a valid cédula could be a real person's. Service numbers begin with 0900,
a range without mobile numbers in Ecuador, or with DEMO, as account numbers do. E-mails end in
`.example` (RFC 2606). `manage.py demo` loads the directory; no migration does.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from companies.identity import check_tax_id
from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine
from companies.phones import normalise_mobile
from tickets import catalogue
from tickets.models import Area, RequestType

LineKind = ServiceLine.Kind
PREFIXES = {
    LineKind.MOBILE: "0900",
    LineKind.DATA_LINK: "DEMO-ENLACE-",
    LineKind.INTERNET: "DEMO-INTERNET-",
    LineKind.OTHER: "DEMO-SERVICIO-",
}


# The request types that the demo's portal offers; a new installation offers the first one only
OFFERED = (
    "cancellation",
    "technical_fault",
    "invoice_dispute",
    "ownership_transfer",
    "address_change",
    "general",
)


@dataclass(frozen=True)
class SampleAccount:
    block: int  # two digits, part of its account and service numbers
    cut_day: int
    lines: dict[LineKind, int]


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
                (SampleAccount(11, 15, {LineKind.MOBILE: 3, LineKind.DATA_LINK: 1, LineKind.INTERNET: 1}),),
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
                    SampleAccount(21, 5, {LineKind.MOBILE: 8}),
                    SampleAccount(22, 20, {LineKind.DATA_LINK: 2}),
                    SampleAccount(23, 31, {LineKind.MOBILE: 4, LineKind.INTERNET: 1}),
                ),
                has_advisor=True,
            ),
            SampleCompany(
                "Transportes Ruta Inventada S. A.",
                "0199999036001",
                "Cuenca",
                (SampleAccount(24, 10, {LineKind.MOBILE: 12}),),
                queue_email="postventa.sur@operadora.example",
            ),
            # Its check digit (modulus 11) is wrong: the desk marks the number as doubtful (A19)
            SampleCompany(
                "Empresa Pública de Aguas Ficticias EP",
                "1769999910001",
                "Quito",
                (SampleAccount(25, 28, {LineKind.MOBILE: 2, LineKind.OTHER: 1}),),
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
                (SampleAccount(31, 25, {LineKind.MOBILE: 5_000}),),
                has_advisor=True,
            ),
        ),
    ),
)


@transaction.atomic
def load_sample_directory(advisor: User | None = None) -> None:
    """Add the sample's missing rows, and change no existing one. `advisor` gets some companies."""
    for sample in SAMPLE:
        administrator, _created = Administrator.objects.get_or_create(
            phone=normalise_mobile(sample.phone), defaults={"names": sample.names, "email": sample.email}
        )
        for sample_company in sample.companies:
            company = _company(sample_company, advisor if sample_company.has_advisor else None)
            Administration.objects.get_or_create(administrator=administrator, company=company)


@transaction.atomic
def load_sample_types() -> None:
    """Load the shipped request types and offer six of them, on the first start only: later starts
    keep what was edited at the desk. Areas without an address get one, for their mails to be seen.
    """
    if not RequestType.objects.filter(code=OFFERED[-1]).exists():
        catalogue.load()
        RequestType.objects.filter(code__in=OFFERED).update(in_portal=True)
    for area in Area.objects.filter(email=""):  # the desk leaves none without
        area.email, area.is_active = f"{slugify(area.name)}@operadora.example", True
        area.save(update_fields=["email", "is_active"])


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
    if not created:
        return company
    for sample_account in sample.accounts:
        block = sample_account.block
        account = BillingAccount.objects.create(
            company=company, number=f"DEMO-{block}", cut_day=sample_account.cut_day
        )
        lines = [
            ServiceLine(account=account, number=f"{PREFIXES[kind]}{block}{position:04}", kind=kind)
            for kind, total in sample_account.lines.items()
            for position in range(1, total + 1)
        ]
        ServiceLine.objects.bulk_create(lines, batch_size=1_000)
    return company
