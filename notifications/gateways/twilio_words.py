"""Twilio's error codes in words, for staff. A code that is not here is shown as its figure."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

WORDS = {
    # When it is handed over
    21211: gettext_noop("no es un número válido"),
    21217: gettext_noop("no parece un número de teléfono"),
    21265: gettext_noop("es un número corto"),
    21408: gettext_noop("la cuenta no puede enviar a ese país"),
    21610: gettext_noop("el destinatario pidió no recibir SMS"),
    21614: gettext_noop("no es un número móvil"),
    21635: gettext_noop("es una línea fija"),
    # When it is reported
    30001: gettext_noop("la cola de envío está llena"),
    30002: gettext_noop("la cuenta está suspendida"),
    30003: gettext_noop("teléfono apagado o sin cobertura"),
    30004: gettext_noop("mensaje bloqueado"),
    30005: gettext_noop("número desconocido o fuera de servicio"),
    30006: gettext_noop("línea fija, o una red a la que no se llega"),
    30007: gettext_noop("filtrado por la red como no deseado"),
    30008: gettext_noop("la red no dijo por qué"),
    30036: gettext_noop("venció antes de que la red lo entregara"),
    30410: gettext_noop("la red no respondió a tiempo"),
}


def told(what: str, code: object) -> str:
    """For instance `twilio: undelivered, código 30003 (teléfono apagado o sin cobertura)`."""
    number = int(code) if isinstance(code, int | str) and str(code).isascii() and str(code).isdigit() else 0
    if not number:
        return f"twilio: {what}"
    words = f" ({_(WORDS[number])})" if number in WORDS else ""
    return f"twilio: {what}, código {number}{words}"
