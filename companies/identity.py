"""RUC and cédula: what is refused, and what is only marked for the advisor (A19).

python-stdnum knows the structure. It raises for whatever it meets first, so the parts are looked at
one by one here, to say which of them is wrong and to tell a check digit, which may be doubtful,
from a form that cannot be.
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
    """Not a RUC nor a cédula; the message is for a person."""


@dataclass(frozen=True)
class TaxId:
    """`doubtful`: its check digit does not add up. Real numbers exist that do not, so it is marked
    and not refused.
    """

    number: str
    doubtful: bool = False


def check_tax_id(raw: str) -> TaxId:
    """The number without separators; `InvalidTaxId` says what is wrong with it."""
    number = ci.compact(raw)
    _check_form(number)
    return TaxId(number, doubtful=not (ci if len(number) == CEDULA_DIGITS else ruc).is_valid(number))


def validate_tax_id(value: str) -> None:
    """The same as a model validator."""
    try:
        check_tax_id(value)
    except InvalidTaxId as error:
        raise ValidationError(str(error), code="invalid_tax_id") from error


def _check_form(number: str) -> None:
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
    # 0 to 5 are persons; python-stdnum has persons with a 6 too, which it shares with public bodies
    if number[2] not in ("0123456" if len(number) == CEDULA_DIGITS else "01234569"):
        raise InvalidTaxId(_("El tercer dígito no corresponde a una cédula ni a un RUC."))
    if len(number) == RUC_DIGITS and number.endswith("000"):
        raise InvalidTaxId(_("Los tres últimos dígitos del RUC son el establecimiento: empiezan en 001."))
