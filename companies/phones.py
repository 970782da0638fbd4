"""One spelling for a phone number: everything that compares, counts or stores numbers goes through
here (A18, R1.16).

Stricter than the library on what may be typed (it drops extensions and turns letters into digits),
and more lenient on which ranges exist: its tables lag behind the regulator's, and a customer with a
new range must not be turned away.
"""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

COUNTRY_CODE = 593
MAX_TYPED = 64  # characters; no spelling of a number comes near
MOBILE = re.compile(r"9\d{8}")
LANDLINE = re.compile(r"[2-7][2-9]\d{6}")  # area code, then seven digits
SEPARATORS = frozenset(".()")
# Space, line and format characters (phones paste bidi marks with a number), and every dash
SEPARATOR_CATEGORIES = frozenset({"Zs", "Cf", "Pd"})


class InvalidPhone(ValueError):
    """Not a number that can be used here; the message is for the visitor."""


def normalise_mobile(raw: str) -> str:
    """The E.164 form of an Ecuadorian mobile number; `InvalidPhone` says what is wrong with any
    other.
    """
    national = _national(raw)
    if MOBILE.fullmatch(national):
        return _e164(national)
    if LANDLINE.fullmatch(national):
        raise InvalidPhone(_("El número debe ser móvil: empieza por 09, por ejemplo 099 123 4567."))
    raise _unusable(national)


def normalise(raw: str) -> str:
    """The E.164 form of an Ecuadorian number to be called on, mobile or landline with its area
    code.
    """
    national = _national(raw)
    if MOBILE.fullmatch(national) or LANDLINE.fullmatch(national):
        return _e164(national)
    if len(national) == 7:
        raise InvalidPhone(_("Al teléfono fijo le falta el código de provincia. Por ejemplo: 02 234 5678."))
    raise _unusable(national)


def tail(phone: object) -> str:
    """The last three digits, all that is shown of a number before its owner is verified (A4)."""
    return str(phone)[-3:]


def display(phone: object) -> str:
    """As it is written in Ecuador: 099 123 4567, 02 234 5678. What is not Ecuadorian is left as it
    is.
    """
    text = str(phone)
    national = text.removeprefix(f"+{COUNTRY_CODE}")
    if MOBILE.fullmatch(national):
        return f"0{national[:2]} {national[2:5]} {national[5:]}"
    if LANDLINE.fullmatch(national):
        return f"0{national[:1]} {national[1:4]} {national[4:]}"
    return text


def validate_mobile(value: object) -> None:
    """Model validator: the administrator's number is where the
    PIN goes, so a landline will not do.
    """
    try:
        normalise_mobile(str(value))
    except InvalidPhone as error:
        raise ValidationError(str(error), code="invalid_phone") from error


def _national(raw: str) -> str:
    """The digits after the country code, without the trunk zero."""
    typed = _fold(raw)
    if not typed:
        raise InvalidPhone(_("Ingrese el número de teléfono."))
    try:
        number = phonenumbers.parse(typed, "EC")
    except phonenumbers.NumberParseException as error:
        raise _unreadable(error) from None
    if number.country_code != COUNTRY_CODE:
        raise _foreign()
    return phonenumbers.national_significant_number(number)


def _fold(raw: str) -> str:
    """ASCII digits with at most one leading plus; anything but digits and separators is refused."""
    if len(raw) > MAX_TYPED:
        raise InvalidPhone(_("El texto es demasiado largo para un número de teléfono."))
    kept = "".join(_folded(character) for character in raw)
    if "+" in kept[1:]:
        raise InvalidPhone(_("Escriba un solo número; el signo + va únicamente al inicio."))
    return kept


def _folded(character: str) -> str:
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


def _unreadable(error: phonenumbers.NumberParseException) -> InvalidPhone:
    if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return _foreign()
    if error.error_type == phonenumbers.NumberParseException.TOO_LONG:
        return _too_long()
    return _too_short()


def _unusable(national: str) -> InvalidPhone:
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
