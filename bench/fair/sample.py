"""The rows that the fair floor starts with, like those of the product's sample administrator."""

from bench.fair.models import Administrator, BillingAccount, Company, Reason, RequestType, ServiceLine

REASONS = (
    "Usuario no labora en la empresa",
    "No utiliza el servicio",
    "Problemas económicos",
    "Problemas de cobertura",
    "Mejor oferta de la competencia",
    "Otro motivo",
)
# Texts for the page's script, as long as the product's
UPLOAD_WORDS = [
    (kind, f"El archivo «ARCHIVO» no se puede adjuntar. Guárdelo en otro formato: {how}" + "." * 330)
    for kind, how in (
        ("docm dotm", "como .docx, sin macros"),
        ("xlsm xltm xlsb", "como .xlsx, sin macros"),
        ("heic heif", "como JPG"),
        ("png gif bmp", "como JPG"),
        ("tif tiff", "como PDF"),
        ("gdoc gsheet", "como .docx o .xlsx"),
        ("xml", "su RIDE en PDF"),
        ("p7m p7s", "como PDF"),
        ("odt rtf txt", "como .docx o PDF"),
        ("ods csv tsv", "como .xlsx o PDF"),
        ("ppt pptx pps", "como PDF"),
        ("zip rar 7z", "uno por uno"),
    )
]


def sample() -> tuple[Administrator, Company]:
    """Return the only administrator and company, created at the first call."""
    administrator, _ = Administrator.objects.get_or_create(
        phone="0991234567",
        defaults={"names": "Andrea Ejemplo Muestra", "email": "andrea@textiles-ficticios.example"},
    )
    company, new = Company.objects.get_or_create(
        tax_id="1799999028001",
        defaults={
            "legal_name": "Textiles Ficticios del Valle S. A.",
            "city": "Quito",
            "advisor_email": "asesora@operadora.example",
        },
    )
    if new:
        company.administrators.add(administrator)
        account = BillingAccount.objects.create(company=company, number="DEMO-11", cut_day=15)
        for number in range(5):
            ServiceLine.objects.create(account=account, number=f"090011000{number}")
        request_type = RequestType.objects.create(name="Anulación o baja de servicios")
        for position, text in enumerate(REASONS):
            Reason.objects.create(request_type=request_type, text=text, position=position)
    return administrator, company
