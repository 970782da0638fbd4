"""Validation of RUC and cédula: malformed numbers are refused; a wrong check digit only marks the
number as doubtful for the advisor (A19).

python-stdnum reports only the first problem of a number, and does not distinguish a wrong check
digit from a malformed number. So this module checks the parts one by one.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum.ec import ci, ruc

CEDULA_DIGITS = 10
RUC_DIGITS = 13
# 24 provinces; 30 is for Ecuadorians registered abroad, 50 is in stdnum's tables
PROVINCES = frozenset({f"{number:02}" for number in range(1, 25)} | {"30", "50"})


class InvalidTaxId(ValueError):
    """The text is neither a RUC nor a cédula. The message, in Spanish, is shown to people."""


@dataclass(frozen=True)
class TaxId:
    """A well-formed RUC or cédula.

    `doubtful` says that its check digit is wrong. Such numbers exist, so they are not refused.
    """

    number: str
    doubtful: bool = False


def check_tax_id(raw: str) -> TaxId:
    """Return the number without separators. Raises InvalidTaxId for a malformed number."""
    number = ci.compact(raw)
    _require_well_formed(number)
    return TaxId(number, doubtful=not (ci if len(number) == CEDULA_DIGITS else ruc).is_valid(number))


def validate_tax_id(value: str) -> None:
    """Check a tax id as a model validator: raises ValidationError for a malformed number."""
    try:
        check_tax_id(value)
    except InvalidTaxId as error:
        raise ValidationError(str(error), code="invalid_tax_id") from error


def _require_well_formed(number: str) -> None:
    if not number:
        raise InvalidTaxId(_("Ingrese la cédula o el RUC."))
    if not (number.isascii() and number.isdigit()):
        raise InvalidTaxId(_("La cédula y el RUC llevan solo números."))
    if len(number) not in {CEDULA_DIGITS, RUC_DIGITS}:
        raise InvalidTaxId(_("El RUC tiene 13 dígitos y la cédula 10; este número tiene %d.") % len(number))
    if number[:2] not in PROVINCES:
        raise InvalidTaxId(
            _("Los dos primeros dígitos no son el código de una provincia (01 a 24, 30 o 50).")
        )
    # 0 to 5: persons; 6: public bodies, and persons according to python-stdnum; 9: companies
    if number[2] not in ("0123456" if len(number) == CEDULA_DIGITS else "01234569"):
        raise InvalidTaxId(_("El tercer dígito no corresponde a una cédula ni a un RUC."))
    if len(number) == RUC_DIGITS and number.endswith("000"):
        raise InvalidTaxId(_("Los tres últimos dígitos del RUC son el establecimiento: empiezan en 001."))
