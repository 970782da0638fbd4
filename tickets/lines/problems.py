"""Problems of a row and the sentences that explain them: all Spanish texts about lists are here."""

from collections.abc import Iterable
from enum import StrEnum

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _


class Severity(StrEnum):
    """CRITICAL: the row must be corrected to be requested. CONFIRM: the customer must agree."""

    CRITICAL = "critical"
    CONFIRM = "confirm"


class Code(StrEnum):
    """The stable names of the problems, for pages and records."""

    # Critical
    UNKNOWN = "unknown"  # also a line of another company, which the text must not reveal (A5)
    CANCELLED = "cancelled"
    CONFLICT = "conflict"  # the same line twice with different requests
    ACTION_UNCLEAR = "action_unclear"
    STAYS = "stays"  # the list may ask to leave the line alone
    PREPAID_NOT_OFFERED = "prepaid_not_offered"  # by this type of request
    PREPAID_WITHOUT_ID = "prepaid_without_id"
    PREPAID_WITHOUT_NAME = "prepaid_without_name"
    ID_MALFORMED = "id_malformed"
    NUMBER_MISSING = "number_missing"
    DIGITS_LOST = "digits_lost"
    DATE_IN_NUMBER = "date_in_number"
    FORMULA = "formula"
    RANGE_TOO_LONG = "range_too_long"
    RANGE_UNCLEAR = "range_unclear"
    # To confirm
    DUPLICATE = "duplicate"
    OPEN_REQUEST = "open_request"  # shown to the customer, and does not refuse the line
    ID_CHECK_DIGIT = "id_check_digit"  # pointed out, not refused (A19)
    ID_ZERO_RESTORED = "id_zero_restored"
    ACTION_MISSING = "action_missing"
    ACTION_FROM_HEADING = "action_from_heading"
    ID_WITHOUT_ACTION = "id_without_action"  # only a move to prepaid needs a cédula
    FROM_RANGE = "from_range"
    RANGE_GAP = "range_gap"
    SEVERAL_ACCOUNTS = "several_accounts"
    TEXT_ONLY = "text_only"
    ACTION_OF_TYPE = "action_of_type"  # the list has other words for the type's only action


TO_CONFIRM = frozenset(
    {
        Code.DUPLICATE,
        Code.OPEN_REQUEST,
        Code.ID_CHECK_DIGIT,
        Code.ID_ZERO_RESTORED,
        Code.ACTION_MISSING,
        Code.ACTION_FROM_HEADING,
        Code.ID_WITHOUT_ACTION,
        Code.FROM_RANGE,
        Code.RANGE_GAP,
        Code.SEVERAL_ACCOUNTS,
        Code.TEXT_ONLY,
        Code.ACTION_OF_TYPE,
    }
)


class Unreadable(Exception):
    """A file that cannot be read as a list. The message, in Spanish, is shown to people."""


SENTENCES = {
    Code.UNKNOWN: _("No es un servicio de su empresa. Revise el número, o envíelo como texto."),
    Code.CANCELLED: _("Este servicio ya está dado de baja: no hace falta pedirlo."),
    Code.CONFLICT: _("Está también en la fila %(detail)s, con otro pedido. Deje uno solo."),
    Code.ACTION_UNCLEAR: _("No se entiende qué hacer con la línea. Escriba «dar de baja» o «prepago»."),
    Code.STAYS: _(
        "La lista dice «%(detail)s»: si la línea se queda como está, quítele la marca; si no, borre esas "
        "palabras de la lista."
    ),
    Code.PREPAID_NOT_OFFERED: _("Con este tipo de solicitud una línea no puede pasar a prepago. Quítela."),
    Code.PREPAID_WITHOUT_ID: _("Para pasar a prepago falta la cédula de quien recibe la línea."),
    Code.PREPAID_WITHOUT_NAME: _("Para pasar a prepago falta el nombre completo de quien recibe la línea."),
    Code.ID_MALFORMED: _("La cédula no es correcta: tiene 10 dígitos y empieza con su provincia."),
    Code.NUMBER_MISSING: _("Falta el número de la línea."),
    Code.DIGITS_LOST: _("Al número se le perdieron dígitos (como 9,9E+8). Escríbalo completo."),
    Code.DATE_IN_NUMBER: _("Hay una fecha donde va el número. Escriba el número como texto."),
    Code.FORMULA: _("La celda tiene una fórmula sin resultado. Escriba su valor."),
    Code.RANGE_TOO_LONG: _("El rango es muy largo: se leen hasta %(detail)s números en uno."),
    Code.RANGE_UNCLEAR: _("Parece un rango. Escriba completos el primer número y el último."),
    Code.DUPLICATE: _("Está repetido: ya consta en la fila %(detail)s. Se pide una sola vez."),
    Code.OPEN_REQUEST: _("Ya consta en la solicitud #%(detail)s, que está abierta."),
    Code.ID_CHECK_DIGIT: _("El último dígito de la cédula no coincide con los demás. Revísela."),
    Code.ID_ZERO_RESTORED: _("A la cédula le faltaba el cero inicial y se leyó %(detail)s. Revísela."),
    Code.ACTION_MISSING: _("No dice qué hacer con la línea: se pedirá la baja."),
    Code.ACTION_FROM_HEADING: _("El pedido se tomó del título: «%(detail)s»."),
    Code.ID_WITHOUT_ACTION: _(
        "Tiene cédula y no dice qué hacer: se pedirá la baja. Para pasarla a prepago, escríbalo."
    ),
    Code.FROM_RANGE: _("Viene de un rango. Compruebe que quiere incluirlo."),
    Code.RANGE_GAP: _("Está en el rango y no es un servicio de su empresa: no se incluye."),
    Code.SEVERAL_ACCOUNTS: _("Está en %(detail)s cuentas: se pedirá en todas."),
    Code.TEXT_ONLY: _("No tiene un número. Puede enviarse como texto."),
    Code.ACTION_OF_TYPE: _("La lista dice «%(detail)s»: se pedirá lo que es esta solicitud. Revísela."),
}
PICKED_SENTENCES = {
    Code.CONFLICT: _("Está también entre las líneas elegidas, con otro pedido. Deje uno solo."),
    Code.DUPLICATE: _("Está repetida entre las líneas elegidas. Se pide una sola vez."),
}


def severity_of(code: Code) -> Severity:
    return Severity.CONFIRM if code in TO_CONFIRM else Severity.CRITICAL


def sentence(code: Code, detail: str = "") -> str:
    """Return the sentence of a problem. `detail` is a ticket's number, a row or a count, by code.

    Row 0 stands for the lines that were picked on a page.
    """
    picked = PICKED_SENTENCES if detail == "0" else {}
    return str(picked.get(code) or SENTENCES[code]) % {"detail": detail}


def summary(code: Code, count: int, column: str) -> str:
    """Return the sentence for many rows with the same problem, in one column."""
    texts = {
        Code.DUPLICATE: gettext("Están repetidos: se piden una sola vez."),
        Code.CONFLICT: gettext("Están dos veces, con pedidos distintos. Deje uno solo de cada uno."),
        Code.OPEN_REQUEST: gettext("Ya constan en solicitudes abiertas."),
        Code.ID_ZERO_RESTORED: gettext("A la cédula le faltaba el cero inicial y se completó. Revíselas."),
        Code.ACTION_FROM_HEADING: gettext("El pedido se tomó del título de la lista."),
        Code.ID_WITHOUT_ACTION: gettext(
            "Tienen cédula y no dicen qué hacer: se pedirá la baja. Para pasarlas a prepago, escríbalo."
        ),
        Code.SEVERAL_ACCOUNTS: gettext("Están en varias cuentas: se pedirán en todas."),
        Code.RANGE_TOO_LONG: gettext("Los rangos son muy largos."),
    }
    explained = texts.get(code) or sentence(code)
    if column:
        return gettext("Columna %(column)s, %(count)s filas: %(text)s") % {
            "column": column,
            "count": count,
            "text": explained,
        }
    return gettext("%(count)s filas: %(text)s") % {"count": count, "text": explained}


def empty_list() -> str:
    return gettext("La lista está vacía: no tiene ningún número.")


def too_many_rows(limit: int) -> str:
    return gettext("La lista tiene más de %(limit)s filas. Divídala en varias solicitudes.") % {
        "limit": limit
    }


def without_taker(number: str, *, is_prepaid: bool) -> str:
    """Describe a row with a cédula or a name without them, for texts that go by mail."""
    text = number or gettext("sin número")
    if is_prepaid:
        return gettext("%(number)s, pasar a prepago (sin la cédula ni el nombre)") % {"number": text}
    return gettext("%(number)s (sin la cédula ni el nombre)") % {"number": text}


def too_many_chosen(limit: int) -> str:
    return gettext("Elija hasta %(limit)s líneas a la vez. Para más, envíe la lista en un archivo.") % {
        "limit": limit
    }


def text_too_long() -> str:
    return gettext("El texto es demasiado largo. Envíe la lista como archivo de Excel.")


def file_too_large() -> str:
    return gettext("El archivo pesa más de 2 MB. Deje en él solo la lista, o divídalo.")


def empty_file() -> str:
    return gettext("El archivo está vacío.")


def not_a_sheet(label: str) -> str:
    return gettext("El archivo es %(label)s y no una lista. Envíela en .xlsx, .xls o .csv.") % {
        "label": label
    }


def web_page() -> str:
    return gettext("El archivo es una página web, aunque su nombre diga otra cosa. Guárdelo como .xlsx.")


def unreadable_sheet() -> str:
    return gettext("El archivo no se puede leer como hoja. Ábralo con Excel y guárdelo como .xlsx.")


def too_complex() -> str:
    return gettext("La hoja tiene demasiadas celdas. Copie la lista a un libro nuevo y guárdelo como .xlsx.")


def no_number_column() -> str:
    return gettext(
        "No se encontró la columna de los números. Ponga «Número» como título, o use la plantilla."
    )


def all_hidden() -> str:
    return gettext("Todas las hojas del archivo están ocultas. Muestre la que tiene la lista.")


def hidden_sheets(names: Iterable[str]) -> str:
    listed = [f"«{name}»" for name in names]
    return ngettext(
        "No se leyó la hoja oculta %(names)s.", "No se leyeron las hojas ocultas %(names)s.", len(listed)
    ) % {"names": ", ".join(listed)}


def sheets_without_list(names: Iterable[str]) -> str:
    listed = [f"«{name}»" for name in names]
    return ngettext(
        "La hoja %(names)s no tiene una lista de números y no se leyó.",
        "Las hojas %(names)s no tienen una lista de números y no se leyeron.",
        len(listed),
    ) % {"names": ", ".join(listed)}


def other_number_columns(letters: Iterable[str]) -> str:
    listed = list(letters)
    return ngettext(
        "La columna %(letters)s también tiene números y no se leyó.",
        "Las columnas %(letters)s también tienen números y no se leyeron.",
        len(listed),
    ) % {"letters": ", ".join(listed)}


def instructions_title() -> str:
    """Return the name of the template's sheet that holds no list."""
    return gettext("Instrucciones")


def rows_left_out(last: int) -> str:
    return gettext("No se leyó lo que está debajo de la fila %(last)s.") % {"last": last}


def columns_left_out(last: str) -> str:
    return gettext("No se leyó lo que está a la derecha de la columna %(last)s.") % {"last": last}
