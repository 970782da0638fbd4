"""Phone numbers in one form, E.164. All code that compares, counts or stores phone numbers uses
these functions (A18, R1.16).

They refuse what phonenumbers would accept as input: it drops extensions and turns letters into
digits. They accept number ranges that it does not know: its tables lag behind the regulator's, and
a customer with a number in a new range must be able to enter.
"""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

COUNTRY_CODE = 593
MAX_TYPED = 64  # characters, several times the longest way to write a number
MOBILE = re.compile(r"9\d{8}")
LANDLINE = re.compile(r"[2-7][2-9]\d{6}")  # area code, then seven digits
SEPARATORS = frozenset(".()")
# Spaces, format characters (phones paste bidi marks with a number) and dashes
SEPARATOR_CATEGORIES = frozenset({"Zs", "Cf", "Pd"})


class InvalidPhone(ValueError):
    """The text is not a usable phone number. The message, in Spanish, is shown to people."""


def normalise_mobile(raw: str) -> str:
    """Return an Ecuadorian mobile number in E.164. Raises InvalidPhone for other text."""
    national = _national(raw)
    if MOBILE.fullmatch(national):
        return _e164(national)
    if LANDLINE.fullmatch(national):
        raise InvalidPhone(_("El número debe ser móvil: empieza por 09, por ejemplo 099 123 4567."))
    raise _unusable(national)


def normalise(raw: str) -> str:
    """Return an Ecuadorian number, mobile or landline with area code, in E.164.

    Raises InvalidPhone for other text.
    """
    national = _national(raw)
    if MOBILE.fullmatch(national) or LANDLINE.fullmatch(national):
        return _e164(national)
    if len(national) == 7:
        raise InvalidPhone(_("Al teléfono fijo le falta el código de provincia. Por ejemplo: 02 234 5678."))
    raise _unusable(national)


def tail(phone: object) -> str:
    """Return the last three digits: no more is shown before the PIN is verified (A4)."""
    return str(phone)[-3:]


def display(phone: object) -> str:
    """Format a number as written in Ecuador, such as 099 123 4567 or 02 234 5678. Foreign numbers
    are returned unchanged.
    """
    text = str(phone)
    national = text.removeprefix(f"+{COUNTRY_CODE}")
    if MOBILE.fullmatch(national):
        return f"0{national[:2]} {national[2:5]} {national[5:]}"
    if LANDLINE.fullmatch(national):
        return f"0{national[:1]} {national[1:4]} {national[4:]}"
    return text


def validate_mobile(value: object) -> None:
    """Check as a model validator that a number is a mobile: the PIN is sent to it by SMS."""
    try:
        normalise_mobile(str(value))
    except InvalidPhone as error:
        raise ValidationError(str(error), code="invalid_phone") from error


def _national(raw: str) -> str:
    """Return the digits after the country code, without the trunk zero."""
    dialled = _dialled(raw)
    if not dialled:
        raise InvalidPhone(_("Ingrese el número de teléfono."))
    try:
        number = phonenumbers.parse(dialled, "EC")
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise _foreign() from None
        if error.error_type == phonenumbers.NumberParseException.TOO_LONG:
            raise _too_long() from None
        raise _too_short() from None
    if number.country_code != COUNTRY_CODE:
        raise _foreign()
    return phonenumbers.national_significant_number(number)


def _dialled(raw: str) -> str:
    """Return ASCII digits with at most one leading plus. Raises InvalidPhone for characters other
    than digits and separators.
    """
    if len(raw) > MAX_TYPED:
        raise InvalidPhone(_("El texto es demasiado largo para un número de teléfono."))
    dialled = "".join(_dialled_character(character) for character in raw)
    if "+" in dialled[1:]:
        raise InvalidPhone(_("Escriba un solo número; el signo + va únicamente al inicio."))
    return dialled


def _dialled_character(character: str) -> str:
    """Return an ASCII digit, a plus, or an empty string for a separator."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character in "+＋":
        return "+"
    if (
        character.isspace()
        or character in SEPARATORS
        or unicodedata.category(character) in SEPARATOR_CATEGORIES
    ):
        return ""
    raise InvalidPhone(_("Escriba solo los números, sin letras ni extensiones. Por ejemplo: 099 123 4567."))


def _unusable(national: str) -> InvalidPhone:
    """Return the error for digits that are neither a mobile number nor a landline."""
    expected = 9 if national.startswith("9") else 8
    if len(national) < expected:
        return _too_short()
    if len(national) > expected:
        return _too_long()
    return InvalidPhone(
        _("Ese número no existe en Ecuador. Revíselo: un número móvil se escribe 099 123 4567.")
    )


def _foreign() -> InvalidPhone:
    return InvalidPhone(_("El número debe ser de Ecuador, por ejemplo 099 123 4567 o +593 99 123 4567."))


def _too_short() -> InvalidPhone:
    return InvalidPhone(_("Al número le faltan dígitos. Un número móvil tiene 10, por ejemplo 099 123 4567."))


def _too_long() -> InvalidPhone:
    return InvalidPhone(
        _("El número tiene dígitos de más. Un número móvil tiene 10, por ejemplo 099 123 4567.")
    )


def _e164(national: str) -> str:
    return f"+{COUNTRY_CODE}{national}"
